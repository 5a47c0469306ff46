/* The strict reader: one function for each rule of RFC 8259's grammar, building a tree. */
#include "common/json/json.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"

struct reader {
    const char *p;
    const char *end;
    unsigned depth;
    bool key_twice;
};

static int read_value(struct reader *reader, struct ts_json **ret);

static void
skip_blanks(struct reader *reader)
{
    while (reader->p < reader->end && strchr(" \t\r\n", *reader->p) != NULL)
        reader->p++;
}

/* Takes the next character where it is `wanted`, and the blanks behind it. */
static bool
accept_char(struct reader *reader, char wanted)
{
    if (reader->p == reader->end || *reader->p != wanted)
        return false;
    reader->p++;
    skip_blanks(reader);
    return true;
}

static bool
read_hex4(struct reader *reader, uint32_t *ret)
{
    uint32_t value = 0;

    if (reader->end - reader->p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = strchr(digits, ts_text_lower(reader->p[i]));

        if (digit == NULL || *digit == '\0')
            return false;
        value = value << 4 | (uint32_t)(digit - digits);
    }
    reader->p += 4;
    *ret = value;
    return true;
}

static int
append_utf8(struct ts_secret *text, uint32_t point)
{
    unsigned char bytes[4];
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = size; i-- > 1; point >>= 6)
        bytes[i] = (unsigned char)(0x80 | (point & 0x3f));
    bytes[0] = (unsigned char)(heads[size] | point);
    return ts_secret_append(text, bytes, size);
}

/* Behind `\u`. Surrogates come in pairs; NUL would end a C string early. */
static int
read_unicode(struct reader *reader, struct ts_secret *text)
{
    uint32_t point = 0, low = 0;

    if (!read_hex4(reader, &point) || point == 0 || (point >= 0xdc00 && point <= 0xdfff))
        return TS_ERR_SYNTAX;
    if (point < 0xd800 || point > 0xdbff)
        return append_utf8(text, point);
    if (reader->end - reader->p < 2 || reader->p[0] != '\\' || reader->p[1] != 'u')
        return TS_ERR_SYNTAX;
    reader->p += 2;
    if (!read_hex4(reader, &low) || low < 0xdc00 || low > 0xdfff)
        return TS_ERR_SYNTAX;
    return append_utf8(text, 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00));
}

static int
read_escape(struct reader *reader, struct ts_secret *text)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

    if (reader->p == reader->end)
        return TS_ERR_SYNTAX;
    char c = *reader->p++;
    if (c == 'u')
        return read_unicode(reader, text);
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    return name != NULL ? ts_secret_append(text, &values[name - names], 1) : TS_ERR_SYNTAX;
}

/* A string with its quotes, and the blanks behind it. */
static int
read_string(struct reader *reader, struct ts_secret *text)
{
    int rc = 0;

    if (reader->p == reader->end || *reader->p != '"')
        return TS_ERR_SYNTAX;
    reader->p++;
    while (rc == 0 && reader->p < reader->end && *reader->p != '"') {
        size_t plain = 0;
        size_t left = (size_t)(reader->end - reader->p);

        while (plain < left && (unsigned char)reader->p[plain] >= 0x20 && reader->p[plain] != '"' &&
               reader->p[plain] != '\\')
            plain++;
        rc = ts_secret_append(text, reader->p, plain);
        reader->p += plain;
        if (rc == 0 && plain == 0)
            rc = *reader->p++ == '\\' ? read_escape(reader, text) : TS_ERR_SYNTAX;
    }
    if (rc < 0)
        return rc;
    return accept_char(reader, '"') ? 0 : TS_ERR_SYNTAX;
}

static int
read_string_value(struct reader *reader, struct ts_json **ret)
{
    TS_CLEANUP(ts_secret_release)
    struct ts_secret text = TS_SECRET_INIT((size_t)(reader->end - reader->p));
    int rc = read_string(reader, &text);

    if (rc < 0)
        return rc;
    *ret = ts_json_new_string_len(ts_secret_string(&text), text.len);
    return *ret != NULL ? 0 : TS_ERR_NOMEM;
}

static size_t
count_digits(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && text[i] >= '0' && text[i] <= '9')
        i++;
    return i;
}

/* The length of a number (RFC 8259 section 6), 0 where there is none. */
static size_t
number_length(const char *text, size_t len, bool *ret_is_integer)
{
    size_t i = len > 0 && text[0] == '-' ? 1 : 0;
    size_t digits = count_digits(text + i, len - i);

    if (digits == 0 || (digits > 1 && text[i] == '0'))
        return 0;
    i += digits;
    size_t integer_end = i;
    if (i < len && text[i] == '.') {
        digits = count_digits(text + i + 1, len - i - 1);
        if (digits == 0)
            return 0;
        i += 1 + digits;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < len && (text[i] == '+' || text[i] == '-'))
            i++;
        digits = count_digits(text + i, len - i);
        if (digits == 0)
            return 0;
        i += digits;
    }
    *ret_is_integer = i == integer_end;
    return i;
}

/* What is no integer, or none that fits, keeps its text and has no value that anybody here reads;
 * strtod would go by the host's locale. */
static int
read_number(struct reader *reader, struct ts_json **ret)
{
    bool is_integer = false;
    size_t len = number_length(reader->p, (size_t)(reader->end - reader->p), &is_integer);

    if (len == 0)
        return TS_ERR_SYNTAX;
    TS_CLEANUP(ts_string_free) char *text = strndup(reader->p, len);
    if (text == NULL)
        return TS_ERR_NOMEM;
    reader->p += len;
    skip_blanks(reader);
    bool negative = text[0] == '-';
    int64_t value = 0;
    if (is_integer && ts_text_integer(text + negative, 0, INT64_MAX, &value))
        *ret = ts_json_new_integer(negative ? -value : value);
    else
        *ret = ts_json_new_number(text);
    return *ret != NULL ? 0 : TS_ERR_NOMEM;
}

static int
read_word(struct reader *reader, struct ts_json **ret)
{
    static const char *const words[] = {"null", "false", "true"};

    for (size_t i = 0; i < TS_ARRAY_LEN(words); i++) {
        size_t len = strlen(words[i]);

        if ((size_t)(reader->end - reader->p) < len || memcmp(reader->p, words[i], len) != 0)
            continue;
        reader->p += len;
        skip_blanks(reader);
        if (i == 0)
            return 0; /* null is a NULL pointer */
        *ret = ts_json_new_bool(i == 2);
        return *ret != NULL ? 0 : TS_ERR_NOMEM;
    }
    return read_number(reader, ret);
}

static int
read_member(struct reader *reader, struct ts_json *object)
{
    TS_CLEANUP(ts_secret_release)
    struct ts_secret key = TS_SECRET_INIT((size_t)(reader->end - reader->p));
    TS_CLEANUP(ts_json_put) struct ts_json *value = NULL;
    int rc = read_string(reader, &key);

    if (rc < 0)
        return rc;
    reader->key_twice = ts_json_find(object, ts_secret_string(&key), NULL) != 0;
    if (reader->key_twice || !accept_char(reader, ':'))
        return TS_ERR_SYNTAX;
    rc = read_value(reader, &value);
    if (rc < 0)
        return rc;
    if (ts_json_set(object, ts_secret_string(&key), value) != 0)
        return TS_ERR_NOMEM;
    value = NULL;
    return 0;
}

static int
read_item(struct reader *reader, struct ts_json *array)
{
    TS_CLEANUP(ts_json_put) struct ts_json *value = NULL;
    int rc = read_value(reader, &value);

    if (rc < 0)
        return rc;
    if (ts_json_append(array, value) != 0)
        return TS_ERR_NOMEM;
    value = NULL;
    return 0;
}

/* What objects and arrays have in common: items with commas between, up to the closing bracket. */
static int
read_items(struct reader *reader, char close,
           int (*read)(struct reader *reader, struct ts_json *container), struct ts_json *container)
{
    if (container == NULL)
        return TS_ERR_NOMEM;
    if (++reader->depth > TS_JSON_DEPTH_MAX)
        return TS_ERR_SYNTAX;
    if (!accept_char(reader, close)) {
        do {
            int rc = read(reader, container);
            if (rc < 0)
                return rc;
        } while (accept_char(reader, ','));
        if (!accept_char(reader, close))
            return TS_ERR_SYNTAX;
    }
    reader->depth--;
    return 0;
}

static int
read_value(struct reader *reader, struct ts_json **ret)
{
    if (reader->p < reader->end && *reader->p == '"')
        return read_string_value(reader, ret);
    if (accept_char(reader, '{')) {
        *ret = ts_json_new_object();
        return read_items(reader, '}', read_member, *ret);
    }
    if (accept_char(reader, '[')) {
        *ret = ts_json_new_array();
        return read_items(reader, ']', read_item, *ret);
    }
    return read_word(reader, ret);
}

int
ts_json_parse_object(const char *text, size_t len, struct ts_json **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct reader reader = {.p = text, .end = text + len};

    if (len == 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "empty where a JSON object is expected");
    if (memchr(text, '\0', len) != NULL || !ts_text_is_utf8(text, len))
        return ts_err_set(err, TS_ERR_SYNTAX, "not valid JSON");
    skip_blanks(&reader);
    int rc = read_value(&reader, &object);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0 || reader.p != reader.end)
        return ts_err_set(err, TS_ERR_SYNTAX,
                          reader.key_twice ? "JSON with one key twice" : "not valid JSON");
    if (!ts_json_is(object, TS_JSON_OBJECT))
        return ts_err_set(err, TS_ERR_SYNTAX, "not a JSON object");
    *ret = TS_TAKE(object);
    return 0;
}
