/*
 * Preloaded into one program (LD_PRELOAD), which is what it was built as otherwise:
 *
 *     FAULT_ALLOC=N    the N-th allocation fails; FAULT_ALLOC=N+ and all after it
 *     FAULT_COUNT=FILE eight bytes, in which the allocations are counted
 *     FAULT_WALL=S, FAULT_BOOT=S    the clocks are S seconds off: wall clock, or those since boot
 *     FAULT_JUMP=N     ... only from the N-th reading on
 *     FAULT_CLOCK=N    the N-th reading of a clock fails
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static uint64_t own_count;
static uint64_t *count = &own_count;
static uint64_t fails_at; /* 0: none */
static int fails_onwards;

static int64_t wall_offset;
static int64_t boot_offset;
static uint64_t jumps_at;
static uint64_t clock_fails_at;
static uint64_t readings;

static int64_t
number(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

/* The count lies in a file, so that it outlives a program that crashes. */
static void
share_count(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        _exit(99);
    void *shared = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        _exit(99);
    (void)close(fd);
    count = shared;
}

__attribute__((constructor)) static void
start(void)
{
    const char *alloc = getenv("FAULT_ALLOC");
    const char *path = getenv("FAULT_COUNT");

    if (path != NULL)
        share_count(path);
    wall_offset = number("FAULT_WALL");
    boot_offset = number("FAULT_BOOT");
    jumps_at = (uint64_t)number("FAULT_JUMP");
    clock_fails_at = (uint64_t)number("FAULT_CLOCK");
    *count = 0;
    fails_onwards = alloc != NULL && strchr(alloc, '+') != NULL;
    fails_at = (uint64_t)number("FAULT_ALLOC");
}

static int
fails(void)
{
    uint64_t n = __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);

    if (fails_at == 0 || n < fails_at || (n > fails_at && !fails_onwards))
        return 0;
    errno = ENOMEM;
    return 1;
}

#include "../allocations.h"

int
clock_gettime(clockid_t id, struct timespec *tp)
{
    uint64_t n = __atomic_add_fetch(&readings, 1, __ATOMIC_RELAXED);

    if (n == clock_fails_at) {
        errno = EINVAL;
        return -1;
    }
    if (syscall(SYS_clock_gettime, id, tp) != 0)
        return -1;
    if (n >= jumps_at)
        tp->tv_sec += (time_t)(id == CLOCK_REALTIME ? wall_offset : boot_offset);
    return 0;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    struct timespec now;

    (void)tz;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    tv->tv_sec = now.tv_sec;
    tv->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t
time(time_t *timer)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    if (timer != NULL)
        *timer = now.tv_sec;
    return now.tv_sec;
}
