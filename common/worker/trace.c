#include "common/worker/trace.h"
#include "common/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void
ts_trace(const struct ts_request *request, const char *format, ...)
{
    struct ts_err line = {0};
    char text[TS_ERR_TEXT_MAX];
    va_list args;

    if (!request->debug)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    /* An error's text is one line without control characters, whatever the arguments hold. */
    (void)ts_err_set(&line, 0, "%s", text);
    (void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, line.text);
}
