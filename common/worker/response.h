/*
 * An answer as it comes from the endpoint: status, body, and the few headers that matter here
 * (RFC 9110): Date, Retry-After, Content-Type.
 */
#ifndef TS_WORKER_RESPONSE_H
#define TS_WORKER_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"

#define TS_ANSWER_MAX ((size_t)64 * 1024) /* of the body, and of all headers together */

struct ts_response {
    long status;
    int64_t date;           /* the Date header, Unix seconds; -1 where there is none */
    int64_t took_ms;        /* from before the request was sent to the answer's end */
    int64_t retry_after_ms; /* the Retry-After header, counted from receipt; -1: none */
    bool is_text;           /* Content-Type: text/plain */
    bool is_unsent;         /* there is none, because no connection was made */
    const char *failed_at;  /* where there is none: ts_failure_stage of it; else NULL */
    struct ts_secret body;
};

#define TS_RESPONSE_INIT                                                                           \
    ((struct ts_response){.date = -1, .retry_after_ms = -1, .body = TS_SECRET_INIT(TS_ANSWER_MAX)})

void ts_response_release(struct ts_response *response);

/* Takes one header line, line end included, as it came. `now` is the local clock, for a
 * Retry-After that names a time where no Date has the server's. */
void ts_response_read_header(struct ts_response *response, const char *line, size_t len,
                             int64_t now);

#endif
