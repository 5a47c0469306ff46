/*
 * Prints JSON values. json-c's own printer goes on where it has no memory, and its text then lacks
 * a piece: a token that is cut, a configuration file that is. It also leaves copies behind.
 */
#include "common/json/json.h"
#include "common/base/cleanup.h"

#include <json-c/linkhash.h>
#include <string.h>

struct printer {
    struct ts_secret *out;
    bool in_lines; /* each member on a line of its own, behind tabs */
};

static int print_value(const struct printer *printer, struct json_object *value, unsigned level);

static int
put(const struct printer *printer, const char *text)
{
    return ts_secret_append_string(printer->out, text);
}

/* The short escapes of RFC 8259, and the six characters of any other. */
static int
put_escape(const struct printer *printer, char c)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    static const char hex[] = "0123456789abcdef";
    const char *found = memchr(from, c, sizeof(from) - 1);
    char text[] = {'\\', 'u', '0', '0', hex[(c >> 4) & 15], hex[c & 15]};

    if (found == NULL)
        return ts_secret_append(printer->out, text, sizeof(text));
    text[1] = to[found - from];
    return ts_secret_append(printer->out, text, 2);
}

static bool
needs_escape(char c)
{
    return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

static int
print_string(const struct printer *printer, const char *text, size_t len)
{
    int rc = put(printer, "\"");

    for (size_t i = 0; i < len && rc == 0;) {
        size_t plain = i;

        while (plain < len && !needs_escape(text[plain]))
            plain++;
        rc = ts_secret_append(printer->out, text + i, plain - i);
        if (rc == 0 && plain < len)
            rc = put_escape(printer, text[plain++]);
        i = plain;
    }
    return rc < 0 ? rc : put(printer, "\"");
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
print_members(const struct printer *printer, struct json_object *object, unsigned level)
{
    bool first = true;

    json_object_object_foreach(object, key, member)
    {
        int rc = put(printer, first ? "" : ",");

        if (rc == 0)
            rc = start_line(printer, level);
        if (rc == 0)
            rc = print_string(printer, key, strlen(key));
        if (rc == 0)
            rc = put(printer, printer->in_lines ? ": " : ":");
        if (rc == 0)
            rc = print_value(printer, member, level);
        if (rc < 0)
            return rc;
        first = false;
    }
    return first ? 0 : start_line(printer, level - 1);
}

static int
print_elements(const struct printer *printer, struct json_object *array, unsigned level)
{
    size_t len = json_object_array_length(array);
    int rc = 0;

    for (size_t i = 0; i < len && rc == 0; i++) {
        rc = put(printer, i == 0 ? "" : ",");
        if (rc == 0)
            rc = start_line(printer, level);
        if (rc == 0)
            rc = print_value(printer, json_object_array_get_idx(array, i), level);
    }
    return rc < 0 || len == 0 ? rc : start_line(printer, level - 1);
}

/* The reader keeps the text of a number that is no integer; see json_parse.c. */
static int
print_real(const struct printer *printer, struct json_object *value)
{
    const char *text = json_object_get_userdata(value);

    return text != NULL
               ? put(printer, text)
               : ts_secret_append_format(printer->out, "%.17g", json_object_get_double(value));
}

static int
print_between(const struct printer *printer, const char *brackets, struct json_object *value,
              unsigned level)
{
    int rc = ts_secret_append(printer->out, brackets, 1);

    if (rc == 0)
        rc = brackets[0] == '{' ? print_members(printer, value, level)
                                : print_elements(printer, value, level);
    return rc < 0 ? rc : ts_secret_append(printer->out, brackets + 1, 1);
}

static int
print_value(const struct printer *printer, struct json_object *value, unsigned level)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        return put(printer, "null");
    case json_type_boolean:
        return put(printer, json_object_get_boolean(value) ? "true" : "false");
    case json_type_int:
        return ts_secret_append_format(printer->out, "%lld",
                                       (long long)json_object_get_int64(value));
    case json_type_double:
        return print_real(printer, value);
    case json_type_string:
        return print_string(printer, json_object_get_string(value),
                            (size_t)json_object_get_string_len(value));
    case json_type_object:
        return print_between(printer, "{}", value, level + 1);
    case json_type_array:
        return print_between(printer, "[]", value, level + 1);
    }
    return TS_ERR_NOMEM;
}

static int
print(struct json_object *object, bool in_lines, struct ts_secret *ret)
{
    const struct printer printer = {ret, in_lines};
    size_t before = ret->len;
    int rc = print_value(&printer, object, 0);

    if (rc < 0)
        ts_secret_truncate(ret, before);
    return rc;
}

int
ts_json_print(struct json_object *object, struct ts_secret *ret)
{
    return print(object, false, ret);
}

int
ts_json_print_lines(struct json_object *object, struct ts_secret *ret)
{
    return print(object, true, ret);
}
