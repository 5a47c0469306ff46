/* The worker's longer answers: what is accepted means the same when it is written again. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/job/job.h"

#define NOTHING(report) (void)(report)

#define CHECK(kind, type, release)                                                                 \
    do {                                                                                           \
        TS_CLEANUP(ts_secret_release) struct ts_secret one = TS_SECRET_INIT(8 * TS_JOB_MAX);       \
        TS_CLEANUP(ts_secret_release) struct ts_secret two = TS_SECRET_INIT(8 * TS_JOB_MAX);       \
        struct type first = {0}, again = {0};                                                      \
                                                                                                   \
        if (ts_job_read_##kind(&text, &first, &err) == 0 &&                                        \
            (ts_job_write_##kind(&first, &one, &err) < 0 ||                                        \
             ts_job_read_##kind(&one, &again, &err) < 0 ||                                         \
             ts_job_write_##kind(&again, &two, &err) < 0 || !ts_secret_equal(&one, &two)))         \
            abort();                                                                               \
        release(&first);                                                                           \
        release(&again);                                                                           \
    } while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0)
        return 0;
    CHECK(explanation, ts_explanation, NOTHING);
    CHECK(probe, ts_probe, NOTHING);
    CHECK(policy_info, ts_policy_info, ts_policy_info_release);
    return 0;
}
