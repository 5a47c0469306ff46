#include "tests/fleet/fleet.h"

#include <math.h>

static uint64_t state;

void
random_seed(uint64_t seed)
{
    state = seed;
}

/* splitmix64 */
uint64_t
random_next(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

int64_t
random_below(int64_t bound)
{
    return (int64_t)(random_next() % (uint64_t)bound);
}

int64_t
random_interval(int64_t mean)
{
    double even = (double)((random_next() >> 11) + 1) * 0x1p-53; /* over 0, at most 1 */

    return 1 + (int64_t)(-log(even) * (double)mean);
}

void
caller_init(struct caller *caller, size_t number)
{
    size_t tenth = number % 10;

    caller->kind = tenth < 6 ? CALLER_CRON : tenth < 9 ? CALLER_PERSON : CALLER_CI;
    caller->offset =
        caller->kind == CALLER_CRON ? random_below(SECOND) : 8 * HOUR + random_below(2 * HOUR);
}

static int64_t
next_minute(int64_t offset, int64_t now)
{
    int64_t minute = now / MINUTE;

    while (minute * MINUTE + offset <= now)
        minute++;
    return minute * MINUTE + offset;
}

/* The next moment from `now` on at which the person works. */
static int64_t
at_work(int64_t start, int64_t now)
{
    for (int64_t day = now / DAY;; day++) {
        int64_t begin = day * DAY + start;

        if (day % 7 < 5 && now < begin + 9 * HOUR)
            return now > begin ? now : begin;
    }
}

static int64_t
next_by_person(int64_t start, int64_t now, bool failed)
{
    if (failed)
        return now + random_interval(15 * SECOND);
    for (int64_t from = at_work(start, now);;) {
        int64_t next = from + random_interval(5 * MINUTE);

        from = at_work(start, next);
        if (from == next)
            return next;
    }
}

int64_t
caller_next(const struct caller *caller, int64_t now, bool failed)
{
    switch (caller->kind) {
    case CALLER_CRON:
        return next_minute(caller->offset, now);
    case CALLER_PERSON:
        return next_by_person(caller->offset, now, failed);
    case CALLER_CI:
    default:
        return now + random_interval(2 * SECOND);
    }
}
