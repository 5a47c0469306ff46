/* What is taken for an answer of the worker can be shown and handed on, and means the same when it
 * is written again. What went wrong is one line. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/job/job.h"

static void
check_grant(const struct ts_secret *text, struct ts_err *err)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant first = TS_GRANT_INIT;
    TS_CLEANUP(ts_grant_release) struct ts_grant again = TS_GRANT_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret written = TS_SECRET_INIT(8 * TS_JOB_MAX);

    if (ts_job_read_grant(text, &first, err) < 0)
        return;
    if (ts_job_write_grant(&first, &written, err) < 0 ||
        ts_job_read_grant(&written, &again, err) < 0 ||
        !ts_secret_equal(&first.token, &again.token) || first.life != again.life ||
        !ts_text_is_token(first.token.data, first.token.len) || first.life < 1 ||
        first.life > TS_TOKEN_LIFE_MAX || fuzz_has_control(first.response_id))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0)
        return 0;
    check_grant(&text, &err);
    (void)ts_job_read_module(&text, &err);
    if (err.text[0] == '\0' || fuzz_has_control(err.text) || fuzz_has_control(err.response_id))
        abort();
    return 0;
}
