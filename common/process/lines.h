/*
 * Lines from a descriptor, as they come: one at a time, each of bounded length, with a deadline for
 * waiting. A line that is too long is skipped to its end, and the next one can be read.
 */
#ifndef TS_LINES_H
#define TS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"

struct ts_lines {
    int fd;                  /* stays the caller's */
    size_t max;              /* bytes of a line, its end not counted */
    struct ts_secret buffer; /* what was read */
    size_t start;            /* where in it the next line begins */
    bool skips;              /* inside a line that is too long */
    bool has_ended;
};

#define TS_LINES_INIT(descriptor, longest)                                                         \
    ((struct ts_lines){                                                                            \
        .fd = (descriptor), .max = (longest), .buffer = TS_SECRET_INIT((longest) + 4096)})

/* A line without its end, valid until the next call. */
struct ts_line {
    const char *text;
    size_t len;
};

#define TS_LINES_NO_DEADLINE INT64_C(-1)

/*
 * Returns 1 with the next line; 0 at the end (a last line needs no newline); TS_ERR_TOO_LARGE once
 * for each line that is too long; TS_ERR_TIMEOUT where `deadline_ms` (CLOCK_BOOTTIME) passes before
 * the line is whole; TS_ERR_SYSTEM; or TS_ERR_NOMEM.
 */
int ts_lines_next(struct ts_lines *lines, int64_t deadline_ms, struct ts_line *ret,
                  struct ts_err *err);
void ts_lines_release(struct ts_lines *lines);

#endif
