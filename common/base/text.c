#include "common/base/text.h"

#include <string.h>
#include <time.h>

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
digits_to_integer(const char *text, size_t len, int64_t *ret)
{
    int64_t value = 0;

    if (len == 0 || len > 18)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]))
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *ret = value;
    return true;
}

bool
ts_text_integer(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    int64_t value;

    if (!digits_to_integer(text, strlen(text), &value) || value < min || value > max)
        return false;
    *ret = value;
    return true;
}

const char *
ts_text_decimal(char ret[TS_DECIMAL_SIZE], int64_t value)
{
    char *p = ret + TS_DECIMAL_SIZE - 1;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    *p = '\0';
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--p = '-';
    return p;
}

static int64_t
unit_seconds(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    default:
        return 0;
    }
}

bool
ts_text_duration(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    size_t len = strlen(text);
    int64_t unit = 1, value;

    if (len == 0)
        return false;
    if (!is_digit(text[len - 1])) {
        unit = unit_seconds(text[len - 1]);
        len--;
    }
    if (unit == 0 || !digits_to_integer(text, len, &value) || value > INT64_MAX / 86400)
        return false;
    value *= unit;
    if (value < min || value > max)
        return false;
    *ret = value;
    return true;
}

static int64_t
days_in_month(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01 to the first of a month, in the Gregorian calendar. Years are counted from
 * March, so that the day that only some years have comes last: 367 * m / 12 then gives the months'
 * different lengths. timegm takes fifty times as long, and a policy may have 10,000 dates. */
static int64_t
days_to_month(int64_t year, int64_t month)
{
    const int64_t y = month > 2 ? year : year - 1;
    const int64_t m = month > 2 ? month - 2 : month + 10;

    return y * 365 + y / 4 - y / 100 + y / 400 + 367 * m / 12 - 719498;
}

bool
ts_text_date_end(const char *text, int64_t *ret_end_of_day)
{
    int64_t year, month, day;

    if (strlen(text) < 10 || text[4] != '-' || text[7] != '-')
        return false;
    if (text[10] != '\0' && text[10] != 'T' && text[10] != ' ')
        return false;
    if (!digits_to_integer(text, 4, &year) || !digits_to_integer(text + 5, 2, &month) ||
        !digits_to_integer(text + 8, 2, &day))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_end_of_day = (days_to_month(year, month) + day) * 86400 - 1;
    return true;
}

/* `+01:00`, `-09:30` or `Z`. */
static bool
is_zone(const char *text)
{
    int64_t hour, minute;

    if (strcmp(text, "Z") == 0)
        return true;
    return (text[0] == '+' || text[0] == '-') && strlen(text) == 6 && text[3] == ':' &&
           digits_to_integer(text + 1, 2, &hour) && digits_to_integer(text + 4, 2, &minute) &&
           hour <= 23 && minute <= 59;
}

bool
ts_text_is_time(const char *text)
{
    int64_t day, hour, minute, second;

    if (strlen(text) < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        !ts_text_date_end(text, &day))
        return false;
    if (!digits_to_integer(text + 11, 2, &hour) || !digits_to_integer(text + 14, 2, &minute) ||
        !digits_to_integer(text + 17, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    const char *rest = text + 19;
    size_t fraction = rest[0] == '.' ? strspn(rest + 1, "0123456789") : 0;
    if (rest[0] == '.')
        rest += 1 + fraction;
    return (text[19] != '.' || (fraction >= 1 && fraction <= 9)) && is_zone(rest);
}

bool
ts_text_bool(const char *text, bool *ret)
{
    bool yes = strcmp(text, "yes") == 0;

    if (!yes && strcmp(text, "no") != 0)
        return false;
    *ret = yes;
    return true;
}

bool
ts_text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && ts_text_lower(*a) == ts_text_lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

/* A table, because every cache hit asks about each of a token's seven hundred characters, and a
 * policy may have 10,000 key ids. */
enum {
    IN_KEY_ID = 1,
    IN_TOKEN = 2, /* base64url's characters, and dots */
};
static const unsigned char classes[256] = {
    ['A' ... 'Z'] = IN_KEY_ID | IN_TOKEN, ['a' ... 'z'] = IN_KEY_ID | IN_TOKEN,
    ['0' ... '9'] = IN_KEY_ID | IN_TOKEN, ['-'] = IN_KEY_ID | IN_TOKEN,
    ['_'] = IN_KEY_ID | IN_TOKEN,         ['.'] = IN_TOKEN,
};

bool
ts_text_is_key_id(const char *text)
{
    size_t len = 0;

    while ((classes[(unsigned char)text[len]] & IN_KEY_ID) != 0)
        len++;
    return len >= 1 && len <= 64 && text[len] == '\0';
}

bool
ts_text_is_scope(const char *text)
{
    size_t len = 0;

    for (; text[len] != '\0'; len++) {
        unsigned char c = (unsigned char)text[len];

        if (c < 0x21 || c > 0x7e || c == '"' || c == '\\')
            return false;
    }
    return len >= 1 && len <= 256;
}

bool
ts_text_is_token(const char *text, size_t len)
{
    bool all = true;

    for (size_t i = 0; i < len; i++)
        all &= (classes[(unsigned char)text[i]] & IN_TOKEN) != 0;
    return all;
}

/* The length of the UTF-8 sequence at text (RFC 3629), 0 where there is none. */
static size_t
utf8_decode(const unsigned char *text, size_t len, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    uint32_t point;

    if (size == 1) {
        *ret = text[0];
        return 1;
    }
    if (text[0] < 0xc2 || text[0] > 0xf4 || size > len)
        return 0;
    point = text[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3f);
    }
    if (point < smallest[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret = point;
    return size;
}

/* Whether eight characters follow and all are ASCII, which most of a text is. */
static bool
is_ascii8(const unsigned char *text, size_t len)
{
    uint64_t eight = 0;

    if (len < sizeof(eight))
        return false;
    memcpy(&eight, text, sizeof(eight));
    return (eight & UINT64_C(0x8080808080808080)) == 0;
}

bool
ts_text_is_utf8(const char *text, size_t len)
{
    const unsigned char *in = (const unsigned char *)text;

    for (size_t i = 0; i < len;) {
        uint32_t ignored = 0;

        if (is_ascii8(in + i, len - i)) {
            i += 8;
            continue;
        }
        size_t step = utf8_decode(in + i, len - i, &ignored);

        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

static bool
is_hidden(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x61c ||
           (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

void
ts_text_clean(char *ret, size_t size, const char *text, size_t len)
{
    const unsigned char *in = (const unsigned char *)text;
    size_t used = 0;

    for (size_t i = 0; i < len;) {
        uint32_t point = '?';
        size_t step = utf8_decode(in + i, len - i, &point);
        const char *from = step > 0 ? text + i : "?";
        size_t put = step > 0 ? step : 1;

        i += put;
        if (point == '\t' || point == '\n' || point == '\r') {
            from = " ";
            point = ' ';
        }
        if (is_hidden(point) || (point == ' ' && (used == 0 || ret[used - 1] == ' ')))
            continue;
        if (used + put >= size)
            break;
        memcpy(ret + used, from, put);
        used += put;
    }
    while (used > 0 && ret[used - 1] == ' ')
        used--;
    ret[used] = '\0';
}

void
ts_text_escape(char *ret, size_t size, const char *text, const char *also)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        /* Room for one escape, the dots that mark a cut, and the end. */
        if (used + 4 + 3 + 1 > size) {
            memcpy(ret + used, "...", 3);
            used += 3;
            break;
        }
        const char escaped[] = {'\\', 'x', digits[c >> 4], digits[c & 0xf]};
        bool plain = c >= 0x20 && c < 0x7f && strchr(also, c) == NULL;
        size_t len = plain ? 1 : sizeof(escaped);
        memcpy(ret + used, plain ? text : escaped, len);
        used += len;
    }
    ret[used] = '\0';
}

uint32_t
ts_text_fnv1a32(const void *data, size_t len)
{
    const unsigned char *p = data;
    uint32_t hash = 0x811c9dc5;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * UINT32_C(0x01000193);
    return hash;
}

uint64_t
ts_text_fnv1a64(const void *data, size_t len, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t hash = seed;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

void
ts_text_hex64(char *ret, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        *ret++ = "0123456789abcdef"[(value >> shift) & 15];
    *ret = '\0';
}

void
ts_text_rfc3339(char *ret, int64_t unix_seconds)
{
    time_t when = (time_t)unix_seconds;
    struct tm tm;

    if (gmtime_r(&when, &tm) == NULL || strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        memcpy(ret, "-", 2);
}
