#include "common/base/clock.h"
#include "common/base/cleanup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t
read_ms(clockid_t id)
{
    struct timespec now = {0, 0};

    if (clock_gettime(id, &now) != 0)
        return -1;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
read_boot_id(char *ret, size_t size)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    TS_CLEANUP(ts_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    ret[0] = '\0';
    if (fd < 0)
        return;
    ssize_t got = read(fd, ret, size - 1);
    ret[got > 0 ? got : 0] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
}

int
ts_clock_read(struct ts_clock *ret, struct ts_err *err)
{
    int64_t wall_ms = read_ms(CLOCK_REALTIME);
    int64_t boot_ms = read_ms(CLOCK_BOOTTIME);

    if (wall_ms < 0 || boot_ms < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot read the clock");
    ret->wall = wall_ms / 1000;
    ret->boot_ms = boot_ms;
    read_boot_id(ret->boot_id, sizeof(ret->boot_id));
    return 0;
}

/* The start of process 1 in milliseconds on CLOCK_BOOTTIME, from field 22 of its stat file
 * (proc(5)), or 0, which is the kernel's own start, where it cannot be read. */
static int64_t
read_first_start_ms(void)
{
    TS_CLEANUP(ts_fd_close) int fd = open("/proc/1/stat", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char text[1024] = "";
    long ticks = sysconf(_SC_CLK_TCK);

    if (fd < 0 || ticks <= 0 || read(fd, text, sizeof(text) - 1) <= 0)
        return 0;
    const char *field = strrchr(text, ')'); /* the name before it may hold anything */
    for (int i = 2; i < 22 && field != NULL; i++)
        field = strchr(field + 1, ' ');
    if (field == NULL)
        return 0;
    int64_t start = strtoll(field, NULL, 10);
    return start > 0 && start <= INT64_MAX / 1000 ? start * 1000 / ticks : 0;
}

int64_t
ts_clock_booted(void)
{
    int64_t wall_ms = read_ms(CLOCK_REALTIME);
    int64_t boot_ms = read_ms(CLOCK_BOOTTIME);
    int64_t start_ms = read_first_start_ms();

    if (wall_ms < 0 || boot_ms < 0 || start_ms > boot_ms)
        return 0;
    return (wall_ms - boot_ms + start_ms) / 1000;
}

int64_t
ts_clock_wall(void)
{
    return read_ms(CLOCK_REALTIME) / 1000;
}

int64_t
ts_clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t
ts_clock_boot_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

int
ts_clock_left_ms(int64_t deadline_ms)
{
    int64_t now_ms = ts_clock_boot_ms();
    int64_t left = deadline_ms - now_ms;

    /* If the clock cannot be read, treat the deadline as passed. */
    if (now_ms < 0)
        return 0;
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

void
ts_clock_wait_ms(int64_t ms)
{
    const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    if (ms > 0)
        (void)nanosleep(&pause, NULL);
}
