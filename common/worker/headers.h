/*
 * The few headers of an answer that matter here (RFC 9110): Date, Retry-After, Content-Type.
 */
#ifndef TS_WORKER_HEADERS_H
#define TS_WORKER_HEADERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/worker/endpoint.h"

/* Takes one header line, line end included, as it came. `now` is the local clock, for a
 * Retry-After that names a time where no Date tells the server's. */
void ts_headers_take(struct ts_response *response, const char *line, size_t len, int64_t now);

#endif
