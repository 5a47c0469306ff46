/* TOKEN~PROOF: a proof that is taken apart holds to what its header file promises. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/policy/proof.h"

#define KEY_ID "f999282c-b6cf-4b48-9b1a-9021ee3d76b4" /* tests/vectors */

static void
check_proof(const char *text, size_t len)
{
    TS_CLEANUP(ts_proof_release) struct ts_proof proof = {.issued_at = 0};
    struct ts_err err = {0};

    if (ts_proof_read(&proof, text, len, KEY_ID, &err) < 0) {
        if (err.text[0] == '\0' || strstr(err.text, "eyJ") != NULL)
            abort();
        return;
    }
    if (ts_proof_read_payload(&proof, &err) < 0)
        return;
    if (!ts_host_is_name(proof.host) || strlen(proof.hash) != TS_PROOF_HASH_LEN ||
        proof.issued_at < 0 || proof.issued_at > TS_TOKEN_TIME_MAX)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t token_len = ts_proof_token_len(text, size);

    if (token_len > size || (token_len < size && text[token_len] != TS_PROOF_SEPARATOR))
        abort();
    if (token_len < size)
        check_proof(text + token_len + 1, size - token_len - 1);
    return 0;
}
