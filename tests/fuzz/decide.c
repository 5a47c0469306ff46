/* What the documented key did not sign is never accepted; what is accepted is not incomplete. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "common/decide.h"
#include "common/verify.h"
#include "tests/fuzz/documented_key.h"

static char id[] = "f999282c-b6cf-4b48-9b1a-9021ee3d76b4", scope[] = "user_management";
static char alice[] = "alice", sshd[] = "sshd";
static char *names[] = {scope, alice, sshd};
static struct ts_policy_key key = {.id = id,
                                   .users = {names + 1, 1},
                                   .services = {names + 2, 1},
                                   .scopes = {names, 1},
                                   .max_lifetime = TS_TOKEN_LIFE_MAX,
                                   .expires = INT64_MAX};
static struct ts_policy_service service = {.name = sshd, .scopes = {names, 1}, .max_age = -1};
static const struct ts_policy policy = {
    .services = &service, .services_len = 1, .keys = &key, .keys_len = 1};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ts_subject subject = {.name = "alice"};
    const struct ts_question question = {&policy, &subject, "sshd", 1724936100};
    const char *text = (const char *)data;
    struct ts_verdict verdict;
    struct ts_err err = {0};

    if (key.public_key == NULL &&
        ts_public_key_parse(documented_key, sizeof(documented_key) - 1, &key.public_key, &err) < 0)
        abort();
    if (ts_decide(&question, text, size, &verdict) == TS_REASON_OK &&
        (ts_token_is_incomplete(&policy, text, size) || verdict.key_id[0] == '\0'))
        abort();
    return verdict.text[0] == '\0' ? (abort(), 0) : 0;
}
