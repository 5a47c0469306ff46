/*
 * One POST to the token endpoint, by libcurl: https only, certificate and host name verified,
 * TLS 1.2 or newer, no redirects, cookies or netrc, everything that comes back capped while it
 * comes. With response.c, which parses
 * dates by it, the only place that knows libcurl.
 */
#ifndef TS_WORKER_ENDPOINT_H
#define TS_WORKER_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/config/request.h"
#include "common/base/secret.h"
#include "common/worker/response.h"

/* Before and after everything else here, once per process. 0 or TS_ERR_SYSTEM. */
int ts_endpoint_start(struct ts_err *err);
void ts_endpoint_stop(void);

/*
 * Posts the JSON `body` and waits for the answer until `deadline_ms` (CLOCK_BOOTTIME). Returns 0
 * with *ret filled, whatever the HTTP status is; TS_ERR_UNAVAILABLE, ret->is_unsent saying whether
 * the connection was never made, so that asking again cannot do harm; TS_ERR_ANSWER where the
 * answer is too large or not HTTP; TS_ERR_CONFIG for an URL, pin, proxy or CA file that cannot be
 * used; TS_ERR_NOMEM.
 */
int ts_endpoint_post(const struct ts_endpoint *endpoint, const struct ts_secret *body,
                     int64_t deadline_ms, struct ts_response *ret, struct ts_err *err);

/*
 * The same for many bodies, on one connection as long as the server keeps it. The endpoint stays
 * the caller's and outlives the connection. No body is ever sent twice by one call, also where the
 * connection breaks.
 */
struct ts_connection;
int ts_endpoint_open(const struct ts_endpoint *endpoint, struct ts_connection **ret,
                     struct ts_err *err);
int ts_endpoint_send(struct ts_connection *connection, const struct ts_secret *body,
                     int64_t deadline_ms, struct ts_response *ret, struct ts_err *err);
void ts_endpoint_close(struct ts_connection **connection);

#endif
