#include "common/worker/retry.h"
#include "common/clock.h"
#include "common/worker/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/random.h>
#include <time.h>

int64_t
ts_retry_wait_ms(unsigned attempt, uint32_t random, int64_t retry_after_ms)
{
    int64_t most = (int64_t)TS_RETRY_FIRST_MS << (attempt - 1);
    int64_t wait = (int64_t)random % (most + 1);

    return wait > retry_after_ms ? wait : retry_after_ms;
}

static uint32_t
random_number(void)
{
    uint32_t value = 0;

    /* Without randomness all callers wait equally long, which is still a wait. */
    if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != (ssize_t)sizeof(value))
        value = TS_RETRY_FIRST_MS / 2;
    return value;
}

static void
wait_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}

static bool
is_worth_retrying(long status)
{
    return status == 429 || (status >= 500 && status <= 599);
}

int
ts_retry_post(const struct ts_request *request, const struct ts_secret *body, int64_t deadline_ms,
              struct ts_response *ret, struct ts_err *err)
{
    for (unsigned attempt = 1;; attempt++) {
        bool retry = false;

        ts_response_release(ret);
        ts_trace(request, "asking the endpoint, attempt %u of %d", attempt, TS_RETRY_ATTEMPTS);
        int rc = ts_endpoint_post(&request->endpoint, body, deadline_ms, ret, &retry, err);
        if (rc == 0) {
            ts_trace(request, "HTTP %ld, %zu bytes", ret->status, ret->body.len);
            retry = is_worth_retrying(ret->status);
        }
        if (!retry || attempt == TS_RETRY_ATTEMPTS)
            return rc;
        int64_t wait = ts_retry_wait_ms(attempt, random_number(), ret->retry_after_ms);
        if (wait >= ts_clock_left_ms(deadline_ms)) {
            ts_trace(request, "the next attempt would be too late");
            return rc;
        }
        ts_trace(request, "again in %" PRId64 " ms", wait);
        wait_ms(wait);
    }
}
