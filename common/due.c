#include "common/due.h"

/* A tenth of the life, so that hosts that started together drift apart within a few lives; but
 * never more than half of what lies between the life and min_valid, or a new token would be due. */
static int64_t
jitter_max(const struct ts_due_question *question)
{
    int64_t tenth = question->life / 10;
    int64_t half = (question->life - question->min_valid) / 2;

    return half < 0 ? 0 : half < tenth ? half : tenth;
}

enum ts_due
ts_due_judge(const struct ts_due_question *question)
{
    uint64_t range = (uint64_t)jitter_max(question) + 1;
    int64_t jitter = (int64_t)((question->seed ^ question->seed >> 32) % range);

    if (question->remaining <= 0 || question->remaining < question->min_valid)
        return TS_DUE_SPENT;
    return question->remaining < question->min_valid + jitter ? TS_DUE_EARLY : TS_DUE_FRESH;
}
