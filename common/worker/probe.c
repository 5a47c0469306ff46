#include "common/worker/probe.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/worker/endpoint.h"
#include "common/worker/trace.h"

#include <stdio.h>

static void
describe_response(const struct ts_response *response, const struct ts_err *failure,
                  struct ts_probe *ret)
{
    const char *stage = failure->code == 0 ? "answer" : response->failed_at;

    /* What fails before anything is sent is a setting that cannot be used; what comes back and is
     * not taken is too large. */
    if (stage == NULL)
        stage = failure->code == TS_ERR_CONFIG ? "settings" : "http";
    (void)snprintf(ret->stage, sizeof(ret->stage), "%s", stage);
    (void)snprintf(ret->text, sizeof(ret->text), "%s", failure->text);
    ret->http_status = response->status >= 0 && response->status <= 999 ? response->status : 0;
    ret->date = response->date > 0 ? response->date : 0;
    ret->now = ts_clock_wall();
}

int
ts_probe_endpoint(const struct ts_request *request, int64_t deadline_ms, struct ts_probe *ret,
                  struct ts_err *err)
{
    TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret body = TS_SECRET_INIT(16);
    struct ts_err failure = {.code = 0};

    if (ts_secret_append_string(&body, "{}") < 0)
        return ts_err_nomem(err);
    int rc = ts_endpoint_start(err);
    if (rc < 0)
        return rc;
    ts_trace(request, "asking the endpoint without a key");
    rc = ts_endpoint_post(&request->endpoint, &body, deadline_ms, &response, &failure);
    ts_endpoint_stop();
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    describe_response(&response, &failure, ret);
    return 0;
}
