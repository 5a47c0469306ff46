#include "tests/fleet/fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/cache/due.h"
#include "common/worker/retry.h"

#define TIMEOUT (8 * SECOND) /* credential.conf's default */

struct host {
    struct caller caller;
    unsigned attempt; /* the next event is this attempt of a request; 0: somebody asks */
    bool has_token;   /* something is cached */
    bool failing;     /* the last ask came to nothing */
    int64_t received; /* when the token was */
    uint64_t seed;    /* of the token */
    int64_t failed;   /* when a request failed for the last time; -1: never since a token came */
    int64_t deadline; /* of the request that is on its way */
    uint64_t boot_id;
};

struct event {
    int64_t when;
    size_t host;
};

struct fleet {
    const struct setup *setup;
    struct endpoint endpoint;
    struct outcome *outcome;
    struct host *hosts;
    struct event *heap; /* one event for each host */
    size_t without;     /* hosts that are failing */
    size_t never;       /* hosts that never had a token */
};

/* ---- the order of events */

static bool
is_before(const struct event *a, const struct event *b)
{
    return a->when != b->when ? a->when < b->when : a->host < b->host;
}

/* The first event has got a later time: puts it where it belongs. */
static void
sift_down(struct event *heap, size_t len)
{
    const struct event moved = heap[0];
    size_t i = 0;

    for (size_t child; (child = 2 * i + 1) < len; i = child) {
        if (child + 1 < len && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &moved))
            break;
        heap[i] = heap[child];
    }
    heap[i] = moved;
}

/* ---- what the helper knows */

static struct ts_due_question
question_at(const struct fleet *fleet, const struct host *host, int64_t elapsed)
{
    const struct setup *setup = fleet->setup;

    return (struct ts_due_question){.life = setup->life,
                                    .remaining = setup->life - elapsed,
                                    .min_valid = setup->min_valid,
                                    .age = elapsed,
                                    .max_age = setup->max_age,
                                    .seed = host->seed};
}

static enum ts_due
judge(const struct fleet *fleet, const struct host *host, int64_t now)
{
    const struct ts_due_question question =
        question_at(fleet, host, (now - host->received) / SECOND);

    return host->has_token ? ts_due_check(&question) : TS_DUE_SPENT;
}

/* When the token is no longer fresh: nothing happens before, whoever asks. By bisection, as a token
 * never gets fresher. */
static int64_t
fresh_until(const struct fleet *fleet, const struct host *host)
{
    int64_t fresh = 0, due = fleet->setup->life;

    while (due - fresh > 1) {
        int64_t middle = fresh + (due - fresh) / 2;
        const struct ts_due_question question = question_at(fleet, host, middle);

        if (ts_due_check(&question) == TS_DUE_FRESH)
            fresh = middle;
        else
            due = middle;
    }
    return host->received + due * SECOND;
}

static bool
has_failed_lately(const struct fleet *fleet, const struct host *host, int64_t now)
{
    const struct ts_due_question question =
        question_at(fleet, host, (now - host->received) / SECOND);

    return host->failed >= 0 && now - host->failed < ts_due_pause_ms(&question, host->failed);
}

/* ---- what happens */

/* The bytes of a token follow from its key, scopes and second. */
static void
receive_token(struct fleet *fleet, size_t number, int64_t now)
{
    struct host *host = &fleet->hosts[number];
    struct ts_clock received = {.wall = now / SECOND, .boot_ms = now};
    char token[64];

    snprintf(token, sizeof(token), "key %zu at %" PRId64, fleet->setup->one_key ? 0 : number,
             now / SECOND);
    snprintf(received.boot_id, sizeof(received.boot_id), "%016" PRIx64, host->boot_id);
    fleet->never -= !host->has_token;
    if (fleet->never == 0 && fleet->outcome->all_served < 0)
        fleet->outcome->all_served = now;
    host->has_token = true;
    host->received = now;
    host->seed = ts_due_seed(token, strlen(token), &received);
    host->failed = -1;
    fleet->outcome->granted++;
}

/* Apart from the product's own functions: what the design promises of a token handed out. */
static bool
keeps_promises(const struct fleet *fleet, const struct host *host, int64_t now)
{
    const struct setup *setup = fleet->setup;
    int64_t age = (now - host->received) / SECOND;

    return host->has_token && setup->life - age >= setup->min_valid &&
           (setup->max_age < 0 || age <= setup->max_age);
}

/* The caller is handed the cached token, or an error; returns when there is something to do next.
 */
static int64_t
answer_caller(struct fleet *fleet, struct host *host, int64_t now, bool with_token)
{
    host->attempt = 0;
    fleet->outcome->broken += with_token && !keeps_promises(fleet, host, now);
    fleet->outcome->failed += !with_token;
    fleet->without += (size_t)!with_token - (size_t)host->failing;
    host->failing = !with_token;
    if (now >= fleet->endpoint.outage_end && fleet->without == 0 && fleet->outcome->outage_over < 0)
        fleet->outcome->outage_over = now;
    int64_t from =
        with_token && judge(fleet, host, now) == TS_DUE_FRESH ? fresh_until(fleet, host) : now;
    return caller_next(&host->caller, from, !with_token);
}

/* Returns when the next thing happens to this host. */
static int64_t
attempt_request(struct fleet *fleet, size_t number, int64_t now)
{
    struct host *host = &fleet->hosts[number];
    struct answer answer = endpoint_ask(&fleet->endpoint, now);

    load_count(&fleet->outcome->load, now);
    now = answer.when;
    if (answer.status == 200) {
        receive_token(fleet, number, now);
        return answer_caller(fleet, host, now, true);
    }
    const struct ts_retry_attempt attempt = {.number = host->attempt,
                                             .status = answer.status,
                                             .retry_after_ms = answer.retry_after,
                                             .left_ms = host->deadline - now};
    int64_t wait = ts_retry_wait_ms(&attempt, (uint32_t)random_next());
    if (wait < 0) {
        enum ts_due due = judge(fleet, host, now);

        host->failed = now;
        return answer_caller(fleet, host, now, due != TS_DUE_SPENT);
    }
    host->attempt++;
    return now + wait;
}

static int64_t
handle(struct fleet *fleet, size_t number, int64_t now)
{
    struct host *host = &fleet->hosts[number];

    if (host->attempt == 0) {
        enum ts_due due = judge(fleet, host, now);

        if (due == TS_DUE_FRESH || (due == TS_DUE_EARLY && has_failed_lately(fleet, host, now)))
            return answer_caller(fleet, host, now, true);
        host->attempt = 1;
        host->deadline = now + TIMEOUT;
    }
    return attempt_request(fleet, number, now);
}

static void
start(struct fleet *fleet)
{
    size_t hosts = fleet->setup->hosts;

    fleet->hosts = calloc(hosts, sizeof(fleet->hosts[0]));
    fleet->heap = calloc(hosts, sizeof(fleet->heap[0]));
    if (fleet->hosts == NULL || fleet->heap == NULL) {
        fprintf(stderr, "fleet: out of memory\n");
        exit(1);
    }
    for (size_t i = 0; i < hosts; i++) {
        caller_init(&fleet->hosts[i].caller, i);
        fleet->hosts[i].failed = -1;
        fleet->hosts[i].boot_id = random_next();
        fleet->heap[i].host = i; /* all at time 0: in order */
    }
    fleet->never = hosts;
    endpoint_init(&fleet->endpoint);
    *fleet->outcome = (struct outcome){.all_served = -1, .outage_over = -1};
    load_init(&fleet->outcome->load, fleet->setup->duration);
}

void
simulate(const struct setup *setup, struct outcome *ret)
{
    struct fleet fleet = {.setup = setup, .endpoint = setup->endpoint, .outcome = ret};
    bool over = false;

    start(&fleet);
    for (int64_t now; (now = fleet.heap[0].when) < setup->duration;) {
        if (!over && now >= fleet.endpoint.outage_end) {
            over = true;
            ret->without_at_end = fleet.without;
        }
        fleet.heap[0].when = handle(&fleet, fleet.heap[0].host, now);
        sift_down(fleet.heap, setup->hosts);
    }
    free(fleet.hosts);
    free(fleet.heap);
}
