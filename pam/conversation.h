/*
 * Asking for a token. Clients cut what they send (ssh at 1023 characters, sudo refuses over 511),
 * so a token that is recognisably incomplete is asked on for, and the answers are joined:
 *
 *     ThriveStack token:                  (or, where the service is bound, ThriveStack token for
 * HOST:) ThriveStack token, from character 501 (1a2b3c4d):
 *
 * The number is where the next answer begins, the eight hex digits are FNV-1a (32 bits) of what has
 * been received; an askpass program goes by both. sshd's `password` method answers every prompt
 * with the same string, so an answer that repeats the one before ends it. A prompt at which the
 * conversation fails is given once more, with a hint: `... (at most 500 characters at a time): `;
 * not where it succeeds without an answer, as at a terminal where somebody presses ^D.
 */
#ifndef PAM_CONVERSATION_H
#define PAM_CONVERSATION_H

#include <security/pam_modules.h>
#include <stdbool.h>

#include "common/policy/decide.h"

#define TS_ANSWERS_MAX 4 /* the first, and three that go on */

/* A token may end in one newline. */
#define TS_ANSWER_MAX (TS_TOKEN_MAX + 1)

struct ts_conversation {
    pam_handle_t *pamh;
    const char *prompt; /* for the first answer */
    const char *first;  /* an answer there is already, or NULL */
    bool may_prompt;
    bool silent;                             /* PAM_SILENT: no message but the prompts */
    const struct ts_policy *policy;          /* says how long a key's signatures are */
    const struct ts_policy_service *service; /* whether a proof has to come as well */
    struct ts_token *ret_parsed;             /* what ts_token_is_incomplete leaves of the result */
};

/*
 * Gets a token from `first` and from whoever is at the other end. Returns TS_REASON_OK with what
 * came in *ret (maximum TS_ANSWER_MAX), of which nothing is known but that it is not recognisably
 * incomplete. Otherwise *err says why: TS_REASON_TOKEN_CUT (*ret holds what came, and the user was
 * told), TS_REASON_TOKEN_EMPTY (an empty answer, or nothing there and nobody to ask),
 * TS_REASON_TOKEN_TOO_LONG, TS_REASON_CONVERSATION, TS_REASON_NOMEM.
 */
enum ts_reason ts_conversation_get(const struct ts_conversation *conversation,
                                   struct ts_secret *ret, struct ts_err *err);

#endif
