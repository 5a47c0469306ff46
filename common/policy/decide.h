/*
 * The decision: one pure function of (policy, user, service, time, token). The PAM module, its
 * tests and `thrivestack-credential explain` share it. It opens no file and reads no clock; replay
 * alone is left to the module, because it changes state.
 */
#ifndef TS_DECIDE_H
#define TS_DECIDE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/config/host.h"
#include "common/policy/policy.h"
#include "common/policy/token.h"

#define TS_CLOCK_TOLERANCE 60 /* seconds */
#define TS_PART_MAX 500       /* characters that a client sends in one answer */

/* Stable: they are in logs, and in the output of `explain`. */
enum ts_reason {
    TS_REASON_OK = 0,
    TS_REASON_NO_SERVICE,      /* no_service: no section for this service */
    TS_REASON_UNKNOWN_USER,    /* unknown_user: no key names this user */
    TS_REASON_TOKEN_EMPTY,     /* token_empty */
    TS_REASON_TOKEN_TOO_LONG,  /* token_too_long: over 8 KiB */
    TS_REASON_TOKEN_CUT,       /* token_cut: the client sent only a part of it */
    TS_REASON_TOKEN_MALFORMED, /* token_malformed: not three parts of base64url */
    TS_REASON_HEADER,          /* header: not RS256, no usable key id, crit */
    TS_REASON_UNKNOWN_KEY,     /* unknown_key: no [key] section for the token's key id */
    TS_REASON_SIGNATURE,       /* signature: does not verify */
    TS_REASON_PAYLOAD,         /* payload: not JSON, or a claim missing or of the wrong type */
    TS_REASON_ISSUER,          /* issuer */
    TS_REASON_EXPIRED,         /* expired */
    TS_REASON_NOT_YET_VALID,   /* not_yet_valid: iat or nbf ahead */
    TS_REASON_LIFETIME,        /* lifetime: exp - iat is not positive, or over max_lifetime */
    TS_REASON_TOO_OLD,         /* too_old: older than the service's max_age */
    TS_REASON_BEFORE_BOOT,     /* before_boot: single_use, and issued before this system started */
    TS_REASON_SCOPE_MISSING,   /* scope_missing: aud lacks one of the service's scopes */
    TS_REASON_SCOPE_NOT_ALLOWED, /* scope_not_allowed: aud holds what the key may not carry */
    TS_REASON_SERVICE,           /* service: the key is not for this service */
    TS_REASON_USER,              /* user: the key is not for this user */
    TS_REASON_KEY_EXPIRED,       /* key_expired: past the key's `expires` in policy.conf */
    TS_REASON_PROOF_MISSING,     /* proof_missing: bound_to, and the token has no proof */
    TS_REASON_PROOF_MALFORMED,   /* proof_malformed: not a proof, or a claim missing or wrong */
    TS_REASON_PROOF_SIGNATURE,   /* proof_signature: not by the token's key */
    TS_REASON_PROOF_TOKEN,       /* proof_token: the proof is of another token */
    TS_REASON_PROOF_HOST,        /* proof_host: the proof is for another host */
    TS_REASON_PROOF_AGE,         /* proof_age: too old, or made ahead of this clock */
    TS_REASON_REPLAYED,          /* replayed: single_use, and seen before */
    TS_REASON_REPLAY_STORE,      /* replay_store: it cannot be used */
    TS_REASON_POLICY,            /* policy: missing, unsafe or wrong */
    TS_REASON_LOOKUP,            /* lookup: a user or group database failed */
    TS_REASON_LOCAL_HELPER,      /* local_helper: source = local yielded no token */
    TS_REASON_CONVERSATION,      /* conversation */
    TS_REASON_NOMEM,             /* nomem */
    TS_REASON_SYSTEM,            /* system */
};
/* "expired" for TS_REASON_EXPIRED, and so on; "ok" for 0. */
const char *ts_reason_code(enum ts_reason reason);

struct ts_question {
    const struct ts_policy *policy;
    const struct ts_subject *subject;
    const char *service; /* the PAM service, as it is named */
    int64_t now;         /* Unix seconds */
    int64_t booted;      /* Unix seconds; when this system started, 0 where that is not known */
};

struct ts_verdict {
    enum ts_reason reason;
    char text[TS_ERR_TEXT_MAX];       /* what is wrong, with the values that matter; no secret */
    size_t rules_passed;              /* how many of ts_decide_rules were passed */
    char key_id[TS_KEY_ID_MAX + 1];   /* once the header was read; else "" */
    unsigned char digest[32];         /* SHA-256 of header and payload */
    unsigned char token_digest[32];   /* SHA-256 of the whole token */
    bool has_digests;                 /* once the token was split */
    int64_t expires;                  /* exp, once the payload was read */
    char bound[TS_HOST_NAME_MAX + 1]; /* the host that a proof is for, once that rule passed */
    unsigned char proof_digest[32];   /* SHA-256 of the proof's header and payload */
    int64_t proof_expires;            /* when the proof is too old, once that rule passed */
    const struct ts_policy_service *service; /* the section that applies, or NULL */
};

/*
 * Checks a token by every rule in order and stops at the first that fails. One trailing newline of
 * the text is dropped. Returns TS_REASON_OK only where every rule passed; *ret has the rest.
 * A token with an unknown key costs the same work as one with a bad signature.
 */
enum ts_reason ts_decide(const struct ts_question *question, const char *text, size_t len,
                         struct ts_verdict *ret);

/*
 * The rules behind the local ones, for a service that has a section (else TS_REASON_NO_SERVICE).
 * `parsed` is the same text as ts_token_is_incomplete has left it, which saves doing that again; or
 * NULL. It is used up, and still released by the caller.
 * No rule here accepts a user whom no key names, and such a user costs the same work as any other:
 * the module asks them for a token too, so that they do not learn that they have no key.
 */
enum ts_reason ts_decide_token(const struct ts_question *question, const char *text, size_t len,
                               struct ts_token *parsed, struct ts_verdict *ret);

/* The rules in the order in which ts_decide applies them, for `explain`: what each demands, in a
 * few words ("signature verifies under the key"), and the reason that its failure gives. */
struct ts_decision;
struct ts_decide_rule {
    enum ts_reason reason;
    const char *demand;
    enum ts_reason (*check)(struct ts_decision *decision); /* ts_decide's own */
};
const struct ts_decide_rule *ts_decide_rules(size_t *ret_len);

/* The denial of a user whom no key names; the text says so where a file that cannot be read may
 * name them. Returns TS_REASON_UNKNOWN_USER. */
enum ts_reason ts_decide_unknown_user(const struct ts_policy *policy, const char *user,
                                      struct ts_verdict *ret);

/* The first rule alone: the service has a section. question->subject may be NULL. */
enum ts_reason ts_decide_service(const struct ts_question *question, struct ts_verdict *ret);

/* The two local rules alone (service, user), before anyone is asked for a token. */
enum ts_reason ts_decide_local(const struct ts_question *question, struct ts_verdict *ret);

/*
 * Whether what a client sent is only the beginning of a token: it begins with `eyJ` and has no
 * signature yet, or the signature is shorter than the key's modulus. A key that the policy does not
 * have counts as being as long as ts_policy_stand_in's, so that prompts do not show which there
 * are. What holds characters that no token has (a final newline is one), a header that is never
 * accepted, or over TS_TOKEN_MAX characters, is not the beginning of one. *ret, which is released
 * with ts_token_release, holds the token with its header read where it has three parts and a header
 * that is accepted, whole or not; else it is empty.
 */
bool ts_token_is_incomplete(const struct ts_policy *policy, const char *text, size_t len,
                            struct ts_token *ret);

/*
 * The same for what may be `TOKEN~PROOF`, at a service (NULL: none that binds tokens to a host).
 * What is behind the separator matters only where the service is bound: then the proof must be
 * whole, too, and what ends with the token, just where clients end a part, is not yet whole.
 */
bool ts_answer_is_incomplete(const struct ts_policy *policy,
                             const struct ts_policy_service *service, const char *text, size_t len,
                             struct ts_token *ret);

/* The same of a token whose header was read. */
bool ts_token_is_short(const struct ts_policy *policy, const struct ts_token *token);

#endif
