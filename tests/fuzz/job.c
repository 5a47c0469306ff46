/* A job that the worker accepts is one that the helper could have written, and means the same. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "common/base/cleanup.h"
#include "common/job/job.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_job_release) struct ts_job first = TS_JOB_INIT;
    TS_CLEANUP(ts_job_release) struct ts_job second = TS_JOB_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(8 * TS_JOB_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret third = TS_SECRET_INIT(8 * TS_JOB_MAX);
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0 || ts_job_read(&text, &first, &err) < 0)
        return 0;
    if (ts_job_encode(&first, &again, &err) < 0 || ts_job_read(&again, &second, &err) < 0 ||
        ts_job_encode(&second, &third, &err) < 0 || !ts_secret_equal(&again, &third) ||
        first.kind != second.kind || first.request.scopes.len != second.request.scopes.len ||
        !ts_secret_equal(&first.explain.token, &second.explain.token))
        abort();
    return 0;
}
