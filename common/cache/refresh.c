#include "common/cache/refresh.h"
#include "common/cache/cache.h"
#include "common/base/cleanup.h"
#include "common/cache/due.h"
#include "common/base/lock.h"
#include "common/cache/session_token.h"
#include "common/job/worker_call.h"

#include <stdlib.h>
#include <string.h>

#define REFUSAL_SHARED_MS 5000 /* then ThriveStack is asked again whether it still refuses */
#define LOCK_SLACK_MS 1000     /* for a holder that uses up its whole timeout */
#define FRESH_TRIES 3

/* One run of ts_refresh_get. */
struct run {
    const struct ts_request *request;
    struct ts_identity identity;
    int folder; /* the cache's, or -1 */
    struct ts_cache_entry entry;
    enum ts_due due; /* of the entry */
    struct ts_clock began;
    int64_t quiet_ms; /* how long ago the folder had changed by then; negative: unknown */
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
judge_grant(const struct ts_request *request, const struct ts_grant *grant,
            const struct ts_clock *now)
{
    const struct ts_due_question question = question_of(request, grant, now);

    return grant->token.len == 0 ? TS_DUE_SPENT : ts_due_judge(&question);
}

/* Reads what is cached now, in place of what was read before. */
static void
look(struct run *run, const struct ts_clock *now)
{
    ts_cache_entry_release(&run->entry);
    run->due = TS_DUE_SPENT;
    if (run->folder < 0)
        return;
    if (ts_cache_read(run->folder, &run->identity, &run->entry))
        run->due = judge_grant(run->request, &run->entry.grant, now);
    else
        ts_cache_entry_release(&run->entry);
}

/* Once more, under the lock, as others may have been at it meanwhile. */
static int
look_again(struct run *run, struct ts_err *err)
{
    struct ts_clock now;
    int rc = ts_clock_read(&now, err);

    if (rc == 0)
        look(run, &now);
    return rc;
}

static int
hand_out(struct run *run, struct ts_grant *ret)
{
    ts_worker_trace(run->request, "the token is from the cache");
    ts_grant_release(ret);
    *ret = run->entry.grant;
    run->entry.grant = (struct ts_grant)TS_GRANT_INIT;
    return 0;
}

/* Milliseconds since a failure, or -1 where that cannot be told. */
static int64_t
failure_age(const struct ts_cache_failure *failure, const struct ts_clock *now)
{
    if (now->boot_id[0] == '\0' || strcmp(failure->when.boot_id, now->boot_id) != 0 ||
        failure->when.boot_ms > now->boot_ms)
        return -1;
    return now->boot_ms - failure->when.boot_ms;
}

/* Whether a failure that somebody else has met is the answer to us as well: one that came while we
 * waited for it, and a refusal for a few seconds more. */
static bool
is_shared(const struct run *run, const struct ts_cache_failure *failure)
{
    struct ts_clock now;
    struct ts_err ignored = {.code = 0};

    if (run->request->fresh || ts_clock_read(&now, &ignored) < 0)
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
keep_failure(const struct run *run, const struct ts_err *err)
{
    struct ts_cache_failure failure = {.err = *err};
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
        (void)ts_cache_disturb(run->folder);
    }
    return 0;
}

static bool
was_handed_out(const struct run *run, const struct ts_grant *grant)
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

    if (!run->locked || run->quiet_ms < 0 || !ts_cache_disturb(run->folder) ||
        ts_clock_read(&now, &ignored) < 0)
        return TS_GRANT_SECOND_MS;
    int64_t left = TS_GRANT_SECOND_MS - run->quiet_ms - (now.boot_ms - run->began.boot_ms);
    int64_t left_of_entry =
        run->entry.spent[0] != '\0' ? ts_grant_second_left_ms(&run->entry.grant, &now) : 0;
    return left > left_of_entry ? left : left_of_entry;
}

/*
 * Two tokens of one key, scopes and second are the same bytes, so a new one takes a new second. The
 * last token may come from a cache that another clock wrote, so the answer is looked at as well.
 */
static int
fetch_fresh(const struct run *run, struct ts_grant *ret, struct ts_err *err)
{
    if (!run->request->fresh)
        return ts_worker_get_grant(run->request, ret, err);
    ts_clock_wait_ms(time_to_new_second(run));
    for (int i = 0; i < FRESH_TRIES; i++) {
        ts_grant_release(ret);
        int rc = ts_worker_get_grant(run->request, ret, err);
        if (rc < 0 || !was_handed_out(run, ret))
            return rc;
        ts_worker_trace(run->request, "the endpoint gave the same token; asking in a second");
        ts_clock_wait_ms(TS_GRANT_SECOND_MS);
    }
    return ts_err_set(err, TS_ERR_ANSWER, "the endpoint grants the same token again and again");
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

/* Whether the cached token may be handed out even now: the endpoint may have taken its time to
 * fail.
 */
static bool
still_does(const struct run *run)
{
    struct ts_clock now;
    struct ts_err ignored = {.code = 0};

    return run->due != TS_DUE_SPENT && ts_clock_read(&now, &ignored) == 0 &&
           judge_grant(run->request, &run->entry.grant, &now) != TS_DUE_SPENT;
}

static int
fetch(struct run *run, struct ts_grant *ret, struct ts_err *err)
{
    int rc = fetch_fresh(run, ret, err);

    if (rc == 0)
        rc = keep_grant(run, ret, err);
    if (rc == 0)
        return check_min_valid(run->request, ret, err);
    keep_failure(run, err);
    if (rc != TS_ERR_UNAVAILABLE || run->request->fresh || !still_does(run))
        return rc;
    ts_worker_trace(run->request, "%s; the cached token still does", err->text);
    return hand_out(run, ret);
}

/*
 * Waits for the lock, and looks at the cache again. *ret is -1 where there is no folder or the
 * holder hangs. Fresh tokens come one a second, so who wants one waits on for as long as those
 * ahead get theirs.
 */
static int
wait_for_turn(struct run *run, int *ret, struct ts_err *err)
{
    const int64_t patience = run->request->endpoint.timeout_ms + LOCK_SLACK_MS;
    int64_t deadline = run->began.boot_ms + patience;
    char before[sizeof(run->entry.spent)];
    int rc;

    do {
        memcpy(before, run->entry.spent, sizeof(before));
        *ret = run->folder >= 0 ? ts_lock_take(run->folder, run->identity.name, deadline) : -1;
        rc = look_again(run, err);
        deadline = ts_clock_boot_ms() + patience;
    } while (rc == 0 && *ret < 0 && run->request->fresh && strcmp(before, run->entry.spent) != 0);
    run->locked = *ret >= 0;
    return rc;
}

static int
fetch_in_turn(struct run *run, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int lock = -1;
    int rc = wait_for_turn(run, &lock, err);

    if (rc < 0)
        return rc;
    if (!run->request->fresh && run->due == TS_DUE_FRESH)
        return hand_out(run, ret);
    if (lock >= 0 && find_shared_failure(run, err)) {
        if (err->code == TS_ERR_UNAVAILABLE && run->due != TS_DUE_SPENT)
            return hand_out(run, ret);
        return err->code;
    }
    return fetch(run, ret, err);
}

/* The token would still do. Another is fetched only where nobody is at it and the endpoint works.
 */
static int
fetch_early(struct run *run, struct ts_grant *ret, struct ts_err *err)
{
    if (has_failed_lately(run))
        return hand_out(run, ret);
    TS_CLEANUP(ts_fd_close) int lock = ts_lock_take(run->folder, run->identity.name, 0);
    if (lock < 0)
        return hand_out(run, ret);
    int rc = look_again(run, err);
    if (rc < 0)
        return rc;
    if (run->due == TS_DUE_FRESH)
        return hand_out(run, ret);
    ts_worker_trace(run->request, "the token is due to be replaced");
    return fetch(run, ret, err);
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
    run->folder = ts_cache_open(request->cache_dir);
    if (run->folder < 0)
        ts_worker_trace(request, "no cache: %s cannot be used",
                        request->cache_dir != NULL ? request->cache_dir : "a folder");
    run->quiet_ms = request->fresh ? ts_cache_quiet_ms(run->folder) : -1;
    look(run, &run->began);
    if (!request->fresh && run->due == TS_DUE_FRESH)
        return hand_out(run, ret);
    if (!request->fresh && run->due == TS_DUE_EARLY)
        return fetch_early(run, ret, err);
    if (find_shared_failure(run, err))
        return err->code;
    return fetch_in_turn(run, ret, err);
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
    ts_worker_trace(request, "no API key here; using the session's token");
    return ts_session_token_get(request, ret, err);
}

int
ts_refresh_get(const struct ts_request *request, struct ts_grant *ret, struct ts_err *err)
{
    int rc = get(request, ret, err);

    if (rc < 0) {
        ts_grant_release(ret);
        (void)ts_err_prefix(err, "profile %s", request->profile);
    }
    return rc;
}
