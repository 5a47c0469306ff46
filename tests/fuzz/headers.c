/* Any lines as an answer's headers: times stay in the range that sums are made in, and nobody waits
 * shorter than they were asked to. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/worker/response.h"
#include "common/worker/retry.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;

    /* Lines as libcurl hands them on: with their ends, in memory of their own, no NUL behind. */
    for (size_t start = 0, len = 0; start < size; start += len) {
        const uint8_t *end = memchr(data + start, '\n', size - start);

        len = end != NULL ? (size_t)(end - data) + 1 - start : size - start;
        char *exact = malloc(len);
        if (exact == NULL)
            return 0;
        memcpy(exact, data + start, len);
        ts_response_read_header(&response, exact, len, 1724936097);
        free(exact);
    }
    if (response.date < -1 || response.date > TS_TOKEN_TIME_MAX || response.retry_after_ms < -1)
        abort();
    int64_t told = response.retry_after_ms > 0 ? response.retry_after_ms : 0;
    for (unsigned number = 1; number < TS_RETRY_ATTEMPTS; number++) {
        const struct ts_retry_attempt attempt = {number, false, 503, response.retry_after_ms,
                                                 told + 8000};
        int64_t wait = ts_retry_wait_ms(&attempt, (uint32_t)size * 2654435761u);

        if (wait < told || wait >= attempt.left_ms)
            abort();
    }
    return 0;
}
