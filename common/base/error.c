#include "common/base/error.h"
#include "common/base/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Where several codes share an exit code, the first one is what the exit code is read back as. */
static const struct {
    int code;
    int exit_code;
} exit_codes[] = {
    {0, 0},
    {TS_ERR_USAGE, 64},
    {TS_ERR_KEY, 66},
    {TS_ERR_UNAVAILABLE, 69},
    {TS_ERR_SYSTEM, 71},
    {TS_ERR_OUTPUT, 74},
    {TS_ERR_ANSWER, 76},
    {TS_ERR_REFUSED, 77},
    {TS_ERR_CONFIG, 78},
    {TS_ERR_NOMEM, 71},
    {TS_ERR_NOT_FOUND, 66},
    {TS_ERR_UNSAFE, 78},
    {TS_ERR_TOO_LARGE, 64},
    {TS_ERR_SYNTAX, 64},
    {TS_ERR_TIMEOUT, 69},
};

/* C1 control characters, two bytes each in UTF-8, steer terminals as C0's do. */
static bool
is_c1(const char *text)
{
    unsigned char second = (unsigned char)text[1];

    return (unsigned char)text[0] == 0xc2 && second >= 0x80 && second <= 0x9f;
}

static void
make_one_line(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        if (is_c1(p))
            *p++ = '?';
        else if ((unsigned char)*p >= 0x20 && *p != 0x7f)
            continue;
        *p = '?';
    }
}

__attribute__((format(printf, 2, 0))) static void
set_text(struct ts_err *err, const char *format, va_list args)
{
    /* The arguments may point into err->text itself, so the new text is built beside it. */
    char text[TS_ERR_TEXT_MAX];

    if (vsnprintf(text, sizeof(text), format, args) < 0)
        text[0] = '\0';
    make_one_line(text);
    memcpy(err->text, text, sizeof(text));
}

int
ts_err_set(struct ts_err *err, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    err->code = code;
    return code;
}

int
ts_err_errno(struct ts_err *err, int code, const char *format, ...)
{
    int saved = errno;
    char reason[128];
    va_list args;

    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    err->code = code;
    size_t len = strlen(err->text);
    snprintf(err->text + len, sizeof(err->text) - len, ": %s",
             strerror_r(saved, reason, sizeof(reason)));
    return code;
}

int
ts_err_prefix(struct ts_err *err, const char *format, ...)
{
    char rest[TS_ERR_TEXT_MAX];
    va_list args;

    memcpy(rest, err->text, sizeof(rest));
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    size_t len = strlen(err->text);
    snprintf(err->text + len, sizeof(err->text) - len, ": %s", rest);
    return err->code;
}

int
ts_err_nomem(struct ts_err *err)
{
    return ts_err_set(err, TS_ERR_NOMEM, "out of memory");
}

int
ts_err_recode(struct ts_err *err, int code)
{
    err->code = code;
    return code;
}

int
ts_error_exit_code(int code)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(exit_codes); i++)
        if (exit_codes[i].code == code)
            return exit_codes[i].exit_code;
    return 71;
}

int
ts_error_from_exit_code(int exit_code)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(exit_codes); i++)
        if (exit_codes[i].exit_code == exit_code)
            return exit_codes[i].code;
    return TS_ERR_SYSTEM;
}
