/*
 * Cases for ts_decide. They assume the policy in test_decide.c and, unless they say otherwise,
 * alice at sshd at NOW with a token of key `laptop` that every rule holds for.
 */
#ifndef TS_DECIDE_ROWS_H
#define TS_DECIDE_ROWS_H

#include "common/policy/decide.h"
#include "make_token.h"

#define NOW INT64_C(1800000000) /* 2027-01-15T08:00:00Z */
#define IAT "1799999990"
#define EXP "1800001800"
#define SCOPE "\"user_management\""

#define HEADER(id) "{\"alg\":\"RS256\",\"id\":\"" id "\",\"typ\":\"JWT\"}"
#define CLAIMS(aud, iat, exp)                                                                      \
    "{\"aud\":" aud ",\"exp\":" exp ",\"jti\":\">>>>>>\",\"iat\":" iat ",\"iss\":\"ThriveStack\"}"

struct decide_row {
    const char *name;
    enum ts_reason reason;
    const char *header;  /* NULL: a good one */
    const char *payload; /* NULL: a good one */
    size_t payload_len;  /* 0: it is a string */
    const char *user;    /* NULL: alice */
    const char *service; /* NULL: sshd */
    int64_t now;         /* 0: NOW */
    int64_t booted;      /* 0: not known */
    enum sign_with how;
    bool other_key;                         /* signed with a key that the policy does not have */
    void (*spoil)(struct ts_secret *token); /* what happens to it on its way, or NULL */
};

/* Forged, damaged, not a token at all. */
extern const struct decide_row decide_forms[];
extern const size_t decide_forms_len;

/* Signed rightly, but saying what is not accepted, or just so. */
extern const struct decide_row decide_claims[];
extern const size_t decide_claims_len;

#endif
