/* What is done with cached tokens beside handing them out: erase, forget, list, parts. */
#include "common/cache/refresh.h"
#include "common/cache/cache.h"
#include "common/cache/cache_files.h"
#include "common/base/cleanup.h"
#include "common/base/lock.h"
#include "common/job/worker_call.h"
#include "common/policy/token.h"

#include <stdlib.h>
#include <string.h>

/* The folder and identity of a request that may have nothing cached. False where it has not. */
static bool
open_place(const struct ts_request *request, struct ts_identity *identity, int *ret_folder)
{
    struct ts_err ignored = {.code = 0};

    if (ts_identity_make(request, identity, &ignored) < 0)
        return false;
    *ret_folder = ts_cache_open(request->cache_dir);
    return *ret_folder >= 0;
}

/* Whether it is that token, or that token with a proof. */
static bool
is_same_token(const struct ts_secret *given, const struct ts_secret *token)
{
    const struct ts_secret view = {
        .data = given->data, .len = ts_proof_token_len(given->data, given->len), .max = given->max};

    return ts_secret_equal(&view, token);
}

/* Leaves what the token was known by, so that --fresh does not hand it out again. */
static int
drop(const struct ts_request *request, const struct ts_secret *token, bool *ret_dropped,
     struct ts_err *err)
{
    TS_CLEANUP(ts_identity_release) struct ts_identity identity = TS_IDENTITY_INIT;
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry entry = TS_CACHE_ENTRY_INIT;
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry after = TS_CACHE_ENTRY_INIT;
    TS_CLEANUP(ts_fd_close) int folder = -1;
    TS_CLEANUP(ts_fd_close) int lock = -1;
    char name[TS_CACHE_NAME_MAX];

    if (!open_place(request, &identity, &folder))
        return 0;
    /* Under the lock: between the look and the deed another process may store a new token. */
    lock = ts_lock_acquire(folder, ts_cache_file_name(name, identity.name, TS_CACHE_LOCK),
                           ts_clock_boot_ms() + request->endpoint.timeout_ms);
    if (!ts_cache_read(folder, &identity, &entry) || entry.grant.token.len == 0 ||
        (token != NULL && !is_same_token(token, &entry.grant.token)))
        return 0;
    ts_secret_clear(&entry.grant.token);
    if (!ts_cache_write(folder, &identity, &entry))
        (void)ts_cache_remove(folder, identity.name);
    if (ts_cache_read(folder, &identity, &after) && after.grant.token.len > 0)
        return ts_err_set(err, TS_ERR_SYSTEM, "the cached token in %s cannot be dropped",
                          request->cache_dir);
    if (ret_dropped != NULL)
        *ret_dropped = true;
    return 0;
}

int
ts_refresh_erase(const struct ts_request *request, const struct ts_secret *token, bool *ret_dropped,
                 struct ts_err *err)
{
    if (ret_dropped != NULL)
        *ret_dropped = false;
    return drop(request, token, ret_dropped, err);
}

int
ts_refresh_drop(const struct ts_request *request, struct ts_err *err)
{
    return drop(request, NULL, NULL, err);
}

struct forgetting {
    const char *profile;
    const char *key_source;
    const char *token_url;
    bool all; /* whatever had to go is gone */
};

/* What the profile fetched, under whatever settings, and what it would be given now. What cannot be
 * read may be that as well, and is of no use to anybody else. */
static bool
is_of_profile(const struct forgetting *forgetting, const struct ts_cache_entry *entry)
{
    return entry == NULL || strcmp(entry->profile, forgetting->profile) == 0 ||
           (strcmp(entry->key_source, forgetting->key_source) == 0 &&
            strcmp(entry->token_url, forgetting->token_url) == 0);
}

static int
forget_one(void *context, int fd, const char *name, const struct ts_cache_entry *entry,
           struct ts_err *err)
{
    struct forgetting *forgetting = context;

    (void)err;
    if (is_of_profile(forgetting, entry))
        forgetting->all &= ts_cache_remove(fd, name);
    return 0;
}

static int
report_rest(const char *cache_dir, struct ts_err *err)
{
    return ts_err_set(err, TS_ERR_SYSTEM,
                      "a cached token in %s cannot be dropped: remove the files there", cache_dir);
}

int
ts_refresh_forget(const struct ts_request *request, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret source = TS_SECRET_INIT(TS_IDENTITY_MAX);
    TS_CLEANUP(ts_fd_close) int folder = -1;
    struct forgetting forgetting = {
        .profile = request->profile, .token_url = request->endpoint.token_url, .all = true};
    bool whole = false;
    int rc = ts_cache_find(request->cache_dir, &folder, err);

    if (rc < 0 || folder < 0)
        return rc;
    if (ts_identity_key_source(request, &source) < 0)
        return ts_err_nomem(err);
    forgetting.key_source = source.data;
    rc = ts_cache_walk(folder, forget_one, &forgetting, &whole, err);
    forgetting.all &= ts_cache_remove_notes(folder);
    return rc == 0 && (!whole || !forgetting.all) ? report_rest(request->cache_dir, err) : rc;
}

int
ts_refresh_forget_all(const char *cache_dir, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int folder = -1;
    int rc = ts_cache_find(cache_dir, &folder, err);

    if (rc < 0 || folder < 0)
        return rc;
    return ts_cache_remove_all(folder) ? 0 : report_rest(cache_dir, err);
}

struct listing {
    struct ts_clock now;
    ts_cached_fn callback;
    void *context;
};

static int
list_one(void *context, int fd, const char *name, const struct ts_cache_entry *entry,
         struct ts_err *err)
{
    const struct listing *listing = context;
    static const char file[] = "file:";
    char none[] = "";

    (void)fd;
    (void)name;
    if (entry == NULL)
        return 0;
    const struct ts_grant *grant = &entry->grant;
    if (grant->token.len == 0 || ts_grant_remaining(grant, &listing->now) <= 0)
        return 0;
    struct ts_cached cached = {.profile = entry->profile,
                               .key_file = none,
                               .token_url = entry->token_url,
                               .scopes = grant->scopes,
                               .life = grant->life,
                               .remaining = ts_grant_remaining(grant, &listing->now),
                               .expires_at = ts_grant_expires_at(grant, &listing->now)};
    if (strncmp(entry->key_source, file, strlen(file)) == 0)
        cached.key_file = entry->key_source + strlen(file);
    memcpy(cached.key_id, grant->key_id, sizeof(cached.key_id));
    memcpy(cached.response_id, grant->response_id, sizeof(cached.response_id));
    return listing->callback(listing->context, &cached, err);
}

int
ts_refresh_list(const char *cache_dir, ts_cached_fn callback, void *context, struct ts_err *err)
{
    struct listing listing = {.callback = callback, .context = context};
    TS_CLEANUP(ts_fd_close) int folder = ts_cache_open(cache_dir);
    int rc = ts_clock_read(&listing.now, err);

    if (rc < 0 || folder < 0)
        return rc;
    return ts_cache_walk(folder, list_one, &listing, NULL, err);
}

int
ts_refresh_api_key(const struct ts_request *request, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    const struct ts_job job = {.kind = TS_JOB_API_KEY, .request = *request};
    int rc = ts_worker_call(&job, &answer, err);

    return rc < 0 ? rc : ts_job_read_api_key(&answer, ret, err);
}

int
ts_refresh_key_info(const struct ts_request *request, struct ts_key_info *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    const struct ts_job job = {.kind = TS_JOB_KEY, .request = *request};
    int rc = ts_worker_call(&job, &answer, err);

    return rc < 0 ? rc : ts_job_read_key_info(&answer, ret, err);
}

/*
 * Parts belong to one host. All that is bound with one cached token begins with the same
 * characters, so a host that has received those could otherwise ask on for what is meant for
 * another.
 */
static bool
open_parts(const struct ts_request *request, struct ts_identity *identity, int *ret_folder)
{
    return open_place(request, identity, ret_folder) &&
           (request->bound_host == NULL ||
            ts_secret_append_strings(&identity->text, "\nbound ", request->bound_host, NULL) == 0);
}

int
ts_refresh_keep_parts(const struct ts_request *request, const struct ts_grant *grant,
                      struct ts_err *err)
{
    TS_CLEANUP(ts_identity_release) struct ts_identity identity = TS_IDENTITY_INIT;
    TS_CLEANUP(ts_fd_close) int folder = -1;

    if (open_parts(request, &identity, &folder) &&
        ts_cache_write_parts(folder, &identity, &grant->token))
        return 0;
    return ts_err_set(err, TS_ERR_SYSTEM,
                      "profile %s: a token of %zu characters needs a cache folder to be handed out "
                      "in parts: set THRIVESTACK_CACHE_DIR",
                      request->profile, grant->token.len);
}

int
ts_refresh_find_parts(const struct ts_request *request, size_t received, uint32_t hash,
                      struct ts_secret *ret_token, struct ts_err *err)
{
    TS_CLEANUP(ts_identity_release) struct ts_identity identity = TS_IDENTITY_INIT;
    TS_CLEANUP(ts_fd_close) int folder = -1;

    if (open_parts(request, &identity, &folder) &&
        ts_cache_find_parts(folder, &identity, received, hash, ret_token))
        return 0;
    return ts_err_set(err, TS_ERR_KEY,
                      "profile %s: the token whose next part is asked for was not printed here",
                      request->profile);
}

void
ts_refresh_drop_parts(const struct ts_request *request, const struct ts_secret *token)
{
    TS_CLEANUP(ts_fd_close) int folder = ts_cache_open(request->cache_dir);

    if (folder >= 0)
        ts_cache_remove_parts(folder, token);
}
