/* Keys and tokens for tests, good and bad: any bytes as header and payload, signed in several ways.
 * Failures end the test. */
#ifndef TS_MAKE_TOKEN_H
#define TS_MAKE_TOKEN_H

#include <openssl/evp.h>
#include <stddef.h>

#include "common/base/secret.h"

enum sign_with {
    SIGN_RS256,
    SIGN_RS512,
    SIGN_PS256,
    SIGN_HS256,   /* keyed with the PEM of the public key, the classic confusion */
    SIGN_NOTHING, /* the signature is empty */
};

struct make_token {
    const char *header;
    size_t header_len;
    const char *payload;
    size_t payload_len;
    EVP_PKEY *key;
    enum sign_with how;
};

/* Appends the token. */
void make_token(struct ts_secret *ret, const struct make_token *spec);

EVP_PKEY *make_rsa_key(unsigned bits);

/* Append PEM. */
void make_public_pem(struct ts_secret *ret, EVP_PKEY *key);
void make_private_pem(struct ts_secret *ret, EVP_PKEY *key);

#endif
