#include "pam/conversation.h"

#include <inttypes.h>
#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/policy/module_options.h"

#define HINT " (at most 500 characters at a time)"

static void
release_answer(char **answer)
{
    if (*answer != NULL)
        explicit_bzero(*answer, strlen(*answer));
    free(*answer);
    *answer = NULL;
}

/* One prompt and its answer, appended to *ret. *ret_failed says whether it failed in a way that the
 * same prompt, given again, may not. */
static enum ts_reason
ask_once(const struct ts_conversation *conversation, const char *prompt, struct ts_secret *ret,
         bool *ret_failed, struct ts_err *err)
{
    TS_CLEANUP(release_answer) char *answer = NULL;
    int rc = pam_prompt(conversation->pamh, PAM_PROMPT_ECHO_OFF, &answer, "%s", prompt);

    if (rc == PAM_BUF_ERR) {
        (void)ts_err_nomem(err);
        return TS_REASON_NOMEM;
    }
    *ret_failed = rc != PAM_SUCCESS;
    if (rc != PAM_SUCCESS || answer == NULL) {
        (void)ts_err_set(err, TS_ERR_SYSTEM, "the conversation failed: %s",
                         rc != PAM_SUCCESS ? pam_strerror(conversation->pamh, rc) : "no answer");
        return TS_REASON_CONVERSATION;
    }
    switch (ts_secret_append_string(ret, answer)) {
    case 0:
        return TS_REASON_OK;
    case TS_ERR_NOMEM:
        (void)ts_err_nomem(err);
        return TS_REASON_NOMEM;
    default:
        (void)ts_err_set(err, TS_ERR_TOO_LARGE, "the token is longer than %d characters",
                         TS_TOKEN_MAX);
        return TS_REASON_TOKEN_TOO_LONG;
    }
}

/* The prompt with the hint in front of the punctuation that it ends in. */
static void
print_hinted(char *ret, size_t size, const char *prompt)
{
    size_t len = strlen(prompt);

    while (len > 0 && strchr(" :>", prompt[len - 1]) != NULL)
        len--;
    (void)snprintf(ret, size, "%.*s" HINT "%s", (int)len, prompt, prompt + len);
}

/* sudo fails in its conversation when an answer is too long for it, and the next prompt works. No
 * answer at all, without a failure, is a user at a terminal who ended the input (^D). */
static enum ts_reason
ask_twice(const struct ts_conversation *conversation, const char *prompt, struct ts_secret *ret,
          struct ts_err *err)
{
    char hinted[TS_PROMPT_MAX + TS_HOST_NAME_MAX + sizeof(HINT)];
    bool failed = false;
    enum ts_reason reason = ask_once(conversation, prompt, ret, &failed, err);

    if (reason != TS_REASON_CONVERSATION || !failed)
        return reason;
    print_hinted(hinted, sizeof(hinted), prompt);
    return ask_once(conversation, hinted, ret, &failed, err);
}

/* How much there is without the newline that an answer may end in. */
static size_t
length_of(const struct ts_secret *secret)
{
    return secret->len > 0 && secret->data[secret->len - 1] == '\n' ? secret->len - 1 : secret->len;
}

static bool
is_incomplete(const struct ts_conversation *conversation, const struct ts_secret *received)
{
    ts_token_release(conversation->ret_parsed);
    return ts_answer_is_incomplete(conversation->policy, conversation->service,
                                   ts_secret_string(received), length_of(received),
                                   conversation->ret_parsed);
}

static bool
repeats(const struct ts_secret *received, size_t part_start, const struct ts_secret *more)
{
    size_t len = received->len - part_start;

    return len == length_of(more) && memcmp(received->data + part_start, more->data, len) == 0;
}

/*
 * Asks for one more part. *part_start is where in *received the last part begins. *ret_ended is set
 * where the answer shows that there will be no more: it is empty, or the one before again.
 */
static enum ts_reason
ask_on(const struct ts_conversation *conversation, struct ts_secret *received, size_t *part_start,
       bool *ret_ended, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret more = TS_SECRET_INIT(TS_ANSWER_MAX);
    char prompt[96];

    ts_secret_truncate(received, length_of(received));
    (void)snprintf(prompt, sizeof(prompt),
                   "ThriveStack token, from character %zu (%08" PRIx32 "): ", received->len + 1,
                   ts_text_fnv1a32(received->data, received->len));
    enum ts_reason reason = ask_twice(conversation, prompt, &more, err);
    if (reason != TS_REASON_OK)
        return reason;
    if (length_of(&more) == 0 || repeats(received, *part_start, &more)) {
        *ret_ended = true;
        return TS_REASON_OK;
    }
    *part_start = received->len;
    int rc = ts_secret_append(received, more.data, more.len);
    if (rc == 0)
        return TS_REASON_OK;
    (void)ts_err_set(err, rc, rc == TS_ERR_NOMEM ? "out of memory" : "the token is too long");
    return rc == TS_ERR_NOMEM ? TS_REASON_NOMEM : TS_REASON_TOKEN_TOO_LONG;
}

static enum ts_reason
report_cut(const struct ts_conversation *conversation, const struct ts_secret *received,
           struct ts_err *err)
{
    (void)ts_err_set(err, TS_ERR_SYNTAX, "the client cut the token after %zu characters",
                     length_of(received));
    if (!conversation->silent)
        (void)pam_error(conversation->pamh,
                        "The client cut the token after %zu characters. Use thrivestack-askpass, "
                        "or paste the token in parts of at most 500 characters.",
                        length_of(received));
    return TS_REASON_TOKEN_CUT;
}

static enum ts_reason
ask_first(const struct ts_conversation *conversation, struct ts_secret *ret, struct ts_err *err)
{
    if (conversation->first == NULL && conversation->may_prompt)
        return ask_twice(conversation, conversation->prompt, ret, err);
    int rc = ts_secret_append_string(ret, conversation->first != NULL ? conversation->first : "");
    if (rc == TS_ERR_NOMEM) {
        (void)ts_err_nomem(err);
        return TS_REASON_NOMEM;
    }
    if (rc < 0) {
        (void)ts_err_set(err, rc, "the token is longer than %d characters", TS_TOKEN_MAX);
        return TS_REASON_TOKEN_TOO_LONG;
    }
    return TS_REASON_OK;
}

static enum ts_reason
report_empty(const struct ts_conversation *conversation, struct ts_err *err)
{
    (void)ts_err_set(err, TS_ERR_SYNTAX, "%s",
                     conversation->may_prompt
                         ? "the answer was empty, where a token is expected"
                         : "no token was given, and the module may not ask for one");
    return TS_REASON_TOKEN_EMPTY;
}

enum ts_reason
ts_conversation_get(const struct ts_conversation *conversation, struct ts_secret *ret,
                    struct ts_err *err)
{
    size_t part_start = 0;
    bool ended = !conversation->may_prompt;
    enum ts_reason reason = ask_first(conversation, ret, err);

    if (reason == TS_REASON_OK && length_of(ret) == 0)
        return report_empty(conversation, err);
    for (int answers = 1; reason == TS_REASON_OK && is_incomplete(conversation, ret); answers++) {
        if (ended || answers == TS_ANSWERS_MAX)
            return report_cut(conversation, ret, err);
        reason = ask_on(conversation, ret, &part_start, &ended, err);
    }
    return reason;
}
