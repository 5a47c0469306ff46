#include "common/base/lock.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>

static void
wake_up(int signal)
{
    (void)signal;
}

/*
 * flock has no deadline, so a timer interrupts it. It goes off again and again: a signal that comes
 * just before flock goes to sleep would otherwise be lost. A caller may have been started with
 * SIGALRM blocked.
 */
static int
lock_with_timer(int fd, int64_t deadline_ms)
{
    struct sigaction wake = {.sa_handler = wake_up}, before;
    int left_ms = ts_clock_left_ms(deadline_ms);
    struct itimerval timer = {.it_interval = {.tv_usec = 50000},
                              .it_value = {left_ms / 1000, left_ms % 1000 * 1000 + 1}};
    static const struct itimerval off = {{0, 0}, {0, 0}};
    sigset_t alarm_set, mask;
    int rc;

    (void)sigemptyset(&alarm_set);
    (void)sigaddset(&alarm_set, SIGALRM);
    if (sigaction(SIGALRM, &wake, &before) != 0)
        return -1;
    (void)sigprocmask(SIG_UNBLOCK, &alarm_set, &mask);
    rc = setitimer(ITIMER_REAL, &timer, NULL);
    if (rc == 0)
        do
            rc = flock(fd, LOCK_EX);
        while (rc != 0 && errno == EINTR && ts_clock_left_ms(deadline_ms) > 0);
    (void)setitimer(ITIMER_REAL, &off, NULL);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    (void)sigaction(SIGALRM, &before, NULL);
    return rc;
}

/* A file that was removed while we waited locks nobody out. */
static bool
is_still_there(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

int
ts_lock_acquire(int folder, const char *file, int64_t deadline_ms)
{
    do {
        TS_CLEANUP(ts_fd_close)
        int fd = openat(folder, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 &&
            (errno != EWOULDBLOCK || ts_clock_left_ms(deadline_ms) == 0 ||
             lock_with_timer(fd, deadline_ms) != 0))
            return -1;
        if (is_still_there(fd)) {
            int ret = fd;
            fd = -1;
            return ret;
        }
    } while (ts_clock_left_ms(deadline_ms) > 0);
    return -1;
}
