/*
 * RSA private keys in PEM: read in every spelling that people paste, written in the one that the
 * API takes (PKCS#1, `RSA PRIVATE KEY`, RFC 8017 appendix A.1.2).
 */
#ifndef TS_WORKER_RSAKEY_H
#define TS_WORKER_RSAKEY_H

#include "common/base/error.h"
#include "common/base/secret.h"

struct evp_pkey_st;

/* Enough for TS_RSA_BITS_MAX bits in PEM. */
#define TS_PRIVATE_PEM_MAX ((size_t)32 * 1024)

/*
 * Reads a private key of TS_RSA_BITS_MIN bits or more from PEM: PKCS#1 or PKCS#8, with LF, CRLF or
 * a literal `\n` at the ends of lines, and nothing but white space around the one block. *ret is
 * freed with ts_public_key_free; *ret_pem gets the key as PKCS#1 with LF. TS_ERR_SYNTAX with a text
 * that completes "FILE holds ...", or TS_ERR_NOMEM.
 */
int ts_rsa_key_parse(const char *pem, size_t len, struct evp_pkey_st **ret,
                     struct ts_secret *ret_pem, struct ts_err *err);

/* The public half as PEM, `PUBLIC KEY`. 0 or TS_ERR_NOMEM. */
int ts_rsa_key_public(struct evp_pkey_st *key, struct ts_secret *ret, struct ts_err *err);

#endif
