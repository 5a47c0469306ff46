/* LD_PRELOAD: stops a process just before it becomes root for good, as the user who started su can.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>

static long (*next)(long number, ...);

__attribute__((constructor)) static void
find_next(void)
{
    next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
}

long
syscall(long number, ...)
{
    long args[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        args[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_setresuid)
        (void)raise(SIGSTOP);
    return next(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}
