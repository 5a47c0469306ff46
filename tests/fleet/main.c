/*
 * Simulates a fleet (fleet.h) in a table of situations, prints what the endpoint saw, and checks it
 * against what the table allows:
 *
 *     fleet [--short] [NUMBER]...     only those situations, counted from 1
 *
 * Every run gives the same figures. --short leaves some out and simulates hours of what else is
 * days.
 */
#include "tests/fleet/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTS 100000
#define CAPACITY 500     /* requests a second: 13 times what the fleet needs in the mean */
#define PLENTY 20000     /* so that a cold start is over in seconds: the worst herd */
#define LIMIT 100        /* 2.5 times */
#define NOON (12 * HOUR) /* Monday's */

struct situation {
    const char *name;
    struct setup setup;
    int64_t short_duration; /* 0: not among the short ones */
    int64_t settled;        /* when the load is held to be steady */
    /* What is allowed: */
    double cold_start; /* minutes until every host has had a token */
    double first_wave; /* from then on until settled: in any minute, over the later mean; 0: any */
    double peak_to_mean;  /* once settled, in any minute */
    double recovery;      /* minutes until nobody is without a token after the outage */
    double recovery_peak; /* requests a second in any minute after the outage, over the capacity */
};

#define OPEN(requests)                                                                             \
    {                                                                                              \
        .capacity = (requests), .retry_after = -1                                                  \
    }

static const struct situation situations[] = {
    {.name = "an API key for each host",
     .setup = {HOSTS, 7 * DAY, 3600, 300, -1, false, OPEN(PLENTY)},
     .settled = 6 * HOUR,
     .cold_start = 1,
     .first_wave = 1.5,
     .peak_to_mean = 1.5},
    {.name = "one API key for all",
     .setup = {HOSTS, 7 * DAY, 3600, 300, -1, true, OPEN(PLENTY)},
     .short_duration = 12 * HOUR,
     .settled = 6 * HOUR,
     .cold_start = 1,
     .first_wave = 1.5,
     .peak_to_mean = 1.5},
    {.name = "max_age = 20m",
     .setup = {HOSTS, 2 * DAY, 3600, 300, 1200, false, OPEN(CAPACITY)},
     .short_duration = 6 * HOUR,
     .settled = 3 * HOUR,
     .cold_start = 20,
     .peak_to_mean = 1.5},
    {.name = "an outage of ten minutes",
     .setup = {HOSTS,
               2 * DAY,
               3600,
               300,
               -1,
               false,
               {.capacity = CAPACITY,
                .retry_after = -1,
                .outage_begin = NOON,
                .outage_end = NOON + 10 * MINUTE}},
     .short_duration = NOON + 150 * MINUTE,
     .settled = 6 * HOUR,
     .cold_start = 20,
     .peak_to_mean = 1.5,
     .recovery = 5,
     .recovery_peak = 1},
    {.name = "a rate limit, 429",
     .setup = {HOSTS,
               DAY,
               3600,
               300,
               -1,
               false,
               {.capacity = CAPACITY, .limit = LIMIT, .retry_after = -1}},
     .settled = 3 * HOUR,
     .cold_start = 30,
     .peak_to_mean = 1.5},
    {.name = "a rate limit, 429 with Retry-After: 5",
     .setup = {HOSTS,
               DAY,
               3600,
               300,
               -1,
               false,
               {.capacity = CAPACITY, .limit = LIMIT, .retry_after = 5 * SECOND}},
     .short_duration = 6 * HOUR,
     .settled = 3 * HOUR,
     .cold_start = 30,
     .peak_to_mean = 1.5},
    {.name = "a rate limit, 429 with Retry-After: 60",
     .setup = {HOSTS,
               DAY,
               3600,
               300,
               -1,
               false,
               {.capacity = CAPACITY, .limit = LIMIT, .retry_after = 60 * SECOND}},
     .settled = 3 * HOUR,
     .cold_start = 30,
     .peak_to_mean = 1.5},
};

static unsigned passed, failed;

/* A figure that must not be over its limit, nor missing (negative). */
static void
check(const char *what, double figure, double limit)
{
    bool good = figure >= 0 && figure <= limit;

    passed += good;
    failed += !good;
    printf("  %-6s %-58s %9.2f  at most %.2f\n", good ? "ok" : "not ok", what, figure, limit);
}

static void
show(const char *what, double figure)
{
    printf("         %-58s %9.1f\n", what, figure);
}

static double
minutes(int64_t from, int64_t to)
{
    return to < 0 ? -1 : (double)(to - from) / MINUTE;
}

static void
report_peaks(const struct load *load, int64_t from, int64_t to)
{
    show("requests/s, most in any second", load_peak(load, from, to, SECOND));
    show("requests/s, most in any 10 seconds", load_peak(load, from, to, 10 * SECOND));
    show("requests/s, most in any minute", load_peak(load, from, to, MINUTE));
}

static void
report_outage(const struct situation *situation, const struct outcome *outcome)
{
    const struct endpoint *endpoint = &situation->setup.endpoint;
    const struct load *load = &outcome->load;
    int64_t begin = endpoint->outage_begin, end = endpoint->outage_end, later = end + 2 * HOUR;
    double before = load_mean(load, begin - HOUR, begin);

    printf(" the outage\n");
    show("requests/s, in the hour before", before);
    show("requests/s, in it", load_mean(load, begin, end));
    show("hosts without a token at its end", (double)outcome->without_at_end);
    printf(" after it\n");
    report_peaks(load, end, later);
    show("minutes until the load is below 1.5 of what it was, for good",
         minutes(end, load_last_above(load, end, later, 1.5 * before)));
    check("minutes until nobody is without a token", minutes(end, outcome->outage_over),
          situation->recovery);
    check("most requests/s in any minute, over the capacity",
          load_peak(load, end, later, MINUTE) / (double)endpoint->capacity,
          situation->recovery_peak);
}

static void
report(const struct situation *situation, const struct setup *setup, const struct outcome *outcome)
{
    bool has_outage = setup->endpoint.outage_end > 0;
    int64_t settled = situation->settled;
    int64_t end = has_outage ? setup->endpoint.outage_begin : setup->duration;
    const struct load *load = &outcome->load;
    double mean = load_mean(load, settled, end);

    printf("%s\n cold start\n", situation->name);
    report_peaks(load, 0, 30 * MINUTE);
    check("minutes until every host has had a token", minutes(0, outcome->all_served),
          situation->cold_start);
    if (situation->first_wave > 0)
        check("then most requests/s in any minute, over the later mean",
              load_peak(load, outcome->all_served + 2 * MINUTE, settled, MINUTE) / mean,
              situation->first_wave);
    printf(" from hour %lld on\n", (long long)(settled / HOUR));
    show("requests/s, mean", mean);
    report_peaks(load, settled, end);
    check("most requests/s in any minute, over the mean",
          load_peak(load, settled, end, MINUTE) / mean, situation->peak_to_mean);
    if (has_outage)
        report_outage(situation, outcome);
    printf(" all in all\n");
    show("tokens granted", (double)outcome->granted);
    show("callers who got no token", (double)outcome->failed);
    check("tokens handed out that live less than min_valid or are too old", (double)outcome->broken,
          0);
}

static void
run(const struct situation *situation, bool is_short)
{
    struct setup setup = situation->setup;
    struct outcome outcome;

    if (is_short && situation->short_duration > 0)
        setup.duration = situation->short_duration;
    random_seed(1);
    simulate(&setup, &outcome);
    report(situation, &setup, &outcome);
    load_release(&outcome.load);
}

int
main(int argc, char **argv)
{
    const size_t count = sizeof(situations) / sizeof(situations[0]);
    bool is_short = argc >= 2 && strcmp(argv[1], "--short") == 0;
    int first = is_short ? 2 : 1;

    for (size_t i = 0; i < count && first == argc; i++)
        if (!is_short || situations[i].short_duration > 0)
            run(&situations[i], is_short);
    for (int i = first; i < argc; i++) {
        unsigned long number = strtoul(argv[i], NULL, 10);

        if (number < 1 || number > count) {
            fprintf(stderr, "usage: fleet [--short] [NUMBER]...\n");
            return 64;
        }
        run(&situations[number - 1], is_short);
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
