#include "common/json.h"
#include "common/text.h"

#include <errno.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#include <limits.h>
#include <string.h>

struct scan {
    const char *p;
    const char *end;
    size_t colons; /* outside of strings: one per member */
};

static bool
scan_string(struct scan *scan)
{
    for (scan->p++; scan->p < scan->end; scan->p++) {
        unsigned char c = (unsigned char)*scan->p;

        if (c < 0x20)
            return false;
        if (c == '"') {
            scan->p++;
            return true;
        }
        if (c != '\\')
            continue;
        /* \u0000 would end a C string early. */
        if (scan->end - scan->p >= 6 && memcmp(scan->p, "\\u0000", 6) == 0)
            return false;
        scan->p++;
    }
    return false;
}

static size_t
scan_digits(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && text[i] >= '0' && text[i] <= '9')
        i++;
    return i;
}

/* RFC 8259 section 6. */
static bool
is_number(const char *text, size_t len)
{
    size_t i = len > 0 && text[0] == '-' ? 1 : 0;
    size_t digits = scan_digits(text + i, len - i);

    if (digits == 0 || (digits > 1 && text[i] == '0'))
        return false;
    i += digits;
    if (i < len && text[i] == '.') {
        digits = scan_digits(text + i + 1, len - i - 1);
        if (digits == 0)
            return false;
        i += 1 + digits;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < len && (text[i] == '+' || text[i] == '-'))
            i++;
        digits = scan_digits(text + i, len - i);
        if (digits == 0)
            return false;
        i += digits;
    }
    return i == len;
}

static bool
scan_word(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *start = scan->p;

    while (scan->p < scan->end && memchr("{}[]:,\" \t\r\n", *scan->p, 11) == NULL)
        scan->p++;
    size_t len = (size_t)(scan->p - start);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (len == strlen(words[i]) && memcmp(start, words[i], len) == 0)
            return true;
    return is_number(start, len);
}

static bool
scan_text(struct scan *scan)
{
    while (scan->p < scan->end) {
        bool ok = true;

        if (*scan->p == '"') {
            ok = scan_string(scan);
        } else if (memchr("{}[]:, \t\r\n", *scan->p, 10) != NULL) {
            scan->colons += *scan->p == ':';
            scan->p++;
        } else {
            ok = scan_word(scan);
        }
        if (!ok)
            return false;
    }
    return true;
}

/* Duplicate keys collapse into one member, so fewer members than colons give them away. */
static size_t
count_members(struct json_object *value)
{
    size_t count = 0;

    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, key, member)
        {
            (void)key;
            count += 1 + count_members(member);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            count += count_members(json_object_array_get_idx(value, i));
    }
    return count;
}

static struct json_object *
tokenize(const char *text, size_t len, bool *ret_nomem)
{
    struct json_tokener *tokener = json_tokener_new_ex(TS_JSON_DEPTH_MAX);

    *ret_nomem = tokener == NULL;
    if (tokener == NULL)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    errno = 0;
    struct json_object *object = json_tokener_parse_ex(tokener, text, (int)len);
    bool complete = json_tokener_get_error(tokener) == json_tokener_success;
    *ret_nomem = !complete && errno == ENOMEM;
    json_tokener_free(tokener);
    if (!complete)
        ts_json_put(&object);
    return object;
}

int
ts_json_parse_object(const char *text, size_t len, struct json_object **ret, struct ts_err *err)
{
    struct scan scan = {text, text + len, 0};
    bool nomem = false;

    if (len == 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "empty where a JSON object is expected");
    /* json-c's own look at UTF-8 lets overlong forms and surrogates pass. */
    if (len > INT_MAX || memchr(text, '\0', len) != NULL || !ts_text_is_utf8(text, len) ||
        !scan_text(&scan))
        return ts_err_set(err, TS_ERR_SYNTAX, "not valid JSON");
    struct json_object *object = tokenize(text, len, &nomem);
    if (nomem)
        return ts_err_nomem(err);
    if (object == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "not valid JSON");
    int rc = 0;
    if (!json_object_is_type(object, json_type_object))
        rc = ts_err_set(err, TS_ERR_SYNTAX, "not a JSON object");
    else if (count_members(object) != scan.colons)
        rc = ts_err_set(err, TS_ERR_SYNTAX, "JSON with one key twice");
    if (rc < 0) {
        ts_json_put_secret(&object);
        return rc;
    }
    *ret = object;
    return 0;
}

void
ts_json_put(struct json_object **object)
{
    if (*object != NULL)
        json_object_put(*object);
    *object = NULL;
}

static void
zero_strings(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string)) {
        /* json-c hands out its own buffer; it has no function that zeroes one. */
        union {
            const char *readable;
            char *writable;
        } text = {.readable = json_object_get_string(value)};
        explicit_bzero(text.writable, (size_t)json_object_get_string_len(value));
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, key, member)
        {
            (void)key;
            zero_strings(member);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            zero_strings(json_object_array_get_idx(value, i));
    }
}

void
ts_json_put_secret(struct json_object **object)
{
    if (*object != NULL)
        zero_strings(*object);
    ts_json_put(object);
}

struct json_object *
ts_json_member(struct json_object *object, const char *name)
{
    struct json_object *member = NULL;

    return json_object_object_get_ex(object, name, &member) ? member : NULL;
}

const char *
ts_json_string(struct json_object *object, const char *name)
{
    struct json_object *member = ts_json_member(object, name);

    return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : NULL;
}

bool
ts_json_integer(struct json_object *object, const char *name, int64_t *ret)
{
    struct json_object *member = ts_json_member(object, name);

    if (!json_object_is_type(member, json_type_int))
        return false;
    /* json-c answers the nearest value it has for a number that does not fit. */
    int64_t value = json_object_get_int64(member);
    if (value == INT64_MAX || value == INT64_MIN)
        return false;
    *ret = value;
    return true;
}

bool
ts_json_bool(struct json_object *object, const char *name, bool *ret)
{
    struct json_object *member = ts_json_member(object, name);

    if (!json_object_is_type(member, json_type_boolean))
        return false;
    *ret = json_object_get_boolean(member) != 0;
    return true;
}

int
ts_json_add(struct json_object *object, const char *name, struct json_object *value)
{
    if (value == NULL)
        return TS_ERR_NOMEM;
    if (json_object_object_add(object, name, value) == 0)
        return 0;
    json_object_put(value);
    return TS_ERR_NOMEM;
}

int
ts_json_add_string(struct json_object *object, const char *name, const char *value)
{
    return ts_json_add(object, name, json_object_new_string(value));
}

int
ts_json_add_integer(struct json_object *object, const char *name, int64_t value)
{
    return ts_json_add(object, name, json_object_new_int64(value));
}

int
ts_json_add_bool(struct json_object *object, const char *name, bool value)
{
    return ts_json_add(object, name, json_object_new_boolean(value));
}

int
ts_json_print(struct json_object *object, struct ts_secret *ret)
{
    size_t len = 0;
    const char *text = json_object_to_json_string_length(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

    if (text == NULL)
        return TS_ERR_NOMEM;
    int rc = ts_secret_append(ret, text, len);
    /* The text is json-c's own cached copy; it goes with the object, but not before it is zeroed.
     */
    union {
        const char *readable;
        char *writable;
    } cached = {.readable = text};
    explicit_bzero(cached.writable, len);
    return rc;
}
