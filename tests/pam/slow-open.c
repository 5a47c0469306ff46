/* LD_PRELOAD: opening the folder $SLOW_FOLDER takes $SLOW_SECONDS, as on a disk or a server that
 * hangs. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int open64(const char *path, int flags, ...);

static int
open_slowly(const char *path, int flags, mode_t mode)
{
    const char *slow = getenv("SLOW_FOLDER");
    const char *seconds = getenv("SLOW_SECONDS");

    if (slow != NULL && seconds != NULL && strcmp(path, slow) == 0)
        (void)sleep((unsigned)strtoul(seconds, NULL, 10));
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open_slowly(path, flags, mode);
}
