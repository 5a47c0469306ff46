/*
 * JSON Web Tokens in compact form (RFC 7515 section 7.1), signed right or, on purpose, wrong.
 *
 * Nothing here looks into header or payload: what is passed is what is signed, so that a caller can
 * forge any token.
 */
#ifndef ISSUER_SIGN_H
#define ISSUER_SIGN_H

#include "text.h"

#include <json-c/json.h>
#include <openssl/evp.h>
#include <stdint.h>

struct sign_alg;

/* Finds an algorithm by its name in RFC 7518 section 3.1: none, HS256, RS256, RS384, RS512 or
 * PS256. Returns NULL for any other. */
const struct sign_alg *sign_alg_find(const char *name);

struct sign_job {
    const struct sign_alg *alg;
    EVP_PKEY *key;        /* for RS and PS; borrowed */
    const char *hmac_key; /* for HS; borrowed */
    size_t hmac_len;
    enum base64_form form; /* BASE64_URL unless the encoding itself is to be wrong */
};

/* Returns "header.payload.signature", which the caller frees, or NULL where the key does not fit
 * the algorithm; that has been reported then. With alg none the signature is empty. */
char *sign_compact(const struct sign_job *job, const char *header, size_t header_len,
                   const char *payload, size_t payload_len);

/* The header as ThriveStack writes it; the caller puts it. */
struct json_object *claims_header(const char *alg, const char *key_id);

/* The payload as ThriveStack writes it, jti being the key id. Takes over `aud`; the caller puts the
 * result. Times are seconds since 1970. */
struct json_object *claims_payload(struct json_object *aud, const char *key_id, int64_t iat,
                                   int64_t exp);

/* Turns an array of scopes into `aud`: the bare string where there is one, else the array. The
 * caller puts the result. */
struct json_object *claims_aud(struct json_object *scopes);

#endif
