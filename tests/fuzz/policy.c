/* Runs in the project's folder. A policy that is accepted is within the manual's limits, and finds
 * its own services and keys. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/policy/policy_schema.h"

static void
check_key(const struct ts_policy *policy, const struct ts_policy_key *key)
{
    if (ts_policy_find_key(policy, key->id) != key || key->problem != NULL ||
        key->public_key_text[0] == '\0' || key->users.len == 0 || key->services.len == 0 ||
        key->scopes.len == 0 || key->max_lifetime < 1 || key->max_lifetime > TS_TOKEN_LIFE_MAX)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_POLICY_FILE_MAX);
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {.file = strdup("input")};
    struct ts_err err = {0};

    if (policy.file == NULL || ts_secret_append(&text, data, size) < 0)
        return 0;
    if (ts_policy_add_text(&policy, &text, "input", false, &err) < 0 ||
        ts_policy_finish(&policy, &err) < 0)
        return err.code == TS_ERR_CONFIG && strstr(err.text, "input:") ? 0 : (abort(), 0);
    for (size_t i = 0; i < policy.services_len; i++)
        if (ts_policy_find_service(&policy, policy.services[i].name) != &policy.services[i])
            abort();
    for (size_t i = 0; i < policy.keys_len; i++)
        check_key(&policy, &policy.keys[i]);
    return 0;
}
