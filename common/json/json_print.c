/* Prints JSON values, whole or not at all: a text that lacks a piece where memory runs out would be
 * a token or a configuration file that is cut. */
#include "common/json/json.h"

#include <limits.h>
#include <string.h>

static int print_value(struct ts_secret *out, struct ts_json *value, unsigned level);

/* In place of a level: everything on one line. */
#define ONE_LINE UINT_MAX

/* The short escapes of RFC 8259, and the six characters of any other. */
static int
put_escape(struct ts_secret *out, char c)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    static const char hex[] = "0123456789abcdef";
    const char *found = memchr(from, c, sizeof(from) - 1);
    char text[] = {'\\', 'u', '0', '0', hex[(c >> 4) & 15], hex[c & 15]};

    if (found == NULL)
        return ts_secret_append(out, text, sizeof(text));
    text[1] = to[found - from];
    return ts_secret_append(out, text, 2);
}

static bool
needs_escape(char c)
{
    return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

int
ts_json_print_string(const char *text, size_t len, struct ts_secret *ret)
{
    int rc = ts_secret_append_string(ret, "\"");

    for (size_t i = 0; i < len && rc == 0;) {
        size_t plain = i;

        while (plain < len && !needs_escape(text[plain]))
            plain++;
        rc = ts_secret_append(ret, text + i, plain - i);
        if (rc == 0 && plain < len)
            rc = put_escape(ret, text[plain++]);
        i = plain;
    }
    return rc < 0 ? rc : ts_secret_append_string(ret, "\"");
}

static int
start_line(struct ts_secret *out, unsigned level)
{
    if (level == ONE_LINE)
        return 0;
    int rc = ts_secret_append_string(out, "\n");
    for (unsigned i = 0; i < level && rc == 0; i++)
        rc = ts_secret_append_string(out, "\t");
    return rc;
}

/* The members of an object or the elements of an array, each on a line of its own. */
static int
print_items(struct ts_secret *out, struct ts_json *value, unsigned level)
{
    size_t len = ts_json_length(value);

    for (size_t i = 0; i < len; i++) {
        const char *key = ts_json_name_at(value, i);
        int rc = ts_secret_append_string(out, i == 0 ? "" : ",");

        if (rc == 0)
            rc = start_line(out, level);
        if (rc == 0 && key != NULL)
            rc = ts_json_print_string(key, strlen(key), out);
        if (rc == 0 && key != NULL)
            rc = ts_secret_append_string(out, level == ONE_LINE ? ":" : ": ");
        if (rc == 0)
            rc = print_value(out, ts_json_at(value, i), level);
        if (rc < 0)
            return rc;
    }
    return len == 0 || level == ONE_LINE ? 0 : start_line(out, level - 1);
}

static int
print_between(struct ts_secret *out, const char *brackets, struct ts_json *value, unsigned level)
{
    int rc = ts_secret_append(out, brackets, 1);

    if (rc == 0)
        rc = print_items(out, value, level);
    return rc < 0 ? rc : ts_secret_append(out, brackets + 1, 1);
}

static int
print_value(struct ts_secret *out, struct ts_json *value, unsigned level)
{
    const unsigned inner = level == ONE_LINE ? ONE_LINE : level + 1;

    switch (ts_json_type_of(value)) {
    case TS_JSON_NULL:
        return ts_secret_append_string(out, "null");
    case TS_JSON_BOOL:
        return ts_secret_append_string(out, ts_json_to_bool(value) ? "true" : "false");
    case TS_JSON_INTEGER:
    case TS_JSON_NUMBER:
        return ts_secret_append_string(out, ts_json_text(value));
    case TS_JSON_STRING:
        return ts_json_print_string(ts_json_text(value), ts_json_text_len(value), out);
    case TS_JSON_OBJECT:
        return print_between(out, "{}", value, inner);
    case TS_JSON_ARRAY:
        return print_between(out, "[]", value, inner);
    }
    return TS_ERR_NOMEM;
}

int
ts_json_print_lines(struct ts_json *object, struct ts_secret *ret)
{
    size_t before = ret->len;
    int rc = print_value(ret, object, 0);

    if (rc < 0)
        ts_secret_truncate(ret, before);
    return rc;
}

int
ts_json_print_value(struct ts_json *value, struct ts_secret *ret)
{
    return print_value(ret, value, ONE_LINE);
}
