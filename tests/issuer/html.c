#include "html.h"

#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

/* Writes what stands for that byte of ASCII. */
static void
print_ascii(FILE *to, char byte)
{
    static const struct {
        char byte;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (entities[i].byte == byte) {
            (void)fputs(entities[i].entity, to);
            return;
        }
    }
    if ((byte >= ' ' && byte != 0x7f) || byte == '\n' || byte == '\t')
        (void)fputc(byte, to);
    else
        (void)fputs("\xef\xbf\xbd", to);
}

static void
print_escaped(FILE *to, const char *text)
{
    while (*text) {
        size_t len = utf8_length(text);
        if (len == 0)
            (void)fputs("\xef\xbf\xbd", to);
        else if (len == 1)
            print_ascii(to, *text);
        else
            (void)fwrite(text, 1, len, to);
        text += len ? len : 1;
    }
}

void
html_print(FILE *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (; *format; format++) {
        if (*format != '%') {
            (void)fputc(*format, to);
        } else if (*++format == 's') {
            print_escaped(to, va_arg(args, const char *));
        } else {
            (void)fputc('%', to);
        }
    }
    va_end(args);
}
