#include "common/worker/jobs.h"
#include "common/base/cleanup.h"
#include "common/worker/apikey.h"
#include "common/worker/ask.h"
#include "common/worker/events.h"
#include "common/worker/explain.h"
#include "common/worker/import.h"
#include "common/worker/inspect.h"
#include "common/worker/probe.h"
#include "common/worker/prove.h"
#include "common/worker/rsakey.h"
#include "common/worker/trace.h"

#include <unistd.h>

static int
run_token(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;

    int rc = ts_api_key_read_asked(&job->request, deadline_ms, &key, err);
    if (rc == 0)
        rc = ts_ask(&job->request, &key, deadline_ms, &grant, err);
    return rc < 0 ? rc : ts_job_write_grant(&grant, ret, err);
}

/* Only here is the public half encoded, which would be a tenth of the work for a token. */
static int
write_key_info(struct ts_api_key *key, struct ts_secret *ret, struct ts_err *err)
{
    int rc = ts_rsa_key_public(key->key, &key->info.public_key, err);

    return rc < 0 ? rc : ts_job_write_key_info(&key->info, ret, err);
}

static int
run_key(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
    int rc = ts_api_key_read_asked(&job->request, deadline_ms, &key, err);

    return rc < 0 ? rc : write_key_info(&key, ret, err);
}

static int
run_import(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
    int rc = ts_import(job, deadline_ms, &key, err);

    return rc < 0 ? rc : write_key_info(&key, ret, err);
}

static int
run_explain(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
            struct ts_err *err)
{
    struct ts_explanation explanation = {.rules_len = 0};

    (void)deadline_ms;
    int rc = ts_explain(job, &explanation, err);
    return rc < 0 ? rc : ts_job_write_explanation(&explanation, ret, err);
}

static int
run_probe(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    struct ts_probe probe = {.stage = ""};
    int rc = ts_probe_endpoint(&job->request, deadline_ms, &probe, err);

    return rc < 0 ? rc : ts_job_write_probe(&probe, ret, err);
}

static int
run_policy(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};

    (void)deadline_ms;
    int rc = ts_inspect_policy(job->file, &info, err);
    return rc < 0 ? rc : ts_job_write_policy_info(&info, ret, err);
}

static int
run_accounts(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
             struct ts_err *err)
{
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};

    int rc = ts_inspect_accounts(job->file, deadline_ms, &info, err);
    return rc < 0 ? rc : ts_job_write_policy_info(&info, ret, err);
}

static int
run_module(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    (void)deadline_ms;
    int rc = ts_inspect_module(job->file, err);
    return rc < 0 ? rc : ts_job_write_module(ret, err);
}

static int
run_keys(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};

    (void)deadline_ms;
    int rc = ts_inspect_keys(job->file, &info, err);
    return rc < 0 ? rc : ts_job_write_policy_info(&info, ret, err);
}

/* The key may come only once, so one job can ask for the token, too. */
static int
run_prove(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;

    if (job->token.len > 0)
        return ts_prove_run(job, deadline_ms, ret, err);
    int rc = ts_api_key_read_asked(&job->request, deadline_ms, &key, err);
    if (rc == 0)
        rc = ts_ask(&job->request, &key, deadline_ms, &grant, err);
    if (rc == 0)
        rc = ts_prove_grant(&job->request, &key, &grant, err);
    return rc < 0 ? rc : ts_job_write_proof(&grant, true, ret, err);
}

static int
run_api_key(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
            struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret key = TS_SECRET_INIT(TS_API_KEY_SECRET_MAX);

    (void)deadline_ms;
    ts_trace(&job->request, "reading the private API key from %s", job->request.key.api_key_file);
    int rc = ts_api_key_read_secret(&job->request.key, getuid(), &key, err);
    return rc < 0 ? rc : ts_job_write_api_key(&key, ret, err);
}

/* Its answers, one for each event, are written by then. */
static int
run_events(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    (void)deadline_ms;
    (void)ret;
    return ts_events_serve(job, err);
}

/* In the order of enum ts_job_kind. */
static int (*const jobs[])(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
                           struct ts_err *err) = {
    [TS_JOB_TOKEN] = run_token,     [TS_JOB_KEY] = run_key,           [TS_JOB_IMPORT] = run_import,
    [TS_JOB_EXPLAIN] = run_explain, [TS_JOB_PROBE] = run_probe,       [TS_JOB_POLICY] = run_policy,
    [TS_JOB_MODULE] = run_module,   [TS_JOB_ACCOUNTS] = run_accounts, [TS_JOB_KEYS] = run_keys,
    [TS_JOB_PROVE] = run_prove,     [TS_JOB_API_KEY] = run_api_key,   [TS_JOB_EVENTS] = run_events,
};

int
ts_jobs_run(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
            struct ts_err *err)
{
    return jobs[job->kind](job, deadline_ms, ret, err);
}
