/* A text taken line by line, for edits that leave every other line as it is. */
#ifndef HELPER_TEXT_LINES_H
#define HELPER_TEXT_LINES_H

#include <stdbool.h>

#include "common/base/secret.h"

/* One line. What it points to is the text's. */
struct text_line {
    const char *text;
    size_t len;  /* without \n or \r\n */
    size_t size; /* with it */
};

/* A part of a line; `text` is NULL where there is none. */
struct text_span {
    const char *text;
    size_t len;
};

/* The line that begins at that offset; of size 0 at the text's end. */
struct text_line text_line_at(const struct ts_secret *text, size_t at);

/* Whether all of it is `string`. */
bool text_line_is(const struct text_line *line, const char *string);

/* What is between the blanks around it. */
struct text_span text_line_trim(const struct text_line *line);

/* Whether a span begins with the string; then it is moved behind it. */
bool text_span_skip(struct text_span *span, const char *string);

/* Whether a span is all of the string; whether it has it somewhere. */
bool text_span_is(const struct text_span *span, const char *string);
bool text_span_has(const struct text_span *span, const char *string);

/* For `KEY = VALUE`, blanks around both or not, the value; a span of NULL for other lines. */
struct text_span text_line_value(const struct text_line *line, const char *key);

/* Appends a line, below a whole one. Returns as ts_secret_append. */
int text_append_line(struct ts_secret *ret, const char *line);

/* Appends a word as a shell reads it back. Returns as ts_secret_append. */
int text_append_quoted(struct ts_secret *ret, const char *word);

#endif
