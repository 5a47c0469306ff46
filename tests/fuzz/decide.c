/* What the documented key did not sign is never accepted, and there is one text that it signed;
 * what is accepted is not incomplete. Every decision has a sentence that quotes no token. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/policy/decide.h"
#include "tests/fuzz/documented_policy.h"

/* FNV-1a (64 bits) of header and payload of the token in tests/vectors. */
#define DOCUMENTED UINT64_C(0xd36beda6ed049f4e)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ts_policy *policy = documented_policy();
    const struct ts_subject alice = {.name = "alice"}, bob = {.name = "bob"};
    const struct ts_question question = {policy, &alice, "sshd", 1724936100, 0};
    const struct ts_question others[] = {{policy, &bob, "sshd", 1724936100, 0},
                                         {policy, &alice, "sudo", 1724936100, 0},
                                         {policy, &alice, "sshd", 1724936000 - 60, 0},
                                         {policy, &alice, "sshd", 1725014097 + 60, 0}};
    const char *text = (const char *)data;
    TS_CLEANUP(ts_token_release) struct ts_token parsed = {.text = NULL};
    struct ts_verdict verdict;

    if (ts_decide(&question, text, size, &verdict) == TS_REASON_OK) {
        const char *dot = memrchr(text, '.', size);

        if (ts_token_is_incomplete(policy, text, size, &parsed) || verdict.key_id[0] == '\0' ||
            ts_text_fnv1a64(text, (size_t)(dot - text), TS_FNV1A64_SEED) != DOCUMENTED)
            abort();
    }
    if (verdict.text[0] == '\0' || fuzz_has_control(verdict.text) ||
        strstr(verdict.text, "eyJ") != NULL)
        abort();
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (ts_decide(&others[i], text, size, &verdict) == TS_REASON_OK)
            abort();
    return 0;
}
