#include "common/job/worker_call.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/job/key_command.h"
#include "common/process/spawn.h"

/* The worker keeps the request's own deadline and says what it was waiting for; this one is only
 * for a worker that does not even do that. */
#define GRACE_MS 3000

static const char *const no_environment[] = {NULL};

void
ts_worker_trace(const struct ts_request *request, const char *format, ...)
{
    struct ts_err line = {.code = 0};
    char text[TS_ERR_TEXT_MAX];
    va_list args;

    if (!request->debug)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)ts_err_set(&line, 0, "%s", text);
    (void)dprintf(STDERR_FILENO, "thrivestack-credential: debug: %s\n", line.text);
}

static int
open_pipe(int *ret_read, int *ret_write, struct ts_err *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot make a pipe");
    *ret_read = ends[0];
    *ret_write = ends[1];
    return 0;
}

/* The two programs that read a private key. */
static const struct program {
    const char *path;
    const char *const *argv;
} worker = {TS_WORKER_PATH, (const char *const[]){"thrivestack-worker", NULL}},
  prover = {TS_PROVER_PATH, (const char *const[]){"thrivestack-prover", NULL}};

/* What one is started for. */
struct call {
    const struct program *program;
    const struct ts_request *request;
    const struct ts_secret *job;
};

static int
check_answer(const char *path, int status, const struct ts_secret *answer, struct ts_err *err)
{
    if (WIFSIGNALED(status))
        return ts_err_set(err, WTERMSIG(status) == SIGALRM ? TS_ERR_UNAVAILABLE : TS_ERR_SYSTEM,
                          "%s was ended by signal %d", path, WTERMSIG(status));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || answer->len == 0)
        return ts_err_set(err, TS_ERR_SYSTEM, "%s ended with status %d and no answer", path,
                          WEXITSTATUS(status));
    return 0;
}

static int
check_exchange(int rc, struct ts_err *err)
{
    if (rc == TS_ERR_TIMEOUT)
        return ts_err_set(err, TS_ERR_UNAVAILABLE, "the worker did not answer in time");
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_SYSTEM, "the worker answered too much");
    return rc;
}

static int
run_program(const struct call *call, int key_fd, struct ts_secret *ret, struct ts_err *err)
{
    const struct ts_request *request = call->request;
    const struct ts_spawn spec = {.path = call->program->path,
                                  .argv = call->program->argv,
                                  .envp = no_environment,
                                  .folder = "/",
                                  .stdin_fd = -1,
                                  .stdout_fd = -1,
                                  .stderr_fd = request->debug ? STDERR_FILENO : -1,
                                  .extra_fd = key_fd};
    int64_t deadline = ts_clock_boot_ms() + request->endpoint.timeout_ms + GRACE_MS;
    int status = 0;

    ts_worker_trace(request, "starting %s", spec.path);
    int rc = ts_spawn_exchange(&spec, call->job, ret, deadline, &status, err);
    rc = check_exchange(rc, err);
    return rc < 0 ? rc : check_answer(spec.path, status, ret, err);
}

static int
run_job(const struct program *program, const struct ts_job *job, struct ts_secret *ret,
        struct ts_err *err)
{
    TS_CLEANUP(ts_key_command_release) struct ts_key_command command = TS_KEY_COMMAND_INIT;
    TS_CLEANUP(ts_fd_close) int read_end = -1;
    TS_CLEANUP(ts_fd_close) int write_end = -1;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    const struct ts_request *request = &job->request;
    const struct call call = {program, request, &text};
    int64_t deadline = ts_clock_boot_ms() + request->endpoint.timeout_ms;

    int rc = ts_job_encode(job, &text, err);
    if (rc < 0)
        return rc;
    if (request->key.is_piped)
        return run_program(&call, TS_JOB_KEY_FD, ret, err);
    if (request->key.key_command == NULL)
        return run_program(&call, -1, ret, err);
    rc = open_pipe(&read_end, &write_end, err);
    if (rc == 0)
        rc = ts_key_command_start(request, write_end, &command, err);
    ts_fd_close(&write_end);
    if (rc < 0)
        return rc;
    int program_rc = run_program(&call, read_end, ret, err);
    ts_fd_close(&read_end);
    rc = ts_key_command_finish(&command, deadline, err);
    return rc < 0 ? rc : program_rc;
}

int
ts_worker_call(const struct ts_job *job, struct ts_secret *ret, struct ts_err *err)
{
    return run_job(&worker, job, ret, err);
}

int
ts_worker_get_grant(const struct ts_request *request, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    const bool binds = request->bound_host != NULL;
    const struct ts_job job = {.kind = binds ? TS_JOB_PROVE : TS_JOB_TOKEN, .request = *request};

    int rc = ts_worker_call(&job, &answer, err);
    if (rc == 0)
        rc = binds ? ts_job_read_proof(&answer, true, ret, err)
                   : ts_job_read_grant(&answer, ret, err);
    if (rc == 0)
        rc = ts_clock_read(&ret->received, err);
    if (rc == 0 && binds)
        ret->proof_made = ret->received.wall;
    return rc;
}

int
ts_worker_prove(const struct ts_request *request, struct ts_grant *grant, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    const struct ts_job job = {.kind = TS_JOB_PROVE, .request = *request, .token = grant->token};

    int rc = run_job(&prover, &job, &answer, err);
    if (rc == 0)
        rc = ts_job_read_proof(&answer, false, grant, err);
    if (rc == 0)
        grant->proof_made = ts_clock_wall();
    return rc;
}
