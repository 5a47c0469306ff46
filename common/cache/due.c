#include "common/cache/due.h"
#include "common/base/text.h"

#include <string.h>

#define PAUSE_MS 30000

/* Seconds for which a token that still lives `remaining` and is `age` old will be handed out; the
 * last is 0, less is too late. */
static int64_t
usable(const struct ts_due_question *question, int64_t remaining, int64_t age)
{
    int64_t by_life = remaining - question->min_valid;
    int64_t by_age = question->max_age - age;

    return question->max_age >= 0 && by_age < by_life ? by_age : by_life;
}

/* FNV-1a leaves the high bits of short inputs alike; the remainder needs all of them. */
static int64_t
pick(uint64_t seed, int64_t most)
{
    return most <= 0 ? 0 : (int64_t)((seed ^ seed >> 32) % ((uint64_t)most + 1));
}

/*
 * Up to half of the time in use. Then hosts that all start in one moment make at most 1.5 times the
 * mean load in their first wave already (3/4 of the time is used in the mean, the wave is 1/2
 * wide), and less in the next; a tenth of the life took them more than two days. And an endpoint's
 * outage shorter than the jitter is one that most do not notice. A new token is never due.
 */
enum ts_due
ts_due_check(const struct ts_due_question *question)
{
    int64_t elapsed = question->life - question->remaining;

    if (question->remaining <= 0 || usable(question, question->remaining, question->age) < 0)
        return TS_DUE_SPENT;
    int64_t whole = usable(question, question->life, question->age - elapsed);
    int64_t left = usable(question, question->remaining, question->age);
    return left < pick(question->seed, whole / 2) ? TS_DUE_EARLY : TS_DUE_FRESH;
}

uint64_t
ts_due_seed(const void *token, size_t len, const struct ts_clock *received)
{
    uint64_t seed = TS_FNV1A64_SEED;

    seed = ts_text_fnv1a64(&received->boot_ms, sizeof(received->boot_ms), seed);
    seed = ts_text_fnv1a64(received->boot_id, strlen(received->boot_id), seed);
    return ts_text_fnv1a64(token, len, seed);
}

int64_t
ts_due_pause_ms(const struct ts_due_question *question, int64_t failed_boot_ms)
{
    int64_t left = usable(question, question->remaining, question->age);
    uint64_t seed = ts_text_fnv1a64(&failed_boot_ms, sizeof(failed_boot_ms), question->seed);

    return PAUSE_MS + pick(seed, left * 1000);
}
