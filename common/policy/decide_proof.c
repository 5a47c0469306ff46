/* The rules about the proof of a bound token. They come after all rules about the token. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/policy/decide_internal.h"
#include "common/policy/verify.h"

static bool
is_bound(const struct ts_decision *decision)
{
    return decision->verdict->service->bound_to.len > 0;
}

enum ts_reason
ts_check_proof_given(struct ts_decision *decision)
{
    if (!is_bound(decision) || decision->proof_len > 0)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_PROOF_MISSING,
                   "the token has no proof for this host, which [service %.64s] demands "
                   "(bound_to = %.100s): the client needs 'bound = yes' in its [host] "
                   "section",
                   decision->verdict->service->name, decision->verdict->service->bound_to.items[0]);
}

enum ts_reason
ts_check_proof_form(struct ts_decision *decision)
{
    struct ts_err err = {0};

    if (!is_bound(decision))
        return TS_REASON_OK;
    int rc = ts_proof_read(&decision->proof, decision->proof_text, decision->proof_len,
                           decision->token.key_id, &err);
    if (rc == 0)
        rc = ts_token_digest(decision->proof_text, decision->proof.jwt.signed_len,
                             decision->verdict->proof_digest, &err);
    return rc == 0 ? TS_REASON_OK : ts_deny_error(decision, TS_REASON_PROOF_MALFORMED, &err);
}

enum ts_reason
ts_check_proof_signature(struct ts_decision *decision)
{
    struct evp_pkey_st *public_key = NULL;
    struct ts_err err = {0};

    if (!is_bound(decision))
        return TS_REASON_OK;
    int rc = ts_policy_public_key(decision->question->policy, decision->key, &public_key, &err);
    if (rc == 0)
        rc = ts_token_verify(&decision->proof.jwt, public_key, &err);
    if (rc == 0)
        return TS_REASON_OK;
    if (rc == TS_ERR_REFUSED)
        return ts_deny(decision, TS_REASON_PROOF_SIGNATURE,
                       "the proof's signature is not by key %s", decision->key->id);
    return ts_deny_error(decision, TS_REASON_PROOF_SIGNATURE, &err);
}

enum ts_reason
ts_check_proof_payload(struct ts_decision *decision)
{
    struct ts_err err = {0};

    if (!is_bound(decision) || ts_proof_read_payload(&decision->proof, &err) == 0)
        return TS_REASON_OK;
    return ts_deny_error(decision, TS_REASON_PROOF_MALFORMED, &err);
}

enum ts_reason
ts_check_proof_token(struct ts_decision *decision)
{
    char hash[TS_PROOF_HASH_LEN + 1];
    struct ts_err err = {0};

    if (!is_bound(decision))
        return TS_REASON_OK;
    if (ts_proof_hash(decision->text, decision->len, hash, &err) < 0)
        return ts_deny_error(decision, TS_REASON_PROOF_TOKEN, &err);
    if (strcmp(hash, decision->proof.hash) == 0)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_PROOF_TOKEN, "the proof belongs to another token");
}

enum ts_reason
ts_check_proof_host(struct ts_decision *decision)
{
    const struct ts_list *names = &decision->verdict->service->bound_to;
    const char *host = decision->proof.host;

    for (size_t i = 0; i < names->len; i++)
        if (ts_text_equal_nocase(names->items[i], host)) {
            (void)snprintf(decision->verdict->bound, sizeof(decision->verdict->bound), "%s", host);
            return TS_REASON_OK;
        }
    if (!is_bound(decision))
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_PROOF_HOST,
                   "the proof is for host %.253s, which is not in bound_to of [service "
                   "%.64s]",
                   host, decision->verdict->service->name);
}

enum ts_reason
ts_check_proof_age(struct ts_decision *decision)
{
    const struct ts_policy_service *service = decision->verdict->service;
    const int64_t age = decision->question->now - decision->proof.issued_at;

    if (!is_bound(decision))
        return TS_REASON_OK;
    if (age < -TS_CLOCK_TOLERANCE)
        return ts_deny(
            decision, TS_REASON_PROOF_AGE,
            "the proof was made %" PRId64 " s ahead of this host's clock: check both clocks", -age);
    if (age > service->max_age)
        return ts_deny(decision, TS_REASON_PROOF_AGE,
                       "the proof is %" PRId64 " s old, where [service %.64s] accepts %" PRId64,
                       age, service->name, service->max_age);
    decision->verdict->proof_expires = decision->proof.issued_at + service->max_age;
    return TS_REASON_OK;
}

enum ts_reason
ts_check_proof_since_boot(struct ts_decision *decision)
{
    if (!is_bound(decision))
        return TS_REASON_OK;
    return ts_check_since_boot(decision, "proof", decision->proof.issued_at);
}
