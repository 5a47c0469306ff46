#include "tests/fleet/fleet.h"

void
endpoint_init(struct endpoint *endpoint)
{
    endpoint->allowance = endpoint->limit * MINUTE;
    endpoint->filled = 0;
    endpoint->busy_until = 0;
}

/* Takes a request from the bucket; false where there is none left. Counted in thousandths. */
static bool
is_within_limit(struct endpoint *endpoint, int64_t now)
{
    int64_t most = endpoint->limit * MINUTE;
    int64_t more = (now - endpoint->filled) * endpoint->limit;

    if (endpoint->limit == 0)
        return true;
    endpoint->allowance = endpoint->allowance + more < most ? endpoint->allowance + more : most;
    endpoint->filled = now;
    if (endpoint->allowance < SECOND)
        return false;
    endpoint->allowance -= SECOND;
    return true;
}

struct answer
endpoint_ask(struct endpoint *endpoint, int64_t now)
{
    int64_t soon = now + 50 + random_below(100);
    int64_t now_us = now * 1000;

    if (now >= endpoint->outage_begin && now < endpoint->outage_end)
        return (struct answer){503, -1, soon};
    if (!is_within_limit(endpoint, now))
        return (struct answer){429, endpoint->retry_after, soon};
    if (endpoint->busy_until < now_us)
        endpoint->busy_until = now_us;
    if (endpoint->busy_until - now_us > ENDPOINT_QUEUE * 1000)
        return (struct answer){503, -1, soon};
    endpoint->busy_until += 1000000 / endpoint->capacity;
    return (struct answer){200, -1, soon + (endpoint->busy_until - now_us) / 1000};
}
