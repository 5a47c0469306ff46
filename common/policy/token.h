/*
 * A ThriveStack token: a JWT in compact form (RFC 7519), RS256. This file takes it apart without
 * any cryptography; verify.h checks its signature.
 *
 * The order that callers keep: ts_token_split, ts_token_read_header, find the key, verify the
 * signature, and only then ts_token_read_payload.
 */
#ifndef TS_TOKEN_H
#define TS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

#define TS_TOKEN_MAX 8192 /* characters; longer ones are refused unread */
#define TS_TOKEN_ISSUER "ThriveStack"
#define TS_TOKEN_LIFE_MAX 86400 /* seconds; exp - iat of any token worth having */
#define TS_KEY_ID_MAX 64
#define TS_TOKEN_TIME_MAX (INT64_C(1) << 53) /* exact in every JSON reader */

struct ts_token {
    const char *text; /* the caller's, not NUL-terminated here */
    size_t len;
    size_t signed_len; /* header and payload with the dot between: what is signed */
    size_t header_len; /* of the encoded header */
    struct ts_secret header, payload, signature; /* decoded */
    char key_id[TS_KEY_ID_MAX + 1];              /* header `id`; "" before ts_token_read_header */
    /* From the payload: */
    struct ts_list audience; /* aud in all three spellings: string, array, blank-separated */
    char issuer[64];
    int64_t issued_at;  /* iat, Unix seconds */
    int64_t expires;    /* exp */
    int64_t not_before; /* nbf; 0 where there is none */
};

/* Three non-empty base64url parts, at most TS_TOKEN_MAX in all, each of which is decoded here and
 * nowhere else. `text` must outlive the token.
 * *ret is initialised in every case and released with ts_token_release. 0, TS_ERR_SYNTAX,
 * TS_ERR_TOO_LARGE or TS_ERR_NOMEM. The texts of errors never quote the token. */
int ts_token_split(struct ts_token *ret, const char *text, size_t len, struct ts_err *err);

/* The header is a JSON object with alg exactly RS256, an `id` that is a key id, no `crit`; `typ`,
 * where there is one, is JWT. TS_ERR_SYNTAX otherwise. A second call costs nothing. */
int ts_token_read_header(struct ts_token *token, struct ts_err *err);

/* The same for the first `header_len` characters of an incomplete token: finds the key id when all
 * that has come is a whole encoded header. */
int ts_token_peek_key_id(const char *text, size_t header_len, char ret_key_id[TS_KEY_ID_MAX + 1],
                         struct ts_err *err);

/*
 * The payload: iss, aud, iat, exp must be there and of the right type: iat, exp and nbf integers
 * from 0 to TS_TOKEN_TIME_MAX; aud a string or an array of strings, every scope well formed and at
 * least one. Checks types only, not values. TS_ERR_SYNTAX otherwise, the text naming the claim.
 */
int ts_token_read_payload(struct ts_token *token, struct ts_err *err);

/* Leaves it empty, so that it can be used again. */
void ts_token_release(struct ts_token *token);

/* Between a token and its proof (proof.h), and how many characters of `TOKEN~PROOF` the token has:
 * up to the first separator, or all. */
#define TS_PROOF_SEPARATOR '~'
size_t ts_proof_token_len(const char *text, size_t len);

#endif
