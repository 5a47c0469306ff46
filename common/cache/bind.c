#include "common/cache/bind.h"
#include "common/base/cleanup.h"
#include "common/cache/cache.h"
#include "common/job/worker_call.h"
#include "common/policy/token.h"

#include <string.h>

/* Where proofs that may be used again are kept; without a place, every proof is new. */
struct place {
    struct ts_identity identity;
    int folder;
};

static void
release_place(struct place *place)
{
    ts_identity_release(&place->identity);
    ts_fd_close(&place->folder);
}

static bool
open_place(const struct ts_request *request, struct place *place)
{
    struct ts_err ignored = {.code = 0};

    if (!request->reuse_proof || ts_identity_make(request, &place->identity, &ignored) < 0)
        return false;
    place->folder = ts_cache_open(request->cache_dir);
    return place->folder >= 0;
}

/* By both clocks: a clock that was set must not make a proof look younger than it is. */
static bool
is_recent(const struct ts_clock *made, const struct ts_clock *now)
{
    const int64_t wall = now->wall - made->wall;
    const int64_t boot_ms = now->boot_ms - made->boot_ms;

    return now->boot_id[0] != '\0' && strcmp(made->boot_id, now->boot_id) == 0 && wall >= 0 &&
           wall <= TS_PROOF_REUSE_SECONDS && boot_ms >= 0 &&
           boot_ms <= (int64_t)TS_PROOF_REUSE_SECONDS * 1000;
}

static bool
find_kept(const struct ts_request *request, const struct place *place, struct ts_grant *grant)
{
    TS_CLEANUP(ts_cache_proof_release) struct ts_cache_proof kept = TS_CACHE_PROOF_INIT;
    struct ts_err ignored = {.code = 0};
    struct ts_clock now;

    if (!ts_cache_find_proof(place->folder, &place->identity, request->bound_host, &grant->token,
                             &kept) ||
        ts_clock_read(&now, &ignored) < 0 || !is_recent(&kept.made, &now))
        return false;
    ts_worker_trace(request, "the proof for %s is from the cache", request->bound_host);
    ts_secret_move(&grant->proof, &kept.proof);
    grant->proof_made = kept.made.wall;
    return true;
}

static void
keep(const struct ts_request *request, const struct place *place, const struct ts_grant *grant)
{
    struct ts_cache_proof kept = {
        .host = request->bound_host, .token = grant->token, .proof = grant->proof};
    struct ts_err ignored = {.code = 0};

    if (ts_clock_read(&kept.made, &ignored) == 0)
        (void)ts_cache_write_proof(place->folder, &place->identity, &kept);
}

/* *grant gets a proof. One that came with the token is new. */
static int
get_proof(const struct ts_request *request, struct ts_grant *grant, struct ts_err *err)
{
    TS_CLEANUP(release_place) struct place place = {TS_IDENTITY_INIT, -1};
    const bool keeps = open_place(request, &place);
    int rc = 0;

    if (grant->proof.len == 0) {
        if (keeps && find_kept(request, &place, grant))
            return 0;
        rc = ts_worker_prove(request, grant, err);
    }
    if (rc == 0 && keeps)
        keep(request, &place, grant);
    return rc;
}

int
ts_bind(const struct ts_request *request, struct ts_grant *grant, struct ts_err *err)
{
    static const char separator[] = {TS_PROOF_SEPARATOR};
    int rc = get_proof(request, grant, err);

    if (rc < 0)
        return rc;
    rc = ts_secret_append(&grant->token, separator, sizeof(separator));
    if (rc == 0)
        rc = ts_secret_append(&grant->token, grant->proof.data, grant->proof.len);
    ts_secret_release(&grant->proof);
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_ANSWER,
                          "token and proof together have more than %d characters", TS_TOKEN_MAX);
    return rc < 0 ? ts_err_nomem(err) : 0;
}
