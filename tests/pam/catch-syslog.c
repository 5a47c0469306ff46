/*
 * syslog(3) and its kin, defined in the program itself, so that libpam's and the module's calls end
 * here: what would have gone to the log is printed.
 */
#include "driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

int log_is_quiet;

void __syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __vsyslog_chk(int priority, int flag, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

__attribute__((format(printf, 2, 0))) static void
print_line(int priority, const char *format, va_list args)
{
    static const char *const names[] = {"emerg",   "alert",  "crit", "err",
                                        "warning", "notice", "info", "debug"};

    FILE *output = driver_output != NULL ? driver_output : stdout;

    if (log_is_quiet)
        return;
    fprintf(output, "log %s%s ", (priority & LOG_FACMASK) == LOG_AUTHPRIV ? "" : "NOT-AUTHPRIV ",
            names[priority & LOG_PRIMASK]);
    vfprintf(output, format, args);
    putc('\n', output);
}

void
vsyslog(int priority, const char *format, va_list args)
{
    print_line(priority, format, args);
}

void
__vsyslog_chk(int priority, int flag, const char *format, va_list args)
{
    (void)flag;
    print_line(priority, format, args);
}

void
syslog(int priority, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_line(priority, format, args);
    va_end(args);
}

void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list args;

    (void)flag;
    va_start(args, format);
    print_line(priority, format, args);
    va_end(args);
}
