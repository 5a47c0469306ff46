#include "common/job/event_call.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/job/job.h"

#include "build-config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The worker keeps the request's own deadline and says what it was waiting for; this one is only
 * for a worker that does not even do that. */
#define GRACE_MS 3000

static const char *const no_variables[] = {NULL};

/* The two ends of a pipe. */
struct ends {
    int read_end;
    int write_end;
};

static void
close_ends(struct ends *ends)
{
    ts_fd_close(&ends->read_end);
    ts_fd_close(&ends->write_end);
}

static int
open_ends(struct ends *ret, struct ts_err *err)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot make a pipe");
    *ret = (struct ends){fds[0], fds[1]};
    return 0;
}

/* The job is shorter than a pipe holds, so that it can be written before the worker reads. */
static int
write_job(int fd, const struct ts_request *request, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret job = TS_SECRET_INIT(TS_JOB_MAX);
    const struct ts_job asked = {.kind = TS_JOB_EVENTS, .request = *request};
    int rc = ts_job_encode(&asked, &job, err);

    if (rc == 0 && ts_write_all(fd, job.data, job.len) < 0)
        rc = ts_err_errno(err, TS_ERR_SYSTEM, "cannot write to a child");
    return rc;
}

static int
start_worker(struct ts_event_call *call, struct ts_err *err)
{
    static const char *const argv[] = {"thrivestack-worker", NULL};
    TS_CLEANUP(close_ends) struct ends job = {-1, -1};
    TS_CLEANUP(close_ends) struct ends events = {-1, -1};
    TS_CLEANUP(close_ends) struct ends answers = {-1, -1};
    int rc = open_ends(&job, err);

    if (rc == 0)
        rc = open_ends(&events, err);
    if (rc == 0)
        rc = open_ends(&answers, err);
    const struct ts_spawn spec = {.path = TS_WORKER_PATH,
                                  .argv = argv,
                                  .envp = no_variables,
                                  .folder = "/",
                                  .stdin_fd = job.read_end,
                                  .stdout_fd = answers.write_end,
                                  .stderr_fd = call->request->debug ? STDERR_FILENO : -1,
                                  .extra_fd = events.read_end};
    if (rc == 0)
        rc = ts_spawn_start(&spec, &call->worker, err);
    if (rc == 0)
        rc = write_job(job.write_end, call->request, err);
    if (rc < 0)
        return rc;
    call->events_fd = events.write_end;
    call->answers_fd = answers.read_end;
    call->answers.fd = answers.read_end;
    call->sent = 0;
    events.write_end = -1;
    answers.read_end = -1;
    return 0;
}

static int
read_answer_line(struct ts_event_call *call, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    const int64_t deadline_ms = ts_clock_boot_ms() + call->request->endpoint.timeout_ms + GRACE_MS;
    struct ts_line line;
    int rc = ts_lines_next(&call->answers, deadline_ms, &line, err);

    if (rc == TS_ERR_TIMEOUT)
        return ts_err_set(err, TS_ERR_UNAVAILABLE, "the worker did not answer in time");
    if (rc == 0)
        return ts_err_set(err, TS_ERR_SYSTEM, "%s ended without an answer", TS_WORKER_PATH);
    if (rc < 0)
        return ts_err_recode(err, rc == TS_ERR_NOMEM ? rc : TS_ERR_SYSTEM);
    if (ts_secret_append(&answer, line.text, line.len) < 0)
        return ts_err_nomem(err);
    return ts_job_read_done(&answer, err);
}

void
ts_event_call_close(struct ts_event_call *call)
{
    int status = 0;
    struct ts_err ignored = {.code = 0};

    ts_fd_close(&call->events_fd);
    ts_fd_close(&call->answers_fd);
    if (call->worker.pid > 0)
        (void)ts_child_wait(&call->worker, ts_clock_boot_ms() + GRACE_MS, &status, &ignored);
    ts_child_release(&call->worker);
    ts_lines_release(&call->answers);
    call->answers = TS_LINES_INIT(-1, TS_JOB_MAX);
}

/* A worker that is ready for an event. */
static int
prepare_worker(struct ts_event_call *call, struct ts_err *err)
{
    if (call->sent >= TS_EVENT_CALL_MAX)
        ts_event_call_close(call);
    if (call->events_fd >= 0)
        return 0;
    int rc = start_worker(call, err);
    if (rc == 0)
        rc = read_answer_line(call, err);
    if (rc < 0)
        ts_event_call_close(call);
    return rc;
}

int
ts_event_call_send(struct ts_event_call *call, const struct ts_secret *event, bool *ret_is_general,
                   struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret line = TS_SECRET_INIT(TS_EVENT_MAX + 1);
    int rc = prepare_worker(call, err);

    *ret_is_general = rc < 0;
    if (rc < 0)
        return rc;
    if (ts_secret_append(&line, event->data, event->len) < 0 ||
        ts_secret_append_string(&line, "\n") < 0)
        return ts_err_nomem(err);
    call->sent++;
    /* Where the worker has gone, its answer, or that there is none, says why. */
    if (ts_write_all(call->events_fd, line.data, line.len) < 0 && errno != EPIPE)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot write to a child");
    return read_answer_line(call, err);
}
