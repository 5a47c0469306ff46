/*
 * Bound tokens: `TOKEN~PROOF`, the form of RFC 9901 (SD-JWT with key binding, no disclosures). The
 * proof is a second JWT, which the token's own API key signs for one host:
 *
 *     header   {"alg":"RS256","id":KEY_ID,"typ":"kb+jwt"}
 *     payload  {"aud":HOST,"iat":NOW,"nonce":NONCE,"sd_hash":BASE64URL(SHA-256("TOKEN~"))}
 *
 * This file takes a proof apart, checks its form and writes what is to be signed. It opens nothing
 * and reads no clock.
 *
 * The order that callers keep: ts_proof_read, verify the signature of `jwt` under the key of the
 * token (verify.h), and only then ts_proof_read_payload.
 */
#ifndef TS_PROOF_H
#define TS_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/config/host.h"
#include "common/policy/token.h"

#define TS_PROOF_AGE_DEFAULT INT64_C(300) /* seconds: how old a proof may be without `max_age` */
#define TS_PROOF_NONCE_BYTES 16
#define TS_PROOF_NONCE_MAX 64 /* characters */
#define TS_PROOF_HASH_LEN 43  /* a SHA-256 in base64url */

struct ts_proof {
    struct ts_token jwt; /* text, lengths and signature; no claims of a token */
    /* From the payload: */
    char host[TS_HOST_NAME_MAX + 1];
    int64_t issued_at; /* iat, Unix seconds */
    char hash[TS_PROOF_HASH_LEN + 1];
};

/*
 * Splits a proof, the text behind the separator, and checks its header: exactly alg RS256, typ
 * kb+jwt and id `key_id`, nothing else. `text` must outlive *ret, which is initialised in every
 * case and released with ts_proof_release. 0, TS_ERR_SYNTAX, TS_ERR_TOO_LARGE or TS_ERR_NOMEM. The
 * texts of errors never quote the proof.
 */
int ts_proof_read(struct ts_proof *ret, const char *text, size_t len, const char *key_id,
                  struct ts_err *err);

/* The payload: aud a host name in lower case without a port, iat an integer from 0 to
 * TS_TOKEN_TIME_MAX, nonce base64url of 22 to TS_PROOF_NONCE_MAX characters, sd_hash 43 characters
 * of base64url. Other members are ignored (RFC 7519 section 4). Returns as ts_proof_read. */
int ts_proof_read_payload(struct ts_proof *proof, struct ts_err *err);

void ts_proof_release(struct ts_proof *proof);

/* base64url of the SHA-256 of the token and one separator: what `sd_hash` has to be. 0,
 * TS_ERR_NOMEM or TS_ERR_SYSTEM. */
int ts_proof_hash(const char *token, size_t len, char ret[TS_PROOF_HASH_LEN + 1],
                  struct ts_err *err);

/* What a proof says. The strings are the caller's. */
struct ts_proof_claims {
    const char *key_id;
    const char *host; /* in lower case, without a port */
    const char *hash; /* of the token, from ts_proof_hash */
    int64_t now;
    unsigned char nonce[TS_PROOF_NONCE_BYTES];
};

/* Appends header and payload with the dot between: what the key is to sign. 0 or TS_ERR_NOMEM. */
int ts_proof_write(const struct ts_proof_claims *claims, struct ts_secret *ret, struct ts_err *err);

#endif
