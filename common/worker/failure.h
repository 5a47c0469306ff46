/*
 * libcurl's result codes as our errors: what each means for the caller, and what to do.
 */
#ifndef TS_WORKER_FAILURE_H
#define TS_WORKER_FAILURE_H

#include <curl/curl.h>
#include <stdbool.h>

#include "common/base/error.h"

/* An exchange with `host` that failed; `reason` is libcurl's, or "". Returns the code set. */
int ts_failure_set(struct ts_err *err, CURLcode code, const char *host, const char *reason);

/* An option that libcurl did not take. Returns the code set. */
int ts_failure_set_option(struct ts_err *err, CURLcode code);

/* Whether no connection was made: not one byte of the request is out, so asking again is safe. */
bool ts_failure_is_before_connection(CURLcode code);

/* How far the exchange came, in a word: resolve, proxy, connect, tls, ca, timeout, http, broken. */
const char *ts_failure_stage(CURLcode code);

#endif
