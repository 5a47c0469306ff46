#include "text.h"

#include "scoped.h"

#include <err.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void *
must_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        err(1, "out of memory");
    return memory;
}

char *
must_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        err(1, "out of memory");
    return text;
}

char *
must_copy(const char *from, size_t len)
{
    char *copy = must_alloc(len + 1);
    memcpy(copy, from, len);
    return copy;
}

/* Turns the standard alphabet into the one for URLs, in place. */
static void
to_url_alphabet(char *text)
{
    for (; *text; text++) {
        if (*text == '+')
            *text = '-';
        else if (*text == '/')
            *text = '_';
    }
}

char *
base64_encode(const void *from, size_t len, enum base64_form form)
{
    if (len > 1U << 30)
        errx(1, "too much to encode");
    char *text = must_alloc(4 * ((len + 2) / 3) + 1);
    EVP_EncodeBlock((unsigned char *)text, from, (int)len);
    if (form == BASE64_URL || form == BASE64_URL_PADDED)
        to_url_alphabet(text);
    if (form == BASE64_URL || form == BASE64_PLAIN)
        text[strcspn(text, "=")] = '\0';
    return text;
}

void
uuid_make(char ret[UUID_LEN + 1])
{
    unsigned char random[16];
    if (RAND_bytes(random, sizeof(random)) != 1)
        errx(1, "no random numbers");
    random[6] = (unsigned char)((random[6] & 0x0f) | 0x40);
    random[8] = (unsigned char)((random[8] & 0x3f) | 0x80);

    static const char hex[] = "0123456789abcdef";
    char *to = ret;
    for (size_t i = 0; i < sizeof(random); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = hex[random[i] >> 4];
        *to++ = hex[random[i] & 15];
    }
    *to = '\0';
}

bool
uuid_valid(const char *text)
{
    if (strlen(text) != UUID_LEN)
        return false;
    for (int i = 0; i < UUID_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
            return false;
    }
    return true;
}

size_t
utf8_length(const char *text)
{
    /* The second byte's range excludes long forms, surrogates and what is over U+10FFFF. */
    static const struct {
        unsigned char first, last, low, high;
        size_t len;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (bytes[0] < rows[i].first || bytes[0] > rows[i].last)
            continue;
        if (rows[i].len > 1 && (bytes[1] < rows[i].low || bytes[1] > rows[i].high))
            return 0;
        for (size_t j = 2; j < rows[i].len; j++) {
            if ((bytes[j] & 0xc0) != 0x80)
                return 0;
        }
        return rows[i].len;
    }
    return 0;
}

bool
utf8_valid(const char *text)
{
    while (*text) {
        size_t len = utf8_length(text);
        if (len == 0)
            return false;
        text += len;
    }
    return true;
}

int
date_end(const char *text, time_t *ret)
{
    struct tm day = {0};
    const char *rest = strptime(text, "%Y-%m-%d", &day);
    if (!rest || *rest != '\0')
        return -1;
    time_t start = timegm(&day);

    /* timegm turns February 30 into March 2, so only a date that comes back unchanged is one. This
     * also refuses missing leading zeros. */
    char again[DATE_LEN + 1];
    date_print(start, again);
    if (strcmp(again, text) != 0)
        return -1;
    *ret = start + 24L * 60 * 60;
    return 0;
}

void
date_print(time_t when, char ret[DATE_LEN + 1])
{
    struct tm day = {0};
    if (!gmtime_r(&when, &day) || strftime(ret, DATE_LEN + 1, "%Y-%m-%d", &day) == 0)
        memcpy(ret, "0000-00-00", DATE_LEN + 1);
}

const char *
json_text(struct json_object *value)
{
    const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                                 JSON_C_TO_STRING_NOSLASHESCAPE);
    if (!text)
        errx(1, "out of memory");
    return text;
}

const char *
json_member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(object, name, &value) ||
        !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

/* json-c 0.18, where it is strict, takes the bytes of characters beyond ASCII for control
 * characters, and refuses them. */
static int
parser_flags(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] > 0x7f)
            return JSON_TOKENER_VALIDATE_UTF8;
    return JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8;
}

struct json_object *
json_parse(const char *text, size_t len)
{
    scoped(tokener) struct json_tokener *tokener = json_tokener_new_ex(32);
    if (!tokener || len > INT32_MAX)
        return NULL;
    json_tokener_set_flags(tokener, parser_flags(text, len));

    scoped(json) struct json_object *value = json_tokener_parse_ex(tokener, text, (int)len);
    size_t end = json_tokener_get_parse_end(tokener);
    /* A bare number ends only with a byte behind it. */
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        value = json_tokener_parse_ex(tokener, "", 1);
    if (json_tokener_get_error(tokener) != json_tokener_success)
        return NULL;
    /* json-c takes a NUL for the end of the text. */
    while (end < len && text[end] && strchr(" \t\r\n", text[end]))
        end++;
    if (end != len)
        return NULL;
    struct json_object *result = value;
    value = NULL;
    return result;
}
