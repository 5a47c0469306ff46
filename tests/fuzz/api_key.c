/* A key that is accepted can be used, says so of itself, and is spelled in one way only; no message
 * quotes what may be a key. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/policy/verify.h"
#include "common/worker/apikey.h"
#include "common/worker/rsakey.h"

static void
check(const struct ts_api_key *key)
{
    TS_CLEANUP(ts_public_key_free) struct evp_pkey_st *again = NULL;
    TS_CLEANUP(ts_public_key_free) struct evp_pkey_st *public = NULL;
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(TS_PRIVATE_PEM_MAX);
    const struct ts_secret *half = &key->info.public_key;
    struct ts_err err = {0};

    if (ts_rsa_key_parse(key->pem.data, key->pem.len, &again, &pem, &err) < 0 ||
        !ts_secret_equal(&pem, &key->pem) || !ts_text_is_key_id(key->info.key_id) ||
        strstr(ts_secret_string(half), " PRIVATE") != NULL || fuzz_has_control(key->info.name) ||
        fuzz_has_control(key->info.expiry) || fuzz_has_control(key->info.rotation_frequency) ||
        key->info.expires < 0 || key->info.rotation_days < 0)
        abort();
    /* What the public half is good for is for the module to say, which is stricter. */
    (void)ts_public_key_parse(half->data, half->len, &public, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_API_KEY_FILE_MAX);
    TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0)
        return 0;
    if (ts_api_key_parse(&text, "key.json", size % 2 == 0 ? "id" : NULL, &key, &err) == 0)
        check(&key);
    else if (err.text[0] == '\0' || strstr(err.text, "BEGIN") != NULL)
        abort();
    return 0;
}
