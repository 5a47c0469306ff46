/*
 * A fleet of hosts that share one token endpoint, in simulated time. What a host does is decided by
 * the product's own functions (ts_due_check, ts_due_seed, ts_due_pause_ms, ts_retry_wait_ms), in
 * the order in which common/cache/refresh.c and common/worker/retry.c call them. What is a model is
 * stated here.
 *
 * Callers. Time 0 is midnight before a Monday, when every host asks at once, with nothing cached.
 *
 *     60 %  a cron job every minute, all of them within the first second of it
 *     30 %  a person, Monday to Friday for 9 hours from some time between 8 and 10 in one time
 *           zone: asks at random, every 5 minutes in the mean, and where there was no token again
 *           after 15 seconds in the mean
 *     10 %  a busy CI machine: asks at random, every 2 seconds in the mean, day and night
 *
 * A host has one request on its way at most (the lock). A caller who was waiting for a request that
 * failed gets that failure and asks again as above.
 *
 * The endpoint answers `capacity` requests a second, in order, and 50 to 150 ms later; where more
 * than ENDPOINT_QUEUE would have to wait, it turns the next away with 503. Where it has a rate
 * limit, a minute's worth may come at once, and what exceeds it is turned away with 429. During an
 * outage it turns everybody away with 503.
 */
#ifndef TS_FLEET_H
#define TS_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECOND INT64_C(1000) /* all times are in milliseconds */
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* ---- randomness: a fixed sequence, so that every run is the same */

void random_seed(uint64_t seed);
uint64_t random_next(void);
int64_t random_below(int64_t bound);
/* Exponentially distributed: the time to the next of events that come at random. */
int64_t random_interval(int64_t mean);

/* ---- who asks: callers.c */

enum caller_kind { CALLER_CRON, CALLER_PERSON, CALLER_CI };

struct caller {
    enum caller_kind kind;
    int64_t offset; /* cron: in the minute; a person: the start of work in the day */
};

/* The number of a host decides its kind; the offset is random. */
void caller_init(struct caller *caller, size_t number);

/* When it asks next, later than `now`; `failed`: it got no token just now. */
int64_t caller_next(const struct caller *caller, int64_t now, bool failed);

/* ---- who answers: endpoint.c */

#define ENDPOINT_QUEUE (5 * SECOND)

struct endpoint {
    int64_t capacity;                 /* requests a second */
    int64_t limit;                    /* requests a second; 0: none */
    int64_t retry_after;              /* what it says with a 429; -1: nothing */
    int64_t outage_begin, outage_end; /* none where they are equal */
    int64_t allowance;                /* thousandths of requests within the limit, at `filled` */
    int64_t filled;
    int64_t busy_until; /* microseconds */
};

struct answer {
    long status;
    int64_t retry_after;
    int64_t when;
};

void endpoint_init(struct endpoint *endpoint);
struct answer endpoint_ask(struct endpoint *endpoint, int64_t now);

/* ---- what it came to: load.c */

struct load {
    size_t seconds;
    uint32_t *requests; /* at the endpoint, in each second */
};

void load_init(struct load *load, int64_t duration);
void load_release(struct load *load);
void load_count(struct load *load, int64_t now);

/* Requests a second between two times: the mean, and the most in any window of that length. */
double load_mean(const struct load *load, int64_t from, int64_t to);
double load_peak(const struct load *load, int64_t from, int64_t to, int64_t window);

/* The end of the last window of a minute between two times with more than `limit` requests a
 * second; `from` where there is none. */
int64_t load_last_above(const struct load *load, int64_t from, int64_t to, double limit);

/* ---- the simulation: simulate.c */

struct setup {
    size_t hosts;
    int64_t duration;
    int64_t life, min_valid, max_age; /* seconds, as ts_due_check takes them */
    bool one_key;                     /* all hosts share an API key, else each has its own */
    struct endpoint endpoint;
};

struct outcome {
    struct load load;
    uint64_t granted;      /* tokens */
    uint64_t failed;       /* asks that came to nothing */
    uint64_t broken;       /* asks that broke a promise of the design: must be 0 */
    int64_t all_served;    /* when, for the first time, every host had got a token; or -1 */
    size_t without_at_end; /* hosts whose last ask failed, at the end of the outage */
    int64_t outage_over;   /* when, after the outage, every host had what it asked for; or -1 */
};

/* Runs it all; the outcome is released with load_release. */
void simulate(const struct setup *setup, struct outcome *ret);

#endif
