/* A token that is taken apart holds to what its header promises. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/base64url.h"
#include "common/base/cleanup.h"
#include "common/policy/token.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_token_release) struct ts_token token;
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(TS_TOKEN_MAX);
    char key_id[TS_KEY_ID_MAX + 1] = "";
    struct ts_err err = {0};

    if (ts_token_split(&token, (const char *)data, size, &err) < 0)
        return 0;
    if (token.len > TS_TOKEN_MAX || token.header_len >= token.signed_len ||
        token.signed_len >= token.len)
        abort();
    /* One spelling each. */
    if (ts_base64url_encode(token.signature.data, token.signature.len, &again) < 0 ||
        again.len != token.len - token.signed_len - 1 ||
        memcmp(again.data, token.text + token.signed_len + 1, again.len) != 0)
        abort();
    if (ts_token_read_header(&token, &err) == 0 &&
        (!ts_text_is_key_id(token.key_id) ||
         ts_token_peek_key_id(token.text, token.header_len, key_id, &err) < 0 ||
         strcmp(key_id, token.key_id) != 0))
        abort();
    if (ts_token_read_payload(&token, &err) == 0 &&
        (token.audience.len == 0 || token.issued_at < 0 || token.expires > TS_TOKEN_TIME_MAX))
        abort();
    return 0;
}
