/* What the rules in decide.c and decide_proof.c share. For those two only. */
#ifndef TS_DECIDE_INTERNAL_H
#define TS_DECIDE_INTERNAL_H

#include "common/policy/decide.h"
#include "common/policy/proof.h"

/* The case before the rules, and what they have found out so far. */
struct ts_decision {
    const struct ts_question *question;
    const char *text; /* the token, without its proof */
    size_t len;
    size_t answer_len;      /* of both, with what is between */
    const char *proof_text; /* what is behind the separator, or NULL where there is none */
    size_t proof_len;
    struct ts_token token;
    struct ts_proof proof;
    const struct ts_policy_key *key; /* once it is known */
    struct ts_verdict *verdict;
};

/* Sets the verdict's text and returns the reason, so that `return ts_deny(...)` reads
 * well. */
enum ts_reason ts_deny(const struct ts_decision *decision, enum ts_reason reason,
                       const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A failure of another function: the rule's own reason, unless the check itself failed. */
enum ts_reason ts_deny_error(const struct ts_decision *decision, enum ts_reason reason,
                             const struct ts_err *err);

/* The rules about the proof. Each passes where the service is not bound to a host. */
enum ts_reason ts_check_proof_given(struct ts_decision *decision);
enum ts_reason ts_check_proof_form(struct ts_decision *decision);
enum ts_reason ts_check_proof_signature(struct ts_decision *decision);
enum ts_reason ts_check_proof_payload(struct ts_decision *decision);
enum ts_reason ts_check_proof_token(struct ts_decision *decision);
enum ts_reason ts_check_proof_host(struct ts_decision *decision);
enum ts_reason ts_check_proof_age(struct ts_decision *decision);
enum ts_reason ts_check_proof_since_boot(struct ts_decision *decision);

/* single_use: the record of used tokens and proofs does not survive a reboot, and nothing from
 * before it is needed. */
enum ts_reason ts_check_since_boot(const struct ts_decision *decision, const char *what,
                                   int64_t issued_at);

#endif
