#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

struct exchange {
    int input_fd;  /* -1 once everything is written, or its reader has gone */
    int output_fd; /* -1 at its end */
    int pidfd;
    const struct ts_secret *input;
    size_t written;
    struct ts_secret *output;
};

/*
 * write(2) without the SIGPIPE that would end most hosts when the pipe's reader has gone: the
 * signal is blocked meanwhile, and consumed where it was not pending before. Returns as write(2).
 */
static ssize_t
write_without_sigpipe(int fd, const void *data, size_t len)
{
    const struct timespec at_once = {0, 0};
    sigset_t pipe_only;
    sigset_t before;
    sigset_t pending;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigemptyset(&pending);
    (void)sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    ssize_t written = write(fd, data, len);
    int error = errno;
    if (written < 0 && error == EPIPE && sigismember(&pending, SIGPIPE) == 0)
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

static int
write_input(struct exchange *exchange, struct ts_err *err)
{
    size_t left = exchange->input->len - exchange->written;
    ssize_t written = left == 0
                          ? 0
                          : write_without_sigpipe(exchange->input_fd,
                                                  exchange->input->data + exchange->written, left);

    if (written < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    /* A child that does not read all of it may still have an answer. */
    if (written < 0 && errno == EPIPE)
        exchange->written = exchange->input->len;
    else if (written < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot write to a child");
    else
        exchange->written += (size_t)written;
    if (exchange->written == exchange->input->len)
        ts_fd_close(&exchange->input_fd);
    return 0;
}

/* Reads once. *ret_more says whether more may be there already. */
static int
read_output(struct exchange *exchange, bool *ret_more, struct ts_err *err)
{
    char buffer[4096];

    *ret_more = false;
    ssize_t got = read(exchange->output_fd, buffer, sizeof(buffer));
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        *ret_more = errno == EINTR;
        return 0;
    }
    if (got < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot read from a child");
    if (got == 0) {
        ts_fd_close(&exchange->output_fd);
        return 0;
    }
    int rc = ts_secret_append(exchange->output, buffer, (size_t)got);
    explicit_bzero(buffer, (size_t)got);
    *ret_more = true;
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, rc, "a child printed more than %zu bytes", exchange->output->max);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

/* Reads what is in the pipe when the child has ended, without waiting for a grandchild that still
 * holds it open. */
static int
drain(struct exchange *exchange, struct ts_err *err)
{
    bool more = true;
    int rc = 0;

    while (rc == 0 && more && exchange->output_fd >= 0)
        rc = read_output(exchange, &more, err);
    ts_fd_close(&exchange->output_fd);
    return rc;
}

/* Writes and reads until the child has ended or closed its stdout. */
static int
converse(struct exchange *exchange, int64_t deadline_ms, struct ts_err *err)
{
    while (exchange->output_fd >= 0) {
        struct pollfd fds[] = {
            {.fd = exchange->input_fd, .events = POLLOUT},
            {.fd = exchange->output_fd, .events = POLLIN},
            {.fd = exchange->pidfd, .events = POLLIN},
        };
        bool more;
        int rc = 0;
        int polled = poll(fds, TS_ARRAY_LEN(fds), ts_clock_left_ms(deadline_ms));

        if (polled < 0 && errno != EINTR)
            return ts_err_errno(err, TS_ERR_SYSTEM, "cannot wait for a child");
        if (polled == 0)
            return ts_err_set(err, TS_ERR_TIMEOUT, "a child did not end in time and was killed");
        if (polled < 0)
            continue;
        if (fds[2].revents != 0)
            return drain(exchange, err);
        if (fds[0].revents != 0)
            rc = write_input(exchange, err);
        if (rc == 0 && fds[1].revents != 0)
            rc = read_output(exchange, &more, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int
open_pipe(int *ret_read, int *ret_write, struct ts_err *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "no pipe for a child");
    *ret_read = ends[0];
    *ret_write = ends[1];
    return 0;
}

/* Only for this side: the child's end of a pipe blocks, as programs expect. */
static int
make_nonblocking(int fd, struct ts_err *err)
{
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "a pipe cannot be set up");
    return 0;
}

static int
exchange_data(const struct ts_spawn *piped, struct exchange *exchange, int64_t deadline_ms,
              int *ret_status, struct ts_err *err)
{
    TS_CLEANUP(ts_child_release) struct ts_child child = TS_CHILD_INIT;
    struct ts_spawn spec = *piped;

    spec.start_by_ms = deadline_ms;
    int rc = ts_spawn_start(&spec, &child, err);
    /* The child has copies of its own. While these are open, neither side would see an end. */
    ts_fd_close(&spec.stdin_fd);
    ts_fd_close(&spec.stdout_fd);
    if (rc < 0)
        return rc;
    exchange->pidfd = child.pidfd;
    rc = converse(exchange, deadline_ms, err);
    ts_fd_close(&exchange->input_fd);
    return rc < 0 ? rc : ts_child_wait(&child, deadline_ms, ret_status, err);
}

static void
close_exchange(struct exchange *exchange)
{
    ts_fd_close(&exchange->input_fd);
    ts_fd_close(&exchange->output_fd);
}

int
ts_spawn_exchange(const struct ts_spawn *spec, const struct ts_secret *input,
                  struct ts_secret *output, int64_t deadline_ms, int *ret_status,
                  struct ts_err *err)
{
    TS_CLEANUP(close_exchange)
    struct exchange exchange = {-1, -1, -1, input, 0, output};
    TS_CLEANUP(ts_fd_close) int stdin_fd = -1;
    TS_CLEANUP(ts_fd_close) int stdout_fd = -1;
    struct ts_spawn piped = *spec;

    int rc = open_pipe(&stdin_fd, &exchange.input_fd, err);
    if (rc == 0)
        rc = open_pipe(&exchange.output_fd, &stdout_fd, err);
    if (rc == 0)
        rc = make_nonblocking(exchange.input_fd, err);
    if (rc == 0)
        rc = make_nonblocking(exchange.output_fd, err);
    if (rc < 0)
        return rc;
    piped.stdin_fd = stdin_fd;
    piped.stdout_fd = stdout_fd;
    stdin_fd = -1;
    stdout_fd = -1;
    return exchange_data(&piped, &exchange, deadline_ms, ret_status, err);
}
