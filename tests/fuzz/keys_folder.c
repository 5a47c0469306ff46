/* A file of keys.d is accepted as a whole, or all that can be found of it has the problem; and
 * every user and key that the strict reader would have found is then found, too. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/policy/policy_schema.h"

static bool
finds(const struct ts_policy *policy, const struct ts_policy_key *wanted)
{
    const struct ts_policy_key *found = ts_policy_find_key(policy, wanted->id);
    size_t users = 0;

    for (size_t i = 0; i < policy->keys_len; i++)
        for (size_t j = 0; j < wanted->users.len; j++)
            users += strcmp(policy->keys[i].id, wanted->id) == 0 &&
                     ts_list_has(&policy->keys[i].users, wanted->users.items[j]);
    return found != NULL && users >= wanted->users.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_POLICY_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(TS_POLICY_FILE_MAX);
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {.file = strdup("policy")};
    TS_CLEANUP(ts_policy_release) struct ts_policy broken = {.file = strdup("policy")};
    struct ts_err err = {0};

    if (policy.file == NULL || broken.file == NULL || ts_secret_append(&text, data, size) < 0 ||
        ts_secret_append(&again, data, size) < 0)
        return 0;
    int rc = ts_policy_add_text(&policy, &text, "input", true, &err);
    if (rc < 0 && (err.code != TS_ERR_CONFIG || strstr(err.text, "input:") == NULL))
        abort();
    if (policy.services_len > 0 || (rc < 0 && policy.keys_len > 0))
        abort();
    if (ts_policy_add_broken(&broken, &again, "input", "input:1: wrong", false, &err) < 0 ||
        ts_policy_finish(&policy, &err) < 0 || ts_policy_finish(&broken, &err) < 0)
        abort();
    for (size_t i = 0; i < policy.keys_len; i++)
        if (policy.keys[i].problem != NULL || !finds(&broken, &policy.keys[i]))
            abort();
    for (size_t i = 0; i < broken.keys_len; i++)
        if (broken.keys[i].problem == NULL || !ts_text_is_key_id(broken.keys[i].id))
            abort();
    return 0;
}
