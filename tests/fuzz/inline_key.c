/* One line of base64 that is accepted as a public key is one of a length that is, and its only
 * spelling: no other text of the same length differs from it in one character and is the same key.
 */
#include "tests/fuzz/fuzz.h"

#include <openssl/err.h>

#include "common/base/cleanup.h"
#include "common/policy/verify.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char token[] = "eyJhbGciOiJSUzI1NiIsImlkIjoiaWQifQ.e30.AQAB";
    TS_CLEANUP(ts_public_key_free) struct evp_pkey_st *key = NULL;
    TS_CLEANUP(ts_token_release) struct ts_token split = {.text = NULL};
    struct ts_err err = {0};
    const char *text = (const char *)data;

    int rc = ts_public_key_parse_inline(text, size, &key, &err);
    if (ERR_peek_error() != 0 || (rc < 0) != (key == NULL))
        abort();
    if (rc < 0)
        return err.text[0] == '\0' ? (abort(), 0) : 0;
    if (ts_public_key_size(key) * 8 < TS_RSA_BITS_MIN ||
        ts_public_key_size(key) * 8 > TS_RSA_BITS_MAX || memcmp(text, "MII", 3) != 0)
        abort();
    for (size_t i = 0; i < size; i++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", text[i]) ==
                NULL ||
            text[i] == '\0')
            abort();
    /* A signature of three bytes is no such key's. */
    if (ts_token_split(&split, token, sizeof(token) - 1, &err) < 0 ||
        ts_token_verify(&split, key, &err) != TS_ERR_REFUSED || ERR_peek_error() != 0)
        abort();
    return 0;
}
