/*
 * base64url without padding (RFC 7515 section 2), strict: the alphabet only, no padding, no white
 * space, and unused bits zero, so that every value has exactly one spelling.
 */
#ifndef TS_BASE64URL_H
#define TS_BASE64URL_H

#include <stddef.h>

#include "common/base/secret.h"

/* Appends the decoded bytes. Returns 0, TS_ERR_SYNTAX, or as ts_secret_append; on failure the
 * contents are unchanged. */
int ts_base64url_decode(const char *text, size_t len, struct ts_secret *ret);

/* Appends the encoded text. Returns as ts_secret_append. */
int ts_base64url_encode(const void *data, size_t len, struct ts_secret *ret);

#endif
