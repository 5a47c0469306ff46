/*
 * Lines that come in pieces: whatever the pieces are, each line is there once, whole and in its
 * order, one that is too long is an error, and the end is found. The first byte is the size of the
 * pieces.
 */
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/lines.h"

#define LONGEST 40

/* Writes the next piece; closes the pipe at the end. */
static void
feed(int *fd, const char **text, size_t *left, size_t piece)
{
    const size_t len = *left < piece ? *left : piece;

    if (len == 0 || ts_write_all(*fd, *text, len) < 0) {
        ts_fd_close(fd);
        return;
    }
    *text += len;
    *left -= len;
}

static void
check_line(int rc, const struct ts_line *line, const char *expected, size_t len)
{
    if (len > LONGEST ? rc != TS_ERR_TOO_LARGE
                      : rc != 1 || line->len != len || memcmp(line->text, expected, len) != 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];

    /* No more than a pipe takes. */
    if (size < 1 || size > 4096 || pipe(ends) != 0)
        return 0;
    TS_CLEANUP(ts_fd_close) int input = ends[0];
    TS_CLEANUP(ts_lines_release) struct ts_lines lines = TS_LINES_INIT(input, LONGEST);
    TS_CLEANUP(ts_fd_close) int output = ends[1];
    const char *text = (const char *)data + 1, *expected = text;
    size_t left = size - 1, unseen = left;

    for (;;) {
        struct ts_line line = {NULL, 0};
        struct ts_err err = {0};
        int rc;

        /* A deadline that has passed: what is there is read, and nothing is waited for. */
        while ((rc = ts_lines_next(&lines, 0, &line, &err)) == TS_ERR_TIMEOUT && output >= 0)
            feed(&output, &text, &left, (size_t)data[0] + 1);
        if (unseen == 0)
            return rc == 0 ? 0 : (abort(), 0);
        const char *newline = memchr(expected, '\n', unseen);
        const size_t len = newline != NULL ? (size_t)(newline - expected) : unseen;
        check_line(rc, &line, expected, len);
        expected += len + (newline != NULL ? 1 : 0);
        unseen -= len + (newline != NULL ? 1 : 0);
    }
}
