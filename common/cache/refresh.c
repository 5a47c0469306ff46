#include "common/cache/refresh.h"
#include "common/cache/cache.h"
#include "common/cache/bind.h"
#include "common/cache/cache_files.h"
#include "common/base/cleanup.h"
#include "common/cache/due.h"
#include "common/base/lock.h"
#include "common/cache/session_token.h"
#include "common/job/worker_call.h"

#include <stdlib.h>
#include <string.h>

#define REFUSAL_SHARED_MS 5000 /* then ThriveStack is asked again whether it still refuses */
#define EARLY_MS 1000          /* for a token that the caller could do without */
#define FRESH_TRIES 3

/* One run of ts_refresh_get. */
struct run {
    const struct ts_request *request;
    struct ts_identity identity;
    int folder; /* the cache's, or -1 */
    struct ts_cache_entry entry;
    enum ts_due due; /* of the entry */
    struct ts_clock began;
    int64_t deadline_ms; /* CLOCK_BOOTTIME, for all that is waited for */
    int64_t quiet_ms;    /* how long ago the folder had changed by then; negative: unknown */
    char lock[TS_CACHE_NAME_MAX];
    char spare_lock[TS_CACHE_NAME_MAX];
    bool locked;
};

static void
release_run(struct run *run)
{
    ts_identity_release(&run->identity);
    ts_cache_entry_release(&run->entry);
    ts_fd_close(&run->folder);
}

/* Where the issuer dates its tokens so far back that even a new one is older than max_age, another
 * request helps nobody: max_age then counts from the receipt. */
static int64_t
max_age_of(const struct ts_request *request, const struct ts_grant *grant)
{
    bool is_never_met = request->max_age >= 0 && grant->age >= request->max_age;

    return is_never_met ? grant->age + request->max_age : request->max_age;
}

static struct ts_due_question
question_of(const struct ts_request *request, const struct ts_grant *grant,
            const struct ts_clock *now)
{
    return (struct ts_due_question){
        .life = grant->life,
        .remaining = ts_grant_remaining(grant, now),
        .min_valid = ts_grant_min_valid(grant, request),
        .age = ts_grant_age(grant, now),
        .max_age = max_age_of(request, grant),
        .seed = ts_due_seed(ts_secret_string(&grant->token), grant->token.len, &grant->received)};
}

static enum ts_due
check_grant(const struct ts_request *request, const struct ts_grant *grant,
            const struct ts_clock *now)
{
    const struct ts_due_question question = question_of(request, grant, now);

    return grant->token.len == 0 ? TS_DUE_SPENT : ts_due_check(&question);
}

/* Reads what is cached now, in place of what was read before. */
static void
read_cached(struct run *run, const struct ts_clock *now)
{
    ts_cache_entry_release(&run->entry);
    run->due = TS_DUE_SPENT;
    if (run->folder < 0)
        return;
    if (ts_cache_read(run->folder, &run->identity, &run->entry))
        run->due = check_grant(run->request, &run->entry.grant, now);
    else
        ts_cache_entry_release(&run->entry);
}

/* Again, under the lock, because others may have stored a token meanwhile. */
static int
read_cached_again(struct run *run, struct ts_err *err)
{
    struct ts_clock now;
    int rc = ts_clock_read(&now, err);

    if (rc == 0)
        read_cached(run, &now);
    return rc;
}

static int
return_cached(struct run *run, struct ts_grant *ret)
{
    ts_worker_trace(run->request, "the token is from the cache");
    ts_grant_release(ret);
    *ret = run->entry.grant;
    run->entry.grant = TS_GRANT_INIT;
    return 0;
}

/* Milliseconds since a failure, or -1 where that is unknown. */
static int64_t
failure_age(const struct ts_cache_failure *failure, const struct ts_clock *now)
{
    if (now->boot_id[0] == '\0' || strcmp(failure->when.boot_id, now->boot_id) != 0 ||
        failure->when.boot_ms > now->boot_ms)
        return -1;
    return now->boot_ms - failure->when.boot_ms;
}

/* Whether another process's failure is the answer here as well: one that came while this process
 * waited for it, and a refusal for a few seconds more. One of an early refresh is not, because that
 * gives up sooner than this caller may. */
static bool
is_shared(const struct run *run, const struct ts_cache_failure *failure)
{
    struct ts_clock now;
    struct ts_err ignored = {.code = 0};

    if (run->request->fresh || failure->early || ts_clock_read(&now, &ignored) < 0)
        return false;
    int64_t age = failure_age(failure, &now);
    if (age < 0)
        return false;
    return failure->when.boot_ms >= run->began.boot_ms ||
           (failure->err.code == TS_ERR_REFUSED && age < REFUSAL_SHARED_MS);
}

static bool
find_shared_failure(const struct run *run, struct ts_err *err)
{
    struct ts_cache_failure failure = {.err = {.code = 0}};

    if (run->folder < 0 || !ts_cache_read_failure(run->folder, &run->identity, &failure) ||
        !is_shared(run, &failure))
        return false;
    ts_worker_trace(run->request, "another process has just met this failure");
    *err = failure.err;
    return true;
}

/* While the endpoint fails, those who still have a token ask it only now and then. */
static bool
has_failed_lately(const struct run *run)
{
    struct ts_cache_failure failure = {.err = {.code = 0}};

    if (!ts_cache_read_failure(run->folder, &run->identity, &failure))
        return false;
    const struct ts_due_question question =
        question_of(run->request, &run->entry.grant, &run->began);
    int64_t age = failure_age(&failure, &run->began);
    return age >= 0 && age < ts_due_pause_ms(&question, failure.when.boot_ms);
}

static void
keep_failure(const struct run *run, bool early, const struct ts_err *err)
{
    struct ts_cache_failure failure = {.err = *err, .early = early};
    struct ts_err ignored = {.code = 0};

    if (run->folder < 0 || err->code == TS_ERR_NOMEM || err->code == TS_ERR_SYSTEM ||
        ts_clock_read(&failure.when, &ignored) < 0)
        return;
    (void)ts_cache_write_failure(run->folder, &run->identity, &failure);
}

static int
keep_grant(const struct run *run, struct ts_grant *grant, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret source = TS_SECRET_INIT(TS_IDENTITY_MAX);
    const struct ts_request *request = run->request;
    struct ts_cache_entry entry = TS_CACHE_ENTRY_INIT;

    if (run->folder < 0)
        return 0;
    if (ts_identity_key_source(request, &source) < 0)
        return ts_err_nomem(err);
    entry.grant = *grant;
    entry.profile = request->profile;
    entry.key_source = source.data;
    entry.token_url = request->endpoint.token_url;
    ts_cache_hash(&grant->token, entry.spent);
    if (!ts_cache_write(run->folder, &run->identity, &entry)) {
        ts_worker_trace(request, "the token cannot be kept in %s", request->cache_dir);
        (void)ts_cache_touch(run->folder);
    }
    return 0;
}

static bool
is_spent_token(const struct run *run, const struct ts_grant *grant)
{
    char hash[TS_IDENTITY_NAME_LEN + 1];

    ts_cache_hash(&grant->token, hash);
    return strcmp(hash, run->entry.spent) == 0;
}

/*
 * How long to wait until no token of this second can have been handed out before. The folder knows
 * when the last one came, even of one that is gone from it, or known by another name; the entry
 * knows of one that came while we waited for the lock. Where the folder knows nothing, any second
 * may have been used.
 */
static int64_t
time_to_new_second(const struct run *run)
{
    struct ts_err ignored = {.code = 0};
    struct ts_clock now;

    if (!run->locked || run->quiet_ms < 0 || !ts_cache_touch(run->folder) ||
        ts_clock_read(&now, &ignored) < 0)
        return TS_GRANT_SECOND_MS;
    int64_t left = TS_GRANT_SECOND_MS - run->quiet_ms - (now.boot_ms - run->began.boot_ms);
    int64_t left_of_entry =
        run->entry.spent[0] != '\0' ? ts_grant_second_left_ms(&run->entry.grant, &now) : 0;
    return left > left_of_entry ? left : left_of_entry;
}

/*
 * Two tokens of one key, scopes and second are the same bytes, so a fresh one takes a new second.
 * The last token may come from a cache that another clock wrote, so the answer is checked as well.
 */
static int
ask_endpoint(const struct run *run, int64_t timeout_ms, struct ts_grant *ret, struct ts_err *err)
{
    struct ts_request limited = *run->request;
    const int tries = limited.fresh ? FRESH_TRIES : 1;

    limited.endpoint.timeout_ms = timeout_ms;
    if (limited.fresh)
        ts_clock_wait_ms(time_to_new_second(run));
    for (int i = 0; i < tries; i++) {
        ts_grant_release(ret);
        int rc = ts_worker_get_grant(&limited, ret, err);
        if (rc < 0 || !limited.fresh || !is_spent_token(run, ret))
            return rc;
        ts_worker_trace(run->request,
                        "the endpoint returned the same token; asking again in a second");
        ts_clock_wait_ms(TS_GRANT_SECOND_MS);
    }
    return ts_err_set(err, TS_ERR_ANSWER, "the endpoint keeps returning the same token");
}

static int
check_min_valid(const struct ts_request *request, const struct ts_grant *grant, struct ts_err *err)
{
    if (grant->life >= ts_grant_min_valid(grant, request))
        return 0;
    return ts_err_set(err, TS_ERR_ANSWER,
                      "a token just granted lives %lld s, less than --min-valid asks for (%lld s)",
                      (long long)grant->life, (long long)request->min_valid);
}

/* Whether the cached token may be returned even now: the endpoint may have taken its time to fail.
 */
static bool
is_still_usable(const struct run *run)
{
    struct ts_clock now;
    struct ts_err ignored = {.code = 0};

    return run->due != TS_DUE_SPENT && ts_clock_read(&now, &ignored) == 0 &&
           check_grant(run->request, &run->entry.grant, &now) != TS_DUE_SPENT;
}

/* A token from the endpoint; where that cannot be reached, the cached one while it is usable. */
static int
fetch(struct run *run, int64_t timeout_ms, struct ts_grant *ret, struct ts_err *err)
{
    bool early = run->due == TS_DUE_EARLY && !run->request->fresh;
    int rc = ask_endpoint(run, timeout_ms, ret, err);

    if (rc == 0)
        rc = keep_grant(run, ret, err);
    if (rc == 0)
        return check_min_valid(run->request, ret, err);
    keep_failure(run, early, err);
    if (rc != TS_ERR_UNAVAILABLE || run->request->fresh || !is_still_usable(run))
        return rc;
    ts_worker_trace(run->request, "%s; the cached token is still good", err->text);
    return return_cached(run, ret);
}

/*
 * Waits for the lock, and reads the cache again. Most of the timeout at most, so that time is left
 * to ask where the holder has been stopped. Fresh tokens come one a second, so who wants one waits
 * on for as long as those ahead get theirs. *ret_lock is -1 where nothing was locked.
 */
static int
wait_for_lock(struct run *run, int *ret_lock, struct ts_err *err)
{
    const int64_t timeout = run->request->endpoint.timeout_ms;
    char before[sizeof(run->entry.spent)];
    bool progress = false;

    if (run->folder < 0)
        return 0;
    do {
        memcpy(before, run->entry.spent, sizeof(before));
        const int64_t until = run->deadline_ms - timeout / 4;
        *ret_lock = ts_lock_acquire(run->folder, run->lock, until);
        int rc = read_cached_again(run, err);
        if (rc < 0)
            return rc;
        progress = run->request->fresh && strcmp(before, run->entry.spent) != 0;
        if (run->request->fresh && (progress || *ret_lock >= 0))
            run->deadline_ms = ts_clock_boot_ms() + timeout;
    } while (*ret_lock < 0 && progress);
    run->locked = *ret_lock >= 0;
    return 0;
}

/* One of those who waited in vain goes on beside a holder that has been stopped, or to whom the
 * endpoint does not answer. The others wait for that one. */
static int
wait_for_spare_lock(struct run *run, int *ret_lock, struct ts_err *err)
{
    const int64_t until = run->deadline_ms - run->request->endpoint.timeout_ms / 8;

    ts_worker_trace(run->request, "another process has not finished asking the endpoint");
    *ret_lock = ts_lock_acquire(run->folder, run->spare_lock, until);
    int rc = read_cached_again(run, err);
    bool is_usable = run->due != TS_DUE_SPENT && !run->request->fresh;
    if (rc == 0 && *ret_lock < 0 && !is_usable && !find_shared_failure(run, err))
        return ts_err_set(err, TS_ERR_UNAVAILABLE,
                          "no token within the timeout: other processes are still asking the "
                          "endpoint; try again, or raise timeout");
    return rc;
}

/* One process asks the endpoint; those that wait for it share its token or its failure. */
static int
fetch_once_for_all(struct run *run, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int lock = -1;
    TS_CLEANUP(ts_fd_close) int spare = -1;
    int rc = wait_for_lock(run, &lock, err);
    /* Where time is left, the folder takes no lock. */
    bool in_vain = rc == 0 && lock < 0 && run->folder >= 0 &&
                   ts_clock_left_ms(run->deadline_ms - run->request->endpoint.timeout_ms / 4) == 0;

    if (in_vain)
        rc = wait_for_spare_lock(run, &spare, err);
    if (rc < 0)
        return rc;
    if (!run->request->fresh &&
        (run->due == TS_DUE_FRESH || (run->due == TS_DUE_EARLY && in_vain && spare < 0)))
        return return_cached(run, ret);
    if (find_shared_failure(run, err)) {
        if (err->code == TS_ERR_UNAVAILABLE && run->due != TS_DUE_SPENT)
            return return_cached(run, ret);
        return err->code;
    }
    int left_ms = ts_clock_left_ms(run->deadline_ms);
    return fetch(run, left_ms > 0 ? left_ms : 1, ret, err);
}

/* The token could still be used. Another is fetched only where no other process is at it, the
 * endpoint works, and it answers soon. What key_command takes may be a person's time. */
static int
replace_early(struct run *run, struct ts_grant *ret, struct ts_err *err)
{
    const int64_t timeout = run->request->endpoint.timeout_ms;
    bool is_brief = run->request->key.key_command == NULL && timeout > EARLY_MS;

    if (has_failed_lately(run))
        return return_cached(run, ret);
    TS_CLEANUP(ts_fd_close) int lock = ts_lock_acquire(run->folder, run->lock, 0);
    if (lock < 0)
        return return_cached(run, ret);
    int rc = read_cached_again(run, err);
    if (rc < 0)
        return rc;
    if (run->due == TS_DUE_FRESH)
        return return_cached(run, ret);
    ts_worker_trace(run->request, "the token is due to be replaced");
    return fetch(run, is_brief ? EARLY_MS : timeout, ret, err);
}

static int
get_by_key(struct run *run, struct ts_grant *ret, struct ts_err *err)
{
    const struct ts_request *request = run->request;

    if (request->scopes.len == 0)
        return ts_err_set(err, TS_ERR_CONFIG, "no scopes: set 'scopes', or THRIVESTACK_SCOPES");
    int rc = ts_clock_read(&run->began, err);
    if (rc < 0)
        return rc;
    run->deadline_ms = run->began.boot_ms + request->endpoint.timeout_ms;
    run->folder = ts_cache_open(request->cache_dir);
    if (run->folder < 0)
        ts_worker_trace(request, "no cache: %s cannot be used",
                        request->cache_dir != NULL ? request->cache_dir : "a folder");
    run->quiet_ms = request->fresh ? ts_cache_quiet_ms(run->folder) : -1;
    ts_cache_file_name(run->lock, run->identity.name, TS_CACHE_LOCK);
    ts_cache_file_name(run->spare_lock, run->identity.name, TS_CACHE_SPARE_LOCK);
    read_cached(run, &run->began);
    if (!request->fresh && run->due == TS_DUE_FRESH)
        return return_cached(run, ret);
    if (!request->fresh && run->due == TS_DUE_EARLY)
        return replace_early(run, ret, err);
    if (find_shared_failure(run, err))
        return err->code;
    return fetch_once_for_all(run, ret, err);
}

/* Not to be put there by hand: what a browser leaves is open to others, and would be refused. */
static int
report_missing_key(const struct ts_request *request, struct ts_err *err)
{
    bool is_default = strcmp(request->profile, "default") == 0;

    return ts_err_set(
        err, TS_ERR_KEY,
        "%s does not exist: download an API key from ThriveStack and run "
        "'thrivestack-credential key import FILE%s%s', or %s",
        request->key.key_file, is_default ? "" : " --profile ", is_default ? "" : request->profile,
        request->key.is_from_variable ? "correct THRIVESTACK_KEY_FILE" : "set key_file");
}

static int
get(const struct ts_request *request, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(release_run)
    struct run run = {.request = request,
                      .identity = TS_IDENTITY_INIT,
                      .folder = -1,
                      .entry = TS_CACHE_ENTRY_INIT};
    int rc = ts_identity_make(request, &run.identity, err);

    if (rc == 0)
        return get_by_key(&run, ret, err);
    if (rc != TS_ERR_NOT_FOUND)
        return rc;
    if (request->session_token_file == NULL)
        return report_missing_key(request, err);
    if (request->bound_host != NULL)
        return ts_err_set(err, TS_ERR_KEY,
                          "a session's token cannot be bound to %s: that needs the API key, and %s "
                          "does not exist",
                          request->bound_host, request->key.key_file);
    ts_worker_trace(request, "no API key here; using the session's token");
    return ts_session_token_get(request, ret, err);
}

int
ts_refresh_get(const struct ts_request *request, struct ts_grant *ret, struct ts_err *err)
{
    int rc = get(request, ret, err);

    if (rc == 0 && request->bound_host != NULL)
        rc = ts_bind(request, ret, err);
    if (rc < 0) {
        ts_grant_release(ret);
        (void)ts_err_prefix(err, "profile %s", request->profile);
    }
    return rc;
}
