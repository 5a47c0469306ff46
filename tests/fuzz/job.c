/* A job that the worker accepts is one that the helper could have written, and means the same. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/job.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_request_release) struct ts_request first = TS_REQUEST_INIT;
    TS_CLEANUP(ts_request_release) struct ts_request second = TS_REQUEST_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(8 * TS_JOB_MAX);
    enum ts_job_kind kind = TS_JOB_TOKEN, kind_again = TS_JOB_TOKEN;
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0 || ts_job_read(&text, &kind, &first, &err) < 0)
        return 0;
    if (ts_job_write(kind, &first, &again, &err) < 0 ||
        ts_job_read(&again, &kind_again, &second, &err) < 0 || kind != kind_again ||
        first.scopes.len != second.scopes.len || first.lifetime != second.lifetime)
        abort();
    return 0;
}
