/*
 * From a request to a token: the cache where it will do, else the worker, once for everybody who
 * asks at the same time.
 *
 * A cache hit opens one file, takes no lock and starts no process.
 */
#ifndef TS_REFRESH_H
#define TS_REFRESH_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/job/job.h"
#include "common/config/request.h"

/*
 * A token for the request, which lives at least as long as the request says. Where the key file
 * does not exist and a session's token (pam_thrivestack(8)) is named, that one. On success *ret is
 * filled; it is released with ts_grant_release in every case. Errors are those of the design's
 * exit codes. Where the request names a host, ret->token is TOKEN~PROOF: the token is from the
 * cache as ever, the proof is new, unless the request says otherwise. A session's token cannot be
 * bound (TS_ERR_KEY).
 */
int ts_refresh_get(const struct ts_request *request, struct ts_grant *ret, struct ts_err *err);

/* Drops the cached token of the request, only where it is exactly `token`, a proof behind it cut
 * off. Not an error where there is none. *ret_dropped (may be NULL) says which. */
int ts_refresh_erase(const struct ts_request *request, const struct ts_secret *token,
                     bool *ret_dropped, struct ts_err *err);

/* Drops the cached token of the request, whatever it is. */
int ts_refresh_drop(const struct ts_request *request, struct ts_err *err);

/* Drops every cached token that the request's profile fetched, or that is of its key and endpoint
 * URL (whatever the scopes, lifetime or the key file's former state), with parts and failures. */
int ts_refresh_forget(const struct ts_request *request, struct ts_err *err);

/* Drops everything that is ours in the cache folder. */
int ts_refresh_forget_all(const char *cache_dir, struct ts_err *err);

/* What is cached, for people: one call per token that is alive. Never the token itself. */
struct ts_cached {
    char *profile;  /* the profile that fetched it */
    char *key_file; /* or "" for key_command */
    char *token_url;
    char key_id[TS_KEY_ID_MAX + 1];
    char response_id[TS_RESPONSE_ID_MAX + 1];
    struct ts_list scopes;
    int64_t life; /* granted, seconds */
    int64_t remaining;
    int64_t expires_at; /* local clock */
};
typedef int (*ts_cached_fn)(void *context, const struct ts_cached *cached, struct ts_err *err);
int ts_refresh_list(const char *cache_dir, ts_cached_fn callback, void *context,
                    struct ts_err *err);

/* The private API key of a request that has api_key_file, read by the worker; neither cache nor
 * network have a part in it. Returns TS_ERR_KEY, TS_ERR_CONFIG (owner or mode) and others. */
int ts_refresh_api_key(const struct ts_request *request, struct ts_secret *ret, struct ts_err *err);

/* The key's description, by a job of the worker. */
int ts_refresh_key_info(const struct ts_request *request, struct ts_key_info *ret,
                        struct ts_err *err);

/*
 * The parts in which askpass prints a token that one prompt cannot take (see askpass in the
 * helper): keeps the token beside the cache for two minutes, finds it again by the number of
 * characters that were received and their FNV-1a hash, and drops it. Where the request names a
 * host, only parts that were kept for that host are found.
 */
int ts_refresh_keep_parts(const struct ts_request *request, const struct ts_grant *grant,
                          struct ts_err *err);
int ts_refresh_find_parts(const struct ts_request *request, size_t received, uint32_t hash,
                          struct ts_secret *ret_token, struct ts_err *err);
void ts_refresh_drop_parts(const struct ts_request *request, const struct ts_secret *token);

#endif
