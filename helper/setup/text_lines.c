#include "helper/setup/text_lines.h"

#include <string.h>

struct text_line
text_line_at(const struct ts_secret *text, size_t at)
{
    const char *start = ts_secret_string(text) + at;
    const char *newline = at < text->len ? memchr(start, '\n', text->len - at) : NULL;
    size_t size = newline != NULL ? (size_t)(newline - start) + 1 : text->len - at;
    size_t len = size - (newline != NULL);

    return (struct text_line){start, len - (len > 0 && start[len - 1] == '\r'), size};
}

bool
text_line_is(const struct text_line *line, const char *string)
{
    return line->len == strlen(string) && memcmp(line->text, string, line->len) == 0;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t';
}

static void
trim_span(struct text_span *span)
{
    while (span->len > 0 && is_space(span->text[0])) {
        span->text++;
        span->len--;
    }
    while (span->len > 0 && is_space(span->text[span->len - 1]))
        span->len--;
}

struct text_span
text_line_trim(const struct text_line *line)
{
    struct text_span span = {line->text, line->len};

    trim_span(&span);
    return span;
}

bool
text_span_skip(struct text_span *span, const char *string)
{
    size_t len = strlen(string);

    if (span->len < len || memcmp(span->text, string, len) != 0)
        return false;
    span->text += len;
    span->len -= len;
    return true;
}

bool
text_span_is(const struct text_span *span, const char *string)
{
    return span->len == strlen(string) && memcmp(span->text, string, span->len) == 0;
}

bool
text_span_has(const struct text_span *span, const char *string)
{
    return span->len > 0 && memmem(span->text, span->len, string, strlen(string)) != NULL;
}

struct text_span
text_line_value(const struct text_line *line, const char *key)
{
    static const struct text_span none = {NULL, 0};
    struct text_span span = text_line_trim(line);

    if (!text_span_skip(&span, key))
        return none;
    trim_span(&span);
    if (!text_span_skip(&span, "="))
        return none;
    trim_span(&span);
    return span;
}

int
text_append_line(struct ts_secret *ret, const char *line)
{
    int rc = 0;

    if (ret->len > 0 && ret->data[ret->len - 1] != '\n')
        rc = ts_secret_append_string(ret, "\n");
    return rc < 0 ? rc : ts_secret_append_strings(ret, line, "\n", NULL);
}

int
text_append_quoted(struct ts_secret *ret, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=@%+,";
    int rc = 0;

    if (word[0] != '\0' && strspn(word, plain) == strlen(word))
        return ts_secret_append_string(ret, word);
    rc = ts_secret_append_string(ret, "'");
    for (; *word != '\0' && rc == 0; word++)
        rc = *word == '\'' ? ts_secret_append_string(ret, "'\\''") : ts_secret_append(ret, word, 1);
    return rc < 0 ? rc : ts_secret_append_string(ret, "'");
}
