/*
 * When a cached token is replaced. Pure, so that tests and a simulated fleet use the very function
 * that the helper goes by.
 */
#ifndef TS_DUE_H
#define TS_DUE_H

#include <stdint.h>

enum ts_due {
    TS_DUE_FRESH, /* hand it out */
    TS_DUE_EARLY, /* it would still do, but it is this holder's turn to fetch another */
    TS_DUE_SPENT, /* it lives too short to be handed out */
};

/* All in seconds. `seed` is a hash of the token: it spreads the holders of different tokens over
 * the time before `min_valid` is reached, and tells everyone who holds the same token the same. */
struct ts_due_question {
    int64_t life;      /* granted */
    int64_t remaining; /* still to live */
    int64_t min_valid; /* what it must still live to be handed out */
    uint64_t seed;
};

enum ts_due ts_due_judge(const struct ts_due_question *question);

#endif
