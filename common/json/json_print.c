/* Prints JSON values, whole or not at all: a text that lacks a piece where memory runs out would be
 * a token or a configuration file that is cut. */
#include "common/json/json.h"
#include "common/base/cleanup.h"

#include <string.h>

struct printer {
    struct ts_secret *out;
    bool in_lines; /* each member on a line of its own, behind tabs */
};

static int print_value(const struct printer *printer, struct ts_json *value, unsigned level);

static int
put(const struct printer *printer, const char *text)
{
    return ts_secret_append_string(printer->out, text);
}

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
start_line(const struct printer *printer, unsigned level)
{
    int rc = printer->in_lines ? put(printer, "\n") : 0;

    for (unsigned i = 0; printer->in_lines && i < level && rc == 0; i++)
        rc = put(printer, "\t");
    return rc;
}

static int
print_members(const struct printer *printer, struct ts_json *object, unsigned level)
{
    size_t len = ts_json_length(object);

    for (size_t i = 0; i < len; i++) {
        const char *key = ts_json_name_at(object, i);
        int rc = put(printer, i == 0 ? "" : ",");

        if (rc == 0)
            rc = start_line(printer, level);
        if (rc == 0)
            rc = ts_json_print_string(key, strlen(key), printer->out);
        if (rc == 0)
            rc = put(printer, printer->in_lines ? ": " : ":");
        if (rc == 0)
            rc = print_value(printer, ts_json_at(object, i), level);
        if (rc < 0)
            return rc;
    }
    return len == 0 ? 0 : start_line(printer, level - 1);
}

static int
print_elements(const struct printer *printer, struct ts_json *array, unsigned level)
{
    size_t len = ts_json_length(array);
    int rc = 0;

    for (size_t i = 0; i < len && rc == 0; i++) {
        rc = put(printer, i == 0 ? "" : ",");
        if (rc == 0)
            rc = start_line(printer, level);
        if (rc == 0)
            rc = print_value(printer, ts_json_at(array, i), level);
    }
    return rc < 0 || len == 0 ? rc : start_line(printer, level - 1);
}

static int
print_between(const struct printer *printer, const char *brackets, struct ts_json *value,
              unsigned level)
{
    int rc = ts_secret_append(printer->out, brackets, 1);

    if (rc == 0)
        rc = brackets[0] == '{' ? print_members(printer, value, level)
                                : print_elements(printer, value, level);
    return rc < 0 ? rc : ts_secret_append(printer->out, brackets + 1, 1);
}

static int
print_value(const struct printer *printer, struct ts_json *value, unsigned level)
{
    switch (ts_json_type_of(value)) {
    case TS_JSON_NULL:
        return put(printer, "null");
    case TS_JSON_BOOL:
        return put(printer, ts_json_to_bool(value) ? "true" : "false");
    case TS_JSON_INTEGER:
    case TS_JSON_NUMBER:
        return put(printer, ts_json_text(value));
    case TS_JSON_STRING:
        return ts_json_print_string(ts_json_text(value), ts_json_text_len(value), printer->out);
    case TS_JSON_OBJECT:
        return print_between(printer, "{}", value, level + 1);
    case TS_JSON_ARRAY:
        return print_between(printer, "[]", value, level + 1);
    }
    return TS_ERR_NOMEM;
}

static int
print_object(struct ts_json *object, bool in_lines, struct ts_secret *ret)
{
    const struct printer printer = {ret, in_lines};
    size_t before = ret->len;
    int rc = print_value(&printer, object, 0);

    if (rc < 0)
        ts_secret_truncate(ret, before);
    return rc;
}

int
ts_json_print(struct ts_json *object, struct ts_secret *ret)
{
    return print_object(object, false, ret);
}

int
ts_json_print_lines(struct ts_json *object, struct ts_secret *ret)
{
    return print_object(object, true, ret);
}
