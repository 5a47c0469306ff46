/*
 * What a cached token belongs to: the endpoint with all its settings, the key, the scopes and the
 * lifetime asked for. Two requests share a token exactly where their identities are equal.
 *
 * The key counts by its file's device, inode, size and times, without opening it, so that a key
 * that was replaced never gets the old one's token.
 */
#ifndef TS_IDENTITY_H
#define TS_IDENTITY_H

#include "common/base/error.h"
#include "common/config/request.h"
#include "common/base/secret.h"

#define TS_IDENTITY_MAX ((size_t)16 * 1024)
#define TS_IDENTITY_NAME_LEN 16

struct ts_identity {
    struct ts_secret text;               /* everything, one setting a line */
    char name[TS_IDENTITY_NAME_LEN + 1]; /* its FNV-1a hash in hex: what files are named by */
};

#define TS_IDENTITY_INIT ((struct ts_identity){.text = TS_SECRET_INIT(TS_IDENTITY_MAX)})

/* Returns 0, TS_ERR_NOT_FOUND where the key file does not exist, TS_ERR_KEY where it cannot be
 * examined, TS_ERR_CONFIG where the settings are too long, TS_ERR_NOMEM. */
int ts_identity_make(const struct ts_request *request, struct ts_identity *ret, struct ts_err *err);
void ts_identity_release(struct ts_identity *identity);

/* `file:PATH`, or `command:HASH`: the key's source alone, whatever its state. Returns as
 * ts_secret_append. */
int ts_identity_key_source(const struct ts_request *request, struct ts_secret *ret);

#endif
