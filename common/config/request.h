/*
 * What is asked for and what is granted: the two values that travel between configuration, cache,
 * worker and the programs.
 *
 *     configuration + options  ->  struct ts_request  ->  refresh.h  ->  struct ts_grant
 */
#ifndef TS_REQUEST_H
#define TS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/policy/token.h"

#define TS_RESPONSE_ID_MAX TS_ERR_ID_MAX
#define TS_LIFETIME_MAX 86400

/* Where the API key comes from: exactly one of key_file, key_command and api_key_file is set, or
 * is_piped. */
struct ts_key_source {
    char *key_file;        /* absolute path */
    char *key_command;     /* shell command that prints the key */
    char *api_key_file;    /* absolute path of a private API key, a secret without tokens */
    char *key_id;          /* or NULL: the one in the JSON counts */
    char *credentials_dir; /* $CREDENTIALS_DIRECTORY, or NULL */
    bool is_piped;         /* the key is on this process's TS_JOB_KEY_FD, its id before it */
    bool is_from_variable; /* key_file is THRIVESTACK_KEY_FILE's; for messages */
};

/* Where and how the endpoint is reached. Every member is part of a cached token's identity. */
struct ts_endpoint {
    char *token_url;
    char *ca_file;           /* or NULL: the system's */
    char *pinned_public_key; /* or NULL */
    char *proxy;             /* or NULL: none */
    char *proxy_variable;    /* the variable that proxy came from, for messages; or NULL */
    char *no_proxy;          /* or NULL */
    bool allow_http;         /* plain http, to a loopback address only */
    bool expiry_in_minutes;  /* what the endpoint counts `expiry` in */
    bool verify_signature;
    int64_t timeout_ms; /* for a whole request, retries and key_command included */
};

struct ts_request {
    char *profile; /* its name, for messages */
    struct ts_key_source key;
    struct ts_endpoint endpoint;
    struct ts_list scopes;    /* may be empty: refresh.h then only serves a session's token */
    int64_t lifetime;         /* seconds asked for */
    int64_t min_valid;        /* seconds a token must still live when handed out */
    bool min_valid_strict;    /* from --min-valid: not capped at half the life granted */
    int64_t max_age;          /* seconds; -1: none */
    bool fresh;               /* ask the endpoint, never return a token twice */
    char *cache_dir;          /* or NULL: none can be had */
    char *session_token_file; /* $THRIVESTACK_TOKEN_FILE, or NULL */
    char *bound_host;         /* the token is to have a proof for this host; or NULL */
    bool reuse_proof;         /* one made a moment ago will do */
    bool debug;               /* explain each step on stderr */
    char *const *environment; /* key_command's, NULL-terminated; borrowed; NULL: none */
};

#define TS_REQUEST_INIT ((struct ts_request){.max_age = -1})

void ts_request_release(struct ts_request *request);

/* Asks for a token with a proof for `host`, a name as ts_host_is_name has it; `reuse`: a proof that
 * was made a moment ago will do. 0 or TS_ERR_NOMEM. */
int ts_request_bind(struct ts_request *request, const char *host, bool reuse, struct ts_err *err);

/* A token with what is known of it. */
struct ts_grant {
    struct ts_secret token; /* TOKEN~PROOF once refresh.h has bound it */
    struct ts_secret proof; /* as it came with the token, until then */
    int64_t proof_made;     /* Unix seconds by the local clock; 0 where there is no proof */
    char key_id[TS_KEY_ID_MAX + 1];
    char response_id[TS_RESPONSE_ID_MAX + 1]; /* or "" */
    struct ts_list scopes;                    /* the token's aud */
    int64_t issued_at;                        /* its iat, by the server's clock */
    int64_t life; /* seconds from receipt: exp less the later of iat and the answer's Date */
    int64_t age;  /* seconds at receipt: the answer's Date less iat, at least 0 */
    struct ts_clock received; /* when it was, by the local clocks */
};

#define TS_GRANT_INIT                                                                              \
    ((struct ts_grant){.token = TS_SECRET_INIT(TS_TOKEN_MAX),                                      \
                       .proof = TS_SECRET_INIT(TS_TOKEN_MAX)})

void ts_grant_release(struct ts_grant *grant);

/*
 * Seconds passed since receipt: by the wall clock or CLOCK_BOOTTIME (where it is the same boot),
 * whichever says more. INT64_MAX where the machine was started again since, or where the wall clock
 * was set back and CLOCK_BOOTTIME cannot be compared.
 */
int64_t ts_grant_elapsed(const struct ts_grant *grant, const struct ts_clock *now);

/* Seconds it still lives; 0 or less where it does not. */
int64_t ts_grant_remaining(const struct ts_grant *grant, const struct ts_clock *now);

/* When it ends, by the local wall clock, Unix seconds; not counting its proof. */
int64_t ts_grant_expires_at(const struct ts_grant *grant, const struct ts_clock *now);

/*
 * Milliseconds until the second of its receipt is over, 0 where it is. Two tokens of one key,
 * scopes and second are the same bytes; the constant is a server's second, and a little for its
 * clock's grain.
 */
#define TS_GRANT_SECOND_MS 1020
int64_t ts_grant_second_left_ms(const struct ts_grant *grant, const struct ts_clock *now);

/* Seconds since it was issued. */
int64_t ts_grant_age(const struct ts_grant *grant, const struct ts_clock *now);

/* The seconds it must still live to be handed out: min_valid, capped at half the life granted
 * unless it is strict. */
int64_t ts_grant_min_valid(const struct ts_grant *grant, const struct ts_request *request);

#endif
