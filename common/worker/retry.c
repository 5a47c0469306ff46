#include "common/worker/retry.h"
#include "common/base/clock.h"
#include "common/worker/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/random.h>
#include <time.h>

static bool
can_retry(const struct ts_retry_attempt *attempt)
{
    return attempt->unconnected || attempt->status == 429 ||
           (attempt->status >= 500 && attempt->status <= 599);
}

int64_t
ts_retry_wait_ms(const struct ts_retry_attempt *attempt, uint32_t random)
{
    if (!can_retry(attempt) || attempt->number >= TS_RETRY_ATTEMPTS)
        return -1;
    int64_t told = attempt->retry_after_ms > 0 ? attempt->retry_after_ms : 0;
    int64_t room = attempt->left_ms - told;
    if (room <= 0)
        return -1;
    int64_t backoff = (int64_t)TS_RETRY_FIRST_MS << (attempt->number - 1);
    if (backoff > room / 2)
        backoff = room / 2;
    return told + (int64_t)random % (backoff + 1);
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
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000 * 1000000)};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        ;
}

int
ts_retry_post(const struct ts_retry_call *call, const struct ts_secret *body, int64_t deadline_ms,
              struct ts_response *ret, struct ts_err *err)
{
    const struct ts_request *request = call->request;

    for (unsigned number = 1;; number++) {
        struct ts_retry_attempt attempt = {.number = number};

        ts_response_release(ret);
        ts_trace(request, "asking the endpoint, attempt %u of %d", number, TS_RETRY_ATTEMPTS);
        int rc = call->connection != NULL
                     ? ts_endpoint_send(call->connection, body, deadline_ms, ret, err)
                     : ts_endpoint_post(&request->endpoint, body, deadline_ms, ret, err);
        attempt.unconnected = ret->is_unsent;
        if (rc == 0) {
            ts_trace(request, "HTTP %ld, %zu bytes", ret->status, ret->body.len);
            attempt.status = ret->status;
        }
        attempt.retry_after_ms = ret->retry_after_ms;
        attempt.left_ms = ts_clock_left_ms(deadline_ms);
        int64_t wait = ts_retry_wait_ms(&attempt, random_number());
        if (wait < 0) {
            if (can_retry(&attempt))
                ts_trace(request,
                         "no further attempt: the limit of attempts or of time is reached");
            return rc;
        }
        ts_trace(request, "again in %" PRId64 " ms", wait);
        wait_ms(wait);
    }
}
