/*
 * The body of a token request: whether it has the documented form, and whether the key may.
 */
#ifndef ISSUER_REQUEST_H
#define ISSUER_REQUEST_H

#include "exchange.h"

#define BODY_MAX ((size_t)64 * 1024)
#define EXPIRY_MAX 86400

/* Why a request is turned down. `message` is a constant. */
struct refusal {
    unsigned int status; /* 400, 401 or 403 */
    const char *message;
};

/* Fills exchange->grant from exchange->inquiry. Members are filled as far as they were found valid,
 * for the log. Returns 0, or -1 with *ret_refusal set. */
int request_read(struct exchange *exchange, struct refusal *ret_refusal);

/* Decides whether the key store of exchange->issuer honours the grant at exchange->now. Returns 0,
 * or -1 with *ret_refusal set. */
int request_authorise(const struct exchange *exchange, struct refusal *ret_refusal);

/* True for "application/json", with parameters or without. */
bool is_json(const char *content_type);

/* Reads a private key, PKCS#1 or PKCS#8 PEM without a passphrase. The caller frees it; NULL, and
 * nothing reported, where it is none. */
EVP_PKEY *private_key_parse(const char *pem, size_t len);

#endif
