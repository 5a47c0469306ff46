/*
 * RS256 (RFC 7518 section 3.3) with OpenSSL: the only file beside the worker's API key code that
 * knows libcrypto. Linked by the worker and the PAM module, never by the helper.
 */
#ifndef TS_VERIFY_H
#define TS_VERIFY_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/policy/token.h"

#define TS_RSA_BITS_MIN 2048
#define TS_RSA_BITS_MAX 16384

struct evp_pkey_st;

/*
 * Reads an RSA public key of at least TS_RSA_BITS_MIN bits from PEM (`PUBLIC KEY`, or PKCS#1's
 * `RSA PUBLIC KEY`), one block and nothing but white space around it. *ret is the caller's, freed
 * with ts_public_key_free. TS_ERR_SYNTAX with a text that names a private key, a certificate,
 * another type and a short key apart; TS_ERR_NOMEM.
 */
int ts_public_key_parse(const char *pem, size_t len, struct evp_pkey_st **ret, struct ts_err *err);

/*
 * The same from one line of base64 without blanks: the DER of a SubjectPublicKeyInfo, which is what
 * is between the first and the last line of a PEM file. `len` is at most TS_INI_LINE_MAX.
 */
int ts_public_key_parse_inline(const char *text, size_t len, struct evp_pkey_st **ret,
                               struct ts_err *err);
void ts_public_key_free(struct evp_pkey_st **key);

/* The modulus in bytes: how long every signature by this key is. */
size_t ts_public_key_size(const struct evp_pkey_st *key);

/*
 * Whether the token's signature over header and payload is right. Returns 0; TS_ERR_REFUSED where
 * it is not (length included); TS_ERR_NOMEM or TS_ERR_SYSTEM where libcrypto failed.
 * Leaves nothing in the thread's OpenSSL error queue.
 */
int ts_token_verify(const struct ts_token *token, struct evp_pkey_st *key, struct ts_err *err);

/* SHA-256 of a token, or of its header and payload: what distinguishes two tokens. 0, TS_ERR_NOMEM
 * or TS_ERR_SYSTEM. */
int ts_token_digest(const char *text, size_t len, unsigned char ret[32], struct ts_err *err);

#endif
