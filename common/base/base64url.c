#include "common/base/base64url.h"
#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

static int
value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static size_t
decoded_len(size_t len)
{
    return len / 4 * 3 + (len % 4 > 0 ? len % 4 - 1 : 0);
}

/* The caller has made room. */
static bool
decode(const char *text, size_t len, struct ts_secret *ret)
{
    uint32_t bits = 0;
    unsigned count = 0;
    bool ok = true;

    for (size_t i = 0; i < len && ok; i++) {
        int value = value_of(text[i]);

        ok = value >= 0;
        bits = bits << 6 | ((uint32_t)value & 63);
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        ret->data[ret->len++] = (char)(bits >> count & 0xff);
        bits &= (1u << count) - 1;
    }
    ret->data[ret->len] = '\0';
    return ok && bits == 0;
}

int
ts_base64url_decode(const char *text, size_t len, struct ts_secret *ret)
{
    size_t start = ret->len;
    int rc = len % 4 == 1 ? TS_ERR_SYNTAX : ts_secret_reserve(ret, start + decoded_len(len));

    if (rc < 0)
        return rc;
    if (decode(text, len, ret))
        return 0;
    ts_secret_truncate(ret, start);
    return TS_ERR_SYNTAX;
}

int
ts_base64url_encode(const void *data, size_t len, struct ts_secret *ret)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *in = data;
    uint32_t bits = 0;
    unsigned count = 0;
    int rc = ts_secret_reserve(ret, ret->len + len / 3 * 4 + (len % 3 > 0 ? len % 3 + 1 : 0));

    if (rc < 0 || len == 0)
        return rc;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | in[i];
        count += 8;
        while (count >= 6) {
            count -= 6;
            ret->data[ret->len++] = alphabet[bits >> count & 63];
        }
        bits &= (1u << count) - 1;
    }
    if (count > 0)
        ret->data[ret->len++] = alphabet[bits << (6 - count) & 63];
    ret->data[ret->len] = '\0';
    return 0;
}
