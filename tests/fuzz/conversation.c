/* Each line is one answer to a prompt ("!": the conversation fails; a final "$": a newline). What
 * is put together is what was answered, in that order, and never recognisably incomplete. */
#include "tests/fuzz/fuzz.h"

#include <security/pam_ext.h>

#include "common/base/cleanup.h"
#include "pam/conversation.h"
#include "tests/fuzz/documented_policy.h"

static struct fuzz_parts answers;
static struct ts_secret expected = TS_SECRET_INIT((size_t)8 * TS_ANSWER_MAX);
static size_t asked;

/* In place of libpam's, which would need a handle and a host's /etc/pam.d. */
int
pam_prompt(pam_handle_t *pamh, int style, char **response, const char *fmt, ...)
{
    (void)pamh, (void)fmt;
    if (style != PAM_PROMPT_ECHO_OFF)
        return PAM_SUCCESS;
    if (asked == answers.len || strcmp(answers.items[asked++], "!") == 0)
        return PAM_CONV_ERR;
    *response = strdup(answers.items[asked - 1]);
    if (*response == NULL)
        return PAM_BUF_ERR;
    if (**response != '\0' && (*response)[strlen(*response) - 1] == '$')
        (*response)[strlen(*response) - 1] = '\n';
    if (expected.len > 0 && expected.data[expected.len - 1] == '\n')
        ts_secret_truncate(&expected, expected.len - 1);
    return ts_secret_append_string(&expected, *response) == 0 ? PAM_SUCCESS : PAM_CONV_ERR;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_ANSWER_MAX);
    TS_CLEANUP(ts_token_release) struct ts_token parsed = {.text = NULL}, again = {.text = NULL};
    const struct ts_conversation conversation = {.pamh = (pam_handle_t *)&token, /* not looked at */
                                                 .prompt = "Token: ",
                                                 .may_prompt = true,
                                                 .policy = documented_policy(),
                                                 .ret_parsed = &parsed};
    struct ts_err err = {0};

    asked = 0;
    ts_secret_clear(&expected);
    answers = fuzz_split(data, size);
    enum ts_reason reason = ts_conversation_get(&conversation, &token, &err);
    size_t len = token.len;
    if (len > 0 && token.data[len - 1] == '\n')
        len--;
    if (reason == TS_REASON_OK
            ? !ts_secret_equal(&token, &expected) ||
                  ts_token_is_incomplete(conversation.policy, ts_secret_string(&token), len,
                                         &again) ||
                  parsed.text != again.text || parsed.len != again.len
            : err.text[0] == '\0' || strstr(err.text, "eyJ") != NULL)
        abort();
    fuzz_parts_release(&answers);
    return asked <= (size_t)2 * TS_ANSWERS_MAX ? 0 : (abort(), 0);
}
