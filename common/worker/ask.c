#include "common/worker/ask.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/json/json_write.h"
#include "common/worker/answer.h"
#include "common/worker/endpoint.h"
#include "common/worker/retry.h"
#include "common/worker/trace.h"

#include <inttypes.h>

/* The key, scopes and punctuation of a request. */
#define BODY_MAX ((size_t)256 * 1024)

static int64_t
expiry_of(const struct ts_request *request)
{
    if (!request->endpoint.expiry_in_minutes)
        return request->lifetime;
    return request->lifetime < 60 ? 1 : request->lifetime / 60;
}

static int
write_body(const struct ts_request *request, const struct ts_api_key *key, struct ts_secret *ret,
           struct ts_err *err)
{
    struct ts_json_writer body = ts_json_begin(ret);

    ts_json_write_string(&body, "key_id", key->info.key_id);
    ts_json_write_string(&body, "private_key", ts_secret_string(&key->pem));
    ts_json_write_list(&body, "scopes", &request->scopes);
    ts_json_write_integer(&body, "expiry", expiry_of(request));
    return ts_json_end(&body) < 0 ? ts_err_nomem(err) : 0;
}

static int
post_request(const struct ts_request *request, const struct ts_api_key *key, int64_t deadline_ms,
             struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret body = TS_SECRET_INIT(BODY_MAX);

    const struct ts_retry_call call = {request, NULL};

    int rc = write_body(request, key, &body, err);
    if (rc == 0)
        rc = ts_retry_post(&call, &body, deadline_ms, &response, err);
    if (rc == 0)
        rc = ts_answer_check_status(&response, key, err);
    if (rc == 0)
        rc = ts_answer_read(&response, request, key, ts_clock_wall(), ret, err);
    return rc;
}

int
ts_ask(const struct ts_request *request, const struct ts_api_key *key, int64_t deadline_ms,
       struct ts_grant *ret, struct ts_err *err)
{
    int rc = ts_endpoint_start(err);

    if (rc < 0)
        return rc;
    rc = post_request(request, key, deadline_ms, ret, err);
    ts_endpoint_stop();
    if (rc == 0)
        ts_trace(request, "granted for %" PRId64 " s, response_id %s", ret->life, ret->response_id);
    return rc;
}
