/* A public key that is accepted is of a length that is, and is one that nobody else's messages can
 * come from: an exponent of 1 or a private half in it would have been refused. */
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

    int rc = ts_public_key_parse((const char *)data, size, &key, &err);
    if (ERR_peek_error() != 0 || (rc < 0) != (key == NULL))
        abort();
    if (rc < 0)
        return err.text[0] == '\0' || strstr(err.text, "BEGIN") != NULL ? (abort(), 0) : 0;
    if (ts_public_key_size(key) * 8 < TS_RSA_BITS_MIN ||
        ts_public_key_size(key) * 8 > TS_RSA_BITS_MAX ||
        memmem(data, size, "PUBLIC KEY-----", 15) == NULL)
        abort();
    /* A signature of three bytes is no such key's. */
    if (ts_token_split(&split, token, sizeof(token) - 1, &err) < 0 ||
        ts_token_verify(&split, key, &err) != TS_ERR_REFUSED || ERR_peek_error() != 0)
        abort();
    return 0;
}
