#include "common/policy/decide_internal.h"
#include "common/base/cleanup.h"
#include "common/policy/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum ts_reason
ts_deny(const struct ts_decision *decision, enum ts_reason reason, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(decision->verdict->text, sizeof(decision->verdict->text), format, args);
    va_end(args);
    return reason;
}

enum ts_reason
ts_deny_error(const struct ts_decision *decision, enum ts_reason reason, const struct ts_err *err)
{
    if (err->code == TS_ERR_NOMEM)
        reason = TS_REASON_NOMEM;
    else if (err->code == TS_ERR_SYSTEM)
        reason = TS_REASON_SYSTEM;
    else if (err->code == TS_ERR_CONFIG)
        reason = TS_REASON_POLICY;
    return ts_deny(decision, reason, "%s", err->text);
}

/* Names from outside, made fit to quote. */
struct shown {
    char text[100];
};

static struct shown
escape_name(const char *name)
{
    struct shown shown = {.text = ""};

    ts_text_escape(shown.text, sizeof(shown.text), name, TS_TEXT_NOT_IN_NAMES);
    return shown;
}

static struct shown
show_service(const struct ts_decision *decision)
{
    return escape_name(ts_policy_service_name(decision->question->service));
}

static enum ts_reason
check_service_section(struct ts_decision *decision)
{
    const struct ts_question *question = decision->question;

    decision->verdict->service = ts_policy_find_service(question->policy, question->service);
    if (decision->verdict->service != NULL)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_NO_SERVICE,
                   "the policy has no section for service %s and no [service *]",
                   show_service(decision).text);
}

enum ts_reason
ts_decide_unknown_user(const struct ts_policy *policy, const char *user, struct ts_verdict *ret)
{
    const bool is_sure = policy->unread == NULL;

    (void)snprintf(ret->text, sizeof(ret->text), "no key of the policy is for user %s%s%s",
                   escape_name(user).text, is_sure ? "" : "; the keys of a file are not known: ",
                   is_sure ? "" : policy->unread);
    return TS_REASON_UNKNOWN_USER;
}

static enum ts_reason
check_known_user(struct ts_decision *decision)
{
    const struct ts_question *question = decision->question;

    if (ts_policy_names_user(question->policy, question->subject))
        return TS_REASON_OK;
    return ts_decide_unknown_user(question->policy, question->subject->name, decision->verdict);
}

static enum ts_reason
check_not_empty(struct ts_decision *decision)
{
    if (decision->len > 0)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_TOKEN_EMPTY,
                   "the answer was empty, where a token is expected");
}

static enum ts_reason
check_size(struct ts_decision *decision)
{
    if (decision->answer_len <= TS_TOKEN_MAX)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_TOKEN_TOO_LONG,
                   "the answer has %zu characters, a token at most %d", decision->answer_len,
                   TS_TOKEN_MAX);
}

static enum ts_reason
check_whole(struct ts_decision *decision)
{
    const struct ts_policy *policy = decision->question->policy;
    bool is_cut =
        decision->token.text != NULL
            ? ts_token_is_short(policy, &decision->token)
            : ts_token_is_incomplete(policy, decision->text, decision->len, &decision->token);

    if (!is_cut)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_TOKEN_CUT,
                   "the client sent only the first %zu characters of the token", decision->len);
}

static enum ts_reason
check_form(struct ts_decision *decision)
{
    struct ts_token *token = &decision->token;
    struct ts_err err = {0};
    int rc = token->text != NULL ? 0 : ts_token_split(token, decision->text, decision->len, &err);

    if (rc == 0)
        rc = ts_token_digest(token->text, token->signed_len, decision->verdict->digest, &err);
    if (rc == 0)
        rc = ts_token_digest(token->text, token->len, decision->verdict->token_digest, &err);
    if (rc < 0)
        return ts_deny_error(decision, TS_REASON_TOKEN_MALFORMED, &err);
    decision->verdict->has_digests = true;
    return TS_REASON_OK;
}

static enum ts_reason
check_header(struct ts_decision *decision)
{
    struct ts_err err = {0};

    if (ts_token_read_header(&decision->token, &err) < 0)
        return ts_deny_error(decision, TS_REASON_HEADER, &err);
    memcpy(decision->verdict->key_id, decision->token.key_id, sizeof(decision->verdict->key_id));
    return TS_REASON_OK;
}

/* What verification under a known key would have cost, so that the time taken does not show which
 * keys this host knows. The result does not matter. */
static void
spend_a_verification(const struct ts_decision *decision)
{
    const struct ts_policy *policy = decision->question->policy;
    const struct ts_policy_key *key = ts_policy_stand_in(policy);
    struct evp_pkey_st *public_key = NULL;
    struct ts_err err = {0};

    if (key != NULL && ts_policy_public_key(policy, key, &public_key, &err) == 0)
        (void)ts_token_verify(&decision->token, public_key, &err);
}

static enum ts_reason
check_known_key(struct ts_decision *decision)
{
    const struct ts_policy *policy = decision->question->policy;

    decision->key = ts_policy_find_key(policy, decision->token.key_id);
    if (decision->key != NULL && decision->key->problem == NULL)
        return TS_REASON_OK;
    spend_a_verification(decision);
    if (decision->key != NULL)
        return ts_deny(decision, TS_REASON_POLICY, "%s", decision->key->problem);
    if (policy->unread != NULL)
        return ts_deny(decision, TS_REASON_POLICY,
                       "key %s may be in a file that cannot be read: %s", decision->token.key_id,
                       policy->unread);
    return ts_deny(decision, TS_REASON_UNKNOWN_KEY, "the policy has no section [key %s]",
                   decision->token.key_id);
}

static enum ts_reason
check_signature(struct ts_decision *decision)
{
    struct evp_pkey_st *public_key = NULL;
    struct ts_err err = {0};
    int rc = ts_policy_public_key(decision->question->policy, decision->key, &public_key, &err);

    if (rc == 0)
        rc = ts_token_verify(&decision->token, public_key, &err);
    return rc == 0 ? TS_REASON_OK : ts_deny_error(decision, TS_REASON_SIGNATURE, &err);
}

static enum ts_reason
check_payload(struct ts_decision *decision)
{
    struct ts_err err = {0};

    if (ts_token_read_payload(&decision->token, &err) < 0)
        return ts_deny_error(decision, TS_REASON_PAYLOAD, &err);
    decision->verdict->expires = decision->token.expires;
    return TS_REASON_OK;
}

static enum ts_reason
check_issuer(struct ts_decision *decision)
{
    if (strcmp(decision->token.issuer, TS_TOKEN_ISSUER) == 0)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_ISSUER, "the token's issuer is '%s', not " TS_TOKEN_ISSUER,
                   escape_name(decision->token.issuer).text);
}

static enum ts_reason
check_expiry(struct ts_decision *decision)
{
    int64_t ago = decision->question->now - decision->token.expires;

    if (ago < TS_CLOCK_TOLERANCE)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_EXPIRED, "the token expired %" PRId64 " s ago", ago);
}

static enum ts_reason
check_begun(struct ts_decision *decision)
{
    const struct ts_token *token = &decision->token;
    bool issued_later = token->issued_at >= token->not_before;
    int64_t start = issued_later ? token->issued_at : token->not_before;
    int64_t ahead = start - decision->question->now;

    if (ahead <= TS_CLOCK_TOLERANCE)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_NOT_YET_VALID,
                   "the token is valid only in %" PRId64 " s (%s): check this host's clock", ahead,
                   issued_later ? "iat" : "nbf");
}

static enum ts_reason
check_lifetime(struct ts_decision *decision)
{
    const struct ts_policy_key *key = decision->key;
    int64_t lifetime = decision->token.expires - decision->token.issued_at;

    if (lifetime <= 0)
        return ts_deny(decision, TS_REASON_LIFETIME, "the token expires before it is issued");
    if (lifetime > TS_TOKEN_LIFE_MAX)
        return ts_deny(decision, TS_REASON_LIFETIME,
                       "the token lives %" PRId64 " s, where a day is the most", lifetime);
    if (lifetime > key->max_lifetime)
        return ts_deny(decision, TS_REASON_LIFETIME,
                       "the token lives %" PRId64 " s, where key %s allows %" PRId64, lifetime,
                       key->id, key->max_lifetime);
    return TS_REASON_OK;
}

static enum ts_reason
check_age(struct ts_decision *decision)
{
    const struct ts_policy_service *service = decision->verdict->service;
    int64_t age = decision->question->now - decision->token.issued_at;

    /* Where the service is bound to a host, max_age is about the proof. */
    if (service->bound_to.len > 0 || service->max_age < 0 || age <= service->max_age)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_TOO_OLD,
                   "the token is %" PRId64 " s old, where [service %.64s] accepts %" PRId64, age,
                   service->name, service->max_age);
}

enum ts_reason
ts_check_since_boot(const struct ts_decision *decision, const char *what, int64_t issued_at)
{
    int64_t before = decision->question->booted - issued_at;

    /* No tolerance, because within it a token could be used once before a reboot and once after it.
     */
    if (!decision->verdict->service->single_use || decision->question->booted <= 0 || before <= 0)
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_BEFORE_BOOT,
                   "the %s was issued %" PRId64 " s before this system started, and single_use "
                   "cannot remember whether it was used",
                   what, before);
}

static enum ts_reason
check_issued_since_boot(struct ts_decision *decision)
{
    if (decision->verdict->service->bound_to.len > 0)
        return TS_REASON_OK;
    return ts_check_since_boot(decision, "token", decision->token.issued_at);
}

static enum ts_reason
check_scopes_wanted(struct ts_decision *decision)
{
    const struct ts_list *wanted = &decision->verdict->service->scopes;

    for (size_t i = 0; i < wanted->len; i++)
        if (!ts_list_has(&decision->token.audience, wanted->items[i]))
            return ts_deny(decision, TS_REASON_SCOPE_MISSING, "the token lacks scope %.200s",
                           wanted->items[i]);
    return TS_REASON_OK;
}

static enum ts_reason
check_scopes_allowed(struct ts_decision *decision)
{
    const struct ts_list *carried = &decision->token.audience;

    for (size_t i = 0; i < carried->len; i++)
        if (!ts_list_has(&decision->key->scopes, carried->items[i]))
            return ts_deny(decision, TS_REASON_SCOPE_NOT_ALLOWED, "key %s may not carry scope %s",
                           decision->key->id, escape_name(carried->items[i]).text);
    return TS_REASON_OK;
}

static enum ts_reason
check_key_user(struct ts_decision *decision)
{
    const struct ts_subject *subject = decision->question->subject;

    if (ts_policy_key_names_user(decision->key, subject))
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_USER, "key %s is not for user %s", decision->key->id,
                   escape_name(subject->name).text);
}

static enum ts_reason
check_service(struct ts_decision *decision)
{
    if (ts_policy_key_names_service(decision->key, decision->question->service))
        return TS_REASON_OK;
    return ts_deny(decision, TS_REASON_SERVICE, "key %s is not for service %s", decision->key->id,
                   show_service(decision).text);
}

static enum ts_reason
check_key_expiry(struct ts_decision *decision)
{
    char last[32];

    if (decision->question->now <= decision->key->expires)
        return TS_REASON_OK;
    ts_text_rfc3339(last, decision->key->expires);
    return ts_deny(decision, TS_REASON_KEY_EXPIRED, "key %s expired after %.10s", decision->key->id,
                   last);
}

/* The order is part of the design: nothing that an unsigned text says is believed, and local
 * answers come before all that a stranger could probe for. */
static const struct ts_decide_rule rules[] = {
    {TS_REASON_NO_SERVICE, "the policy has a section for the service", check_service_section},
    {TS_REASON_UNKNOWN_USER, "a key of the policy is for the user", check_known_user},
    {TS_REASON_TOKEN_EMPTY, "there is a token", check_not_empty},
    {TS_REASON_TOKEN_TOO_LONG, "it has at most 8192 characters", check_size},
    {TS_REASON_TOKEN_CUT, "it is whole", check_whole},
    {TS_REASON_TOKEN_MALFORMED, "it is three parts of base64url", check_form},
    {TS_REASON_HEADER, "its header says RS256 and has a key id", check_header},
    {TS_REASON_UNKNOWN_KEY, "the policy has a section for that key", check_known_key},
    {TS_REASON_SIGNATURE, "the signature verifies under the key", check_signature},
    {TS_REASON_PAYLOAD, "the payload has all claims, of the right types", check_payload},
    {TS_REASON_ISSUER, "the issuer is " TS_TOKEN_ISSUER, check_issuer},
    {TS_REASON_EXPIRED, "it has not expired", check_expiry},
    {TS_REASON_NOT_YET_VALID, "it is valid already", check_begun},
    {TS_REASON_LIFETIME, "its lifetime is within the key's max_lifetime", check_lifetime},
    {TS_REASON_TOO_OLD, "its age is within the service's max_age", check_age},
    {TS_REASON_BEFORE_BOOT, "where single_use: it was issued since this system started",
     check_issued_since_boot},
    {TS_REASON_SCOPE_MISSING, "it has every scope of the service", check_scopes_wanted},
    {TS_REASON_SCOPE_NOT_ALLOWED, "it has no scope that the key may not carry",
     check_scopes_allowed},
    {TS_REASON_SERVICE, "the key is for the service", check_service},
    {TS_REASON_USER, "the key is for the user", check_key_user},
    {TS_REASON_KEY_EXPIRED, "the key has not expired", check_key_expiry},
    {TS_REASON_PROOF_MISSING, "where bound_to: it has a proof", ts_check_proof_given},
    {TS_REASON_PROOF_MALFORMED, "where bound_to: the proof's header is exact", ts_check_proof_form},
    {TS_REASON_PROOF_SIGNATURE, "where bound_to: the proof's signature verifies under the key",
     ts_check_proof_signature},
    {TS_REASON_PROOF_MALFORMED, "where bound_to: the proof has all claims, of the right types",
     ts_check_proof_payload},
    {TS_REASON_PROOF_TOKEN, "where bound_to: the proof is of this token", ts_check_proof_token},
    {TS_REASON_PROOF_HOST, "where bound_to: the proof is for a name of this host",
     ts_check_proof_host},
    {TS_REASON_PROOF_AGE, "where bound_to: the proof's age is within max_age", ts_check_proof_age},
    {TS_REASON_BEFORE_BOOT, "where bound_to and single_use: the proof is from after the start",
     ts_check_proof_since_boot},
};

#define LOCAL_RULES 2 /* the first ones, which need no token */

const struct ts_decide_rule *
ts_decide_rules(size_t *ret_len)
{
    *ret_len = TS_ARRAY_LEN(rules);
    return rules;
}

/* The rules from `first` on, up to `end`. */
static enum ts_reason
apply(struct ts_decision *decision, size_t first, size_t end)
{
    struct ts_verdict *verdict = decision->verdict;

    for (size_t i = first; i < end; i++) {
        verdict->reason = rules[i].check(decision);
        if (verdict->reason != TS_REASON_OK)
            return verdict->reason;
        verdict->rules_passed++;
    }
    return ts_deny(decision, TS_REASON_OK, "every rule holds");
}

static size_t
without_newline(const char *text, size_t len)
{
    return len > 0 && text[len - 1] == '\n' ? len - 1 : len;
}

static void
release_decision(struct ts_decision *decision)
{
    ts_token_release(&decision->token);
    ts_proof_release(&decision->proof);
}

static struct ts_decision
init_decision(const struct ts_question *question, const char *text, size_t len,
              struct ts_verdict *verdict)
{
    size_t answer_len = without_newline(text, len);
    size_t token_len = ts_proof_token_len(text, answer_len);
    struct ts_decision decision = {.question = question,
                                   .text = text,
                                   .len = token_len,
                                   .answer_len = answer_len,
                                   .verdict = verdict};

    if (token_len < answer_len) {
        decision.proof_text = text + token_len + 1;
        decision.proof_len = answer_len - token_len - 1;
    }
    return decision;
}

enum ts_reason
ts_decide(const struct ts_question *question, const char *text, size_t len, struct ts_verdict *ret)
{
    TS_CLEANUP(release_decision)
    struct ts_decision decision = init_decision(question, text, len, ret);

    memset(ret, 0, sizeof(*ret));
    return apply(&decision, 0, TS_ARRAY_LEN(rules));
}

/* The first rules alone, which need no token. */
static enum ts_reason
decide_early(const struct ts_question *question, size_t rules_len, struct ts_verdict *ret)
{
    struct ts_decision decision = {.question = question, .verdict = ret};

    memset(ret, 0, sizeof(*ret));
    return apply(&decision, 0, rules_len);
}

enum ts_reason
ts_decide_service(const struct ts_question *question, struct ts_verdict *ret)
{
    return decide_early(question, 1, ret);
}

enum ts_reason
ts_decide_local(const struct ts_question *question, struct ts_verdict *ret)
{
    return decide_early(question, LOCAL_RULES, ret);
}

enum ts_reason
ts_decide_token(const struct ts_question *question, const char *text, size_t len,
                struct ts_token *parsed, struct ts_verdict *ret)
{
    TS_CLEANUP(release_decision)
    struct ts_decision decision = init_decision(question, text, len, ret);

    memset(ret, 0, sizeof(*ret));
    ret->reason = check_service_section(&decision);
    if (ret->reason != TS_REASON_OK)
        return ret->reason;
    if (parsed != NULL && parsed->text == text && parsed->len == decision.len) {
        decision.token = *parsed;
        *parsed = (struct ts_token){.text = NULL};
    }
    ret->rules_passed = LOCAL_RULES;
    return apply(&decision, LOCAL_RULES, TS_ARRAY_LEN(rules));
}
