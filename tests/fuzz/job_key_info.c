/* What the worker tells of a key means the same when it is written again, and all that follows from
 * it can be worked out and shown, whatever the day. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "helper/command/key_findings.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret one = TS_SECRET_INIT(8 * TS_JOB_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret two = TS_SECRET_INIT(8 * TS_JOB_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret lines = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_key_info_release) struct ts_key_info first = {.bits = 0}, again = {.bits = 0};
    struct key_findings findings = {.text = &lines};
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0 || ts_job_read_key_info(&text, &first, &err) < 0)
        return 0;
    if (ts_job_write_key_info(&first, &one, &err) < 0 ||
        ts_job_read_key_info(&one, &again, &err) < 0 ||
        ts_job_write_key_info(&again, &two, &err) < 0 || !ts_secret_equal(&one, &two))
        abort();
    if (key_findings_check(&findings, &first, 1795478400) < 0 ||
        key_findings_check(&findings, &first, 0) < 0 || lines.data[lines.len - 1] != '\n')
        abort();
    /* Three lines each. */
    size_t newlines = 0;
    for (size_t i = 0; i < lines.len; i++)
        newlines += lines.data[i] == '\n';
    return newlines == 6 ? 0 : (abort(), 0);
}
