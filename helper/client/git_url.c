#include "helper/client/git_url.h"

#include <string.h>

#include "common/base/error.h"

static struct git_url_part
make_part(const char *start, const char *end)
{
    return (struct git_url_part){start, (size_t)(end - start)};
}

static const char *
find_host_end(const char *start, const char *end)
{
    while (start < end && memchr("/?#", *start, 3) == NULL)
        start++;
    return start;
}

/* USERNAME[:PASSWORD] */
static void
split_login(const char *start, const char *end, struct git_url_part *ret)
{
    const char *colon = memchr(start, ':', (size_t)(end - start));

    ret[GIT_URL_USERNAME] = make_part(start, colon != NULL ? colon : end);
    if (colon != NULL)
        ret[GIT_URL_PASSWORD] = make_part(colon + 1, end);
}

static void
split_path(const char *start, const char *end, struct git_url_part *ret)
{
    while (start < end && *start == '/')
        start++;
    while (start < end && end[-1] == '/')
        end--;
    if (start < end)
        ret[GIT_URL_PATH] = make_part(start, end);
}

bool
git_url_split(const char *url, size_t len, struct git_url_part ret[GIT_URL_PARTS_LEN])
{
    const char *end = url + len;
    const char *colon = memmem(url, len, "://", 3);

    memset(ret, 0, GIT_URL_PARTS_LEN * sizeof(*ret));
    if (colon == NULL || colon == url)
        return false;
    ret[GIT_URL_PROTOCOL] = make_part(url, colon);
    const char *host = colon + 3;
    const char *host_end = find_host_end(host, end);
    const char *at = memchr(host, '@', (size_t)(host_end - host));
    if (at != NULL) {
        split_login(host, at, ret);
        host = at + 1;
    }
    ret[GIT_URL_HOST] = make_part(host, host_end);
    split_path(host_end, end, ret);
    return true;
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int
git_url_decode(const struct git_url_part *part, struct ts_secret *ret)
{
    ts_secret_clear(ret);
    for (size_t i = 0; i < part->len; i++) {
        unsigned char c = (unsigned char)part->text[i];
        int high = c == '%' && part->len - i > 2 ? hex_digit(part->text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(part->text[i + 2]) : -1;

        if (low >= 0) {
            c = (unsigned char)(high << 4 | low);
            i += 2;
        }
        if (c < 0x20 || c == 0x7f)
            return TS_ERR_SYNTAX;
        int rc = ts_secret_append(ret, &c, 1);
        if (rc < 0)
            return rc;
    }
    return 0;
}
