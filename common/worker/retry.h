/*
 * Asking again: connections that were not made, 429 and 5xx, at most TS_RETRY_ATTEMPTS times in
 * all, with exponential backoff and full jitter, and never sooner than Retry-After says.
 */
#ifndef TS_WORKER_RETRY_H
#define TS_WORKER_RETRY_H

#include <stdint.h>

#include "common/error.h"
#include "common/request.h"
#include "common/secret.h"
#include "common/worker/endpoint.h"

#define TS_RETRY_ATTEMPTS 4
#define TS_RETRY_FIRST_MS 200

/*
 * As ts_endpoint_post, with retries. Where waiting would outlast the deadline it does not begin:
 * the last answer or error is returned at once.
 */
int ts_retry_post(const struct ts_request *request, const struct ts_secret *body,
                  int64_t deadline_ms, struct ts_response *ret, struct ts_err *err);

/*
 * How long to wait after attempt number `attempt` (from 1): `random` spread evenly over the
 * backoff, but not less than `retry_after_ms` (-1: none).
 */
int64_t ts_retry_wait_ms(unsigned attempt, uint32_t random, int64_t retry_after_ms);

#endif
