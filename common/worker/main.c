/*
 * thrivestack-worker: one job on stdin, one answer on stdout (PROTOCOL.md). Started by
 * thrivestack-credential, not by people.
 */
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/job/job.h"
#include "common/worker/harden.h"
#include "common/worker/jobs.h"

#include "build-config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The job is in the pipe before the worker starts, or soon after. */
#define JOB_DEADLINE_MS 10000

/* Every step keeps the job's own deadline; this much later the watchdog bites. */
#define SLACK_MS 2000

static const char usage[] =
    "usage: thrivestack-worker < JOB\n"
    "\n"
    "Does one job for thrivestack-credential: JSON on stdin, JSON on stdout.\n"
    "Options: --help, --version\n";

static int
report_error(const struct ts_err *err)
{
    (void)fprintf(stderr, "thrivestack-worker: %s\n", err->text);
    return ts_error_exit_code(err->code);
}

static int
read_job(struct ts_job *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    int rc = ts_secret_read_fd(&text, STDIN_FILENO);

    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc == TS_ERR_SYSTEM)
        return ts_err_errno(err, TS_ERR_USAGE, "the job cannot be read");
    if (rc < 0)
        return ts_err_set(err, TS_ERR_USAGE, "the job is larger than %zu bytes", text.max);
    rc = ts_job_read(&text, ret, err);
    return rc < 0 ? ts_err_prefix(err, "the job") : 0;
}

static int
serve(struct ts_err *err)
{
    TS_CLEANUP(ts_job_release) struct ts_job job = TS_JOB_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    int64_t start_ms = ts_clock_boot_ms();

    int rc = ts_harden_watchdog(JOB_DEADLINE_MS, err);
    if (rc == 0)
        rc = read_job(&job, err);
    if (rc == 0)
        rc = ts_harden_watchdog(job.request.endpoint.timeout_ms + SLACK_MS, err);
    if (rc == 0 && job.kind != TS_JOB_IMPORT)
        rc = ts_harden_forbid_files(err);
    if (rc == 0)
        rc = ts_jobs_run(&job, start_ms + job.request.endpoint.timeout_ms, &answer, err);
    if (rc < 0)
        return rc;
    if (ts_write_all(STDOUT_FILENO, answer.data, answer.len) < 0)
        return ts_err_errno(err, TS_ERR_OUTPUT, "the answer cannot be written");
    return 0;
}

static int
print_text(const char *text)
{
    return ts_write_all(STDOUT_FILENO, text, strlen(text)) == 0 ? 0 : 74;
}

int
main(int argc, char **argv)
{
    struct ts_err err = {0};

    if (ts_harden_process(&err) < 0)
        return report_error(&err);
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return print_text(usage);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return print_text("thrivestack-worker " TS_VERSION "\n");
    if (argc != 1) {
        (void)ts_err_set(&err, TS_ERR_USAGE, "arguments are not understood; see --help");
        return report_error(&err);
    }
    return serve(&err) == 0 ? 0 : report_error(&err);
}
