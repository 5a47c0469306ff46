/*
 * Failures that are the proxy's and not the endpoint's. Messages name the proxy by host and port
 * and the setting that it came from; its user name and password appear in none of them, so
 * libcurl's own text is not quoted.
 */
#ifndef TS_WORKER_PROXY_H
#define TS_WORKER_PROXY_H

#include <curl/curl.h>
#include <stdbool.h>

#include "common/base/error.h"
#include "common/config/request.h"

/* An exchange with `host` that failed: its handle, libcurl's result and libcurl's text. */
struct ts_proxy_failure {
    CURL *easy;
    CURLcode code;
    const char *host;
    const char *reason;
};

/* Whether the proxy is to blame; then *err says so, with TS_ERR_UNAVAILABLE. The endpoint is an
 * https one and has a proxy. */
bool ts_proxy_explain(const struct ts_endpoint *endpoint, const struct ts_proxy_failure *failure,
                      struct ts_err *err);

#endif
