/* How the local helper ended (two bytes, as wait(2) has it) and what it printed: no answer comes of
 * any other end than a good one, messages quote nothing, and only the key's own token opens. */
#include "tests/fuzz/fuzz.h"

#include <sys/wait.h>

#include "common/base/cleanup.h"
#include "common/policy/decide.h"
#include "pam/local_answer.h"
#include "tests/fuzz/documented_policy.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(TS_TOKEN_MAX + 1);
    const struct ts_subject subject = {.name = "alice"};
    const struct ts_question question = {documented_policy(), &subject, "sshd", 1724936100, 0};
    struct ts_verdict verdict;
    struct ts_err err = {0};

    if (size < 2 || ts_secret_append(&output, data + 2, size - 2) < 0)
        return 0;
    int status = data[0] | data[1] << 8;
    if (ts_local_check_answer(status, &output, &err) < 0)
        return err.code != TS_ERR_UNAVAILABLE || err.text[0] == '\0' || strstr(err.text, "eyJ")
                   ? (abort(), 0)
                   : 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || output.len == 0)
        abort();
    (void)ts_decide(&question, ts_secret_string(&output), output.len, &verdict);
    if (verdict.text[0] == '\0' || fuzz_has_control(verdict.text) ||
        (verdict.reason == TS_REASON_OK &&
         strcmp(verdict.key_id, question.policy->keys[0].id) != 0))
        abort();
    return 0;
}
