/*
 * When a cached token is replaced, and how often a failing endpoint is asked for another. Pure, so
 * that tests and a simulated fleet (tests/fleet) use the very functions that the helper goes by.
 */
#ifndef TS_DUE_H
#define TS_DUE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"

enum ts_due {
    TS_DUE_FRESH, /* hand it out */
    TS_DUE_EARLY, /* it would still do, but it is this holder's turn to fetch another */
    TS_DUE_SPENT, /* it lives too short to be handed out */
};

/* All in seconds. `seed` is ts_due_seed(). */
struct ts_due_question {
    int64_t life;      /* granted */
    int64_t remaining; /* still to live */
    int64_t min_valid; /* what it must still live to be handed out */
    int64_t age;       /* since it was issued */
    int64_t max_age;   /* up to which it is handed out; -1: none */
    uint64_t seed;
};

enum ts_due ts_due_check(const struct ts_due_question *question);

/*
 * Spreads the holders of tokens over the time before they are spent, and tells everyone who
 * reads the same cache the same. From the token and from where and when it was received: hosts that
 * share an API key and ask in one second get the same bytes, and are still to part.
 */
uint64_t ts_due_seed(const void *token, size_t len, const struct ts_clock *received);

/*
 * For how long after a failure the holder of a token that is due early leaves the endpoint alone:
 * half a minute, and up to the time for which the token is still handed out (which shrinks while
 * that passes: so up to half of what it was at the failure), spread by the seed and by when it
 * failed (CLOCK_BOOTTIME). So those who can wait do not meet an endpoint that has just recovered
 * all at once.
 */
int64_t ts_due_pause_ms(const struct ts_due_question *question, int64_t failed_boot_ms);

#endif
