/*
 * DIR/requests.log: one line of JSON for every request, before it is answered, for tests to count.
 *
 *     {"time","method","path","status","key_id","scopes","expiry","fault","cookie"}
 *
 * `time` is seconds since 1970 by the real clock. `status` is 0 where no answer is going out.
 * `key_id`, `scopes` and `expiry` are null where they were missing or not valid, so that a private
 * key or token in their place is not logged; `fault` is null without one; `cookie` says whether the
 * request had a Cookie header.
 */
#ifndef ISSUER_REQUEST_LOG_H
#define ISSUER_REQUEST_LOG_H

#include "exchange.h"

/* Appends the line with one write. A failure is reported and otherwise ignored. */
void request_log(const struct exchange *exchange);

#endif
