#include "common/worker/serve.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/job/job.h"
#include "common/worker/harden.h"
#include "common/worker/trace.h"

#include "build-config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The job is in the pipe before the worker starts, or soon after. */
#define JOB_DEADLINE_MS 10000

/* Every step keeps the job's own deadline; this much later the watchdog ends the process. */
#define SLACK_MS 2000

static int
report_error(const struct ts_program *program, const struct ts_err *err)
{
    (void)fprintf(stderr, "%s: %s\n", program->name, err->text);
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

/* An error of the job itself is an answer. */
static int
run_job(const struct ts_program *program, const struct ts_job *job, int64_t deadline_ms,
        struct ts_secret *ret, struct ts_err *err)
{
    struct ts_err failure = {0};

    if (program->run(job, deadline_ms, ret, &failure) == 0)
        return 0;
    ts_trace(&job->request, "failed: %s", failure.text);
    ts_secret_clear(ret);
    return ts_job_write_error(&failure, ret, err);
}

static int
serve(const struct ts_program *program, struct ts_err *err)
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
        rc = run_job(program, &job, start_ms + job.request.endpoint.timeout_ms, &answer, err);
    if (rc < 0)
        return rc;
    if (ts_write_all(STDOUT_FILENO, answer.data, answer.len) < 0)
        return ts_err_errno(err, TS_ERR_OUTPUT, "the answer cannot be written");
    return 0;
}

static int
print_texts(const char *const *texts, size_t len)
{
    int rc = 0;

    for (size_t i = 0; i < len && rc == 0; i++)
        rc = ts_write_all(STDOUT_FILENO, texts[i], strlen(texts[i]));
    return rc == 0 ? 0 : 74;
}

int
ts_serve(const struct ts_program *program, int argc, char **argv)
{
    const char *const usage[] = {"usage: ", program->name, " < JOB\n\n", program->help,
                                 " for thrivestack-credential: JSON on stdin, JSON on stdout.\n"
                                 "Options: --help, --version\n"};
    const char *const version[] = {program->name, " " TS_VERSION "\n"};
    struct ts_err err = {0};

    if (ts_harden_process(&err) < 0)
        return report_error(program, &err);
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return print_texts(usage, TS_ARRAY_LEN(usage));
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return print_texts(version, TS_ARRAY_LEN(version));
    if (argc != 1) {
        (void)ts_err_set(&err, TS_ERR_USAGE, "arguments are not understood; see --help");
        return report_error(program, &err);
    }
    return serve(program, &err) == 0 ? 0 : report_error(program, &err);
}
