#include "common/worker/response.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/policy/token.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>

#define VALUE_MAX 128

void
ts_response_release(struct ts_response *response)
{
    ts_secret_release(&response->body);
    *response = TS_RESPONSE_INIT;
}

/* An HTTP-date, or -1. */
static int64_t
date_of(const char *value)
{
    int64_t when = (int64_t)curl_getdate(value, NULL);

    return when >= 0 && when <= TS_TOKEN_TIME_MAX ? when : -1;
}

static void
parse_date_header(struct ts_response *response, const char *value, int64_t now)
{
    (void)now;
    if (response->date < 0)
        response->date = date_of(value);
}

static void
parse_retry_after(struct ts_response *response, const char *value, int64_t now)
{
    int64_t seconds = 0;

    if (!ts_text_integer(value, 0, TS_TOKEN_TIME_MAX / 1000, &seconds)) {
        int64_t when = date_of(value);

        if (when < 0)
            return;
        if (response->date >= 0)
            now = response->date;
        seconds = when > now ? when - now : 0;
    }
    response->retry_after_ms = seconds * 1000;
}

static void
parse_content_type(struct ts_response *response, const char *value, int64_t now)
{
    static const char plain[] = "text/plain";
    char type[sizeof(plain)] = "";
    size_t len = strcspn(value, "; \t");

    (void)now;
    if (len == strlen(plain))
        memcpy(type, value, len);
    response->is_text = ts_text_equal_nocase(type, plain);
}

static const struct {
    const char *name;
    void (*read)(struct ts_response *response, const char *value, int64_t now);
} known_headers[] = {
    {"date", parse_date_header},
    {"retry-after", parse_retry_after},
    {"content-type", parse_content_type},
};

/* Copies a piece of a line without the blanks around it; false where it is too long. */
static bool
copy_trimmed(char *ret, size_t size, const char *text, size_t len)
{
    for (; len > 0 && (text[0] == ' ' || text[0] == '\t'); len--)
        text++;
    while (len > 0 && memchr(" \t\r\n", text[len - 1], 4) != NULL)
        len--;
    if (len >= size || memchr(text, '\0', len) != NULL)
        return false;
    memcpy(ret, text, len);
    ret[len] = '\0';
    return true;
}

void
ts_response_read_header(struct ts_response *response, const char *line, size_t len, int64_t now)
{
    const char *colon = memchr(line, ':', len);
    char name[32], value[VALUE_MAX];

    if (colon == NULL || !copy_trimmed(name, sizeof(name), line, (size_t)(colon - line)) ||
        !copy_trimmed(value, sizeof(value), colon + 1, len - (size_t)(colon + 1 - line)))
        return;
    for (size_t i = 0; i < TS_ARRAY_LEN(known_headers); i++)
        if (ts_text_equal_nocase(name, known_headers[i].name))
            known_headers[i].read(response, value, now);
}
