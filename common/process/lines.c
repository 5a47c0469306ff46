#include "common/process/lines.h"
#include "common/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void
ts_lines_release(struct ts_lines *lines)
{
    ts_secret_release(&lines->buffer);
    lines->start = 0;
}

/* Makes room: what was returned already goes, and so does a part of a line that is skipped. */
static void
drop_done(struct ts_lines *lines)
{
    struct ts_secret *buffer = &lines->buffer;
    const size_t rest = buffer->len - lines->start;

    if (lines->skips || rest == 0) {
        ts_secret_truncate(buffer, 0);
    } else if (lines->start > 0) {
        memmove(buffer->data, buffer->data + lines->start, rest);
        ts_secret_truncate(buffer, rest);
    }
    lines->start = 0;
}

static int
await_data(const struct ts_lines *lines, int64_t deadline_ms, struct ts_err *err)
{
    struct pollfd wanted = {.fd = lines->fd, .events = POLLIN};

    for (;;) {
        int ready = poll(&wanted, 1,
                         deadline_ms == TS_LINES_NO_DEADLINE ? -1 : ts_clock_left_ms(deadline_ms));

        if (ready > 0)
            return 0;
        if (ready == 0)
            return ts_err_set(err, TS_ERR_TIMEOUT, "no line came in time");
        if (errno != EINTR)
            return ts_err_errno(err, TS_ERR_SYSTEM, "cannot wait for a line");
    }
}

static int
read_more(struct ts_lines *lines, int64_t deadline_ms, struct ts_err *err)
{
    char chunk[4096];
    int rc = await_data(lines, deadline_ms, err);

    if (rc < 0)
        return rc;
    ssize_t got = read(lines->fd, chunk, sizeof(chunk));
    if (got < 0)
        return errno == EINTR || errno == EAGAIN
                   ? 0
                   : ts_err_errno(err, TS_ERR_SYSTEM, "cannot read a line");
    lines->has_ended = got == 0;
    drop_done(lines);
    return ts_secret_append(&lines->buffer, chunk, (size_t)got) < 0 ? ts_err_nomem(err) : 0;
}

/* Takes the first `len` bytes and, where `has_newline` says so, the newline behind them. */
static int
take_line(struct ts_lines *lines, size_t len, bool has_newline, struct ts_line *ret,
          struct ts_err *err)
{
    const bool is_too_long = lines->skips || len > lines->max;

    *ret = (struct ts_line){ts_secret_string(&lines->buffer) + lines->start, len};
    lines->start += len + (has_newline ? 1 : 0);
    lines->skips = false;
    if (is_too_long)
        return ts_err_set(err, TS_ERR_TOO_LARGE, "a line is longer than %zu bytes", lines->max);
    return 1;
}

int
ts_lines_next(struct ts_lines *lines, int64_t deadline_ms, struct ts_line *ret, struct ts_err *err)
{
    /* How much of the rest is known to hold no newline. */
    size_t searched = 0;

    for (;;) {
        const char *rest = ts_secret_string(&lines->buffer) + lines->start;
        const size_t len = lines->buffer.len - lines->start;
        const char *newline = len > searched ? memchr(rest + searched, '\n', len - searched) : NULL;

        if (newline != NULL)
            return take_line(lines, (size_t)(newline - rest), true, ret, err);
        if (lines->has_ended)
            return len > 0 || lines->skips ? take_line(lines, len, false, ret, err) : 0;
        lines->skips = lines->skips || len > lines->max;
        searched = lines->skips ? 0 : len;
        int rc = read_more(lines, deadline_ms, err);
        if (rc < 0)
            return rc;
    }
}
