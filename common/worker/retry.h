/*
 * Asking again: connections that were not made, 429 and 5xx, at most TS_RETRY_ATTEMPTS times in
 * all, with exponential backoff and full jitter, and never sooner than Retry-After says.
 */
#ifndef TS_WORKER_RETRY_H
#define TS_WORKER_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/config/request.h"
#include "common/base/secret.h"
#include "common/worker/endpoint.h"

#define TS_RETRY_ATTEMPTS 4
/* With 200 ms, hosts that ask in the same moment (cron) still met in one second after all retries.
 */
#define TS_RETRY_FIRST_MS 500

struct ts_retry_call {
    const struct ts_request *request;
    struct ts_connection *connection; /* to its endpoint; or NULL: one for each attempt */
};

/*
 * As ts_endpoint_post or ts_endpoint_send, with retries. Where waiting would outlast the deadline
 * it does not begin: the last answer or error is returned at once.
 */
int ts_retry_post(const struct ts_retry_call *call, const struct ts_secret *body,
                  int64_t deadline_ms, struct ts_response *ret, struct ts_err *err);

/* What an attempt came to. */
struct ts_retry_attempt {
    unsigned number;        /* from 1 */
    bool unconnected;       /* the connection was never made */
    long status;            /* HTTP's, where there is one; else 0 */
    int64_t retry_after_ms; /* -1: none */
    int64_t left_ms;        /* of the whole request's time */
};

/*
 * How many milliseconds to wait before the next attempt, or -1 where there is to be none: the
 * backoff, evenly spread by `random` (and at most half of the time left, so that it alone never
 * costs an attempt), on top of Retry-After, so that those who were sent away together do not come
 * back together. Pure: tests/fleet simulates with it.
 */
int64_t ts_retry_wait_ms(const struct ts_retry_attempt *attempt, uint32_t random);

#endif
