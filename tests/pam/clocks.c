/*
 * The replay store while clocks jump: events on one record and its neighbour, each with both clocks
 * as they then are; and clocks that cannot be read. Needs root.
 */
#include "host.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "pam/replay.h"

#define RUN TS_RUNDIR "/thrivestack"
#define OTHER RUN "/replay/good/3/3f23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HOUR INT64_C(3600)
#define KEEP (HOUR + 120) /* a token of an hour, at the time of its use */
#define UP 1000000        /* seconds that the machine has been up */
#define EVENTS_MAX 4

enum event { END, TOKEN, NEIGHBOUR };

/* Each event comes this much later than the token's first use, by either clock. */
static const struct {
    const char *name;
    struct {
        enum event event;
        int64_t wall;
        int64_t boot; /* UP is added; less than 0: after a reboot, minus the uptime */
        int expected;
    } events[EVENTS_MAX];
} rows[] = {
    {"at_once", {{TOKEN, 0, 0, TS_ERR_REFUSED}}},
    {"clock_jumps_ahead", {{TOKEN, 5 * HOUR, 10, TS_ERR_REFUSED}}},
    {"clock_jumps_ahead_and_back", {{NEIGHBOUR, 5 * HOUR, 10, 0}, {TOKEN, 20, 20, TS_ERR_REFUSED}}},
    {"clock_jumps_back", {{NEIGHBOUR, -5 * HOUR, 10, 0}, {TOKEN, -5 * HOUR, 20, TS_ERR_REFUSED}}},
    {"clock_jumps_back_and_time_goes_by",
     {{NEIGHBOUR, KEEP + 1 - 5 * HOUR, KEEP + 1, 0},
      {TOKEN, KEEP + 2 - 5 * HOUR, KEEP + 2, TS_ERR_REFUSED}}},
    {"just_before_it_is_over", {{NEIGHBOUR, KEEP, KEEP, 0}, {TOKEN, KEEP, KEEP, TS_ERR_REFUSED}}},
    {"over_by_both_clocks", {{NEIGHBOUR, KEEP + 1, KEEP + 1, 0}, {TOKEN, KEEP + 1, KEEP + 1, 0}}},
    {"over_after_a_jump_ahead",
     {{NEIGHBOUR, 5 * HOUR, KEEP + 1, 0}, {TOKEN, 5 * HOUR, KEEP + 1, 0}}},
    {"after_a_reboot", {{NEIGHBOUR, KEEP + 1, -50, 0}, {TOKEN, KEEP + 1, -50, 0}}},
    {"after_a_reboot_not_over", {{NEIGHBOUR, 60, -50, 0}, {TOKEN, 60, -50, TS_ERR_REFUSED}}},
    {"no_wall_clock", {{TOKEN, INT64_MIN, 0, TS_ERR_SYSTEM}}},
};

static int failures;
static int clocks_fail;

int
clock_gettime(clockid_t id, struct timespec *ret)
{
    return clocks_fail ? -1 : (int)syscall(SYS_clock_gettime, id, ret);
}

static void
check(const char *name, const char *what, int got, int expected)
{
    if (got == expected)
        return;
    failures++;
    printf("FAILED %s: %s is %d, not %d\n", name, what, got, expected);
}

/* The neighbour's record is in the same folder, which is the one that using it prunes. */
static int
use(enum event event, int64_t wall, int64_t boot)
{
    const int64_t start = time(NULL);
    struct ts_replay_entry entry = {.key_id = "good", .keep_until = start + KEEP};
    const struct ts_rundir_now now = {.wall = wall == INT64_MIN ? 0 : start + wall,
                                      .boot = boot < 0 ? -boot : UP + boot};
    struct ts_err err = {.code = 0};

    memset(entry.digest, event == TOKEN ? 0x3f : 0x40, sizeof(entry.digest));
    entry.digest[0] = 0x3f;
    if (event == NEIGHBOUR)
        entry.keep_until = now.wall + KEEP;
    return ts_replay_record(&entry, &now, &err);
}

static void
run_row(size_t i)
{
    host_remove(RUN);
    check(rows[i].name, "the first use", use(TOKEN, 0, 0), 0);
    for (size_t n = 0; n < EVENTS_MAX && rows[i].events[n].event != END; n++)
        check(rows[i].name, rows[i].events[n].event == TOKEN ? "the token" : "its neighbour",
              use(rows[i].events[n].event, rows[i].events[n].wall, rows[i].events[n].boot),
              rows[i].events[n].expected);
}

/* What is not a record is left alone. */
static void
check_others(void)
{
    static const char *const texts[] = {"/etc/passwd", "1", "1.", ".1", "1.1x", "x1.1", ""};

    for (size_t i = 0; i < TS_ARRAY_LEN(texts); i++) {
        struct stat st;

        host_remove(RUN);
        (void)use(TOKEN, 0, 0);
        if ((texts[i][0] != '\0' ? symlink(texts[i], OTHER) : mkdir(OTHER, 0700)) != 0)
            err(2, OTHER);
        check(texts[i], "a use beside it", use(NEIGHBOUR, 2 * KEEP, 2 * KEEP), 0);
        check(texts[i], "its presence", lstat(OTHER, &st), 0);
    }
}

/* A clock of the one that counts on whatever happens is needed as well. */
static void
check_no_boot_clock(void)
{
    const struct ts_replay_entry entry = {.key_id = "good", .keep_until = time(NULL) + KEEP};
    const struct ts_rundir_now now = {.wall = time(NULL), .boot = -1};
    struct ts_err err = {.code = 0};

    check("no_boot_clock", "a use", ts_replay_record(&entry, &now, &err), TS_ERR_SYSTEM);
}

/* What waits until a deadline waits no longer. */
static void
check_deadline(void)
{
    const int64_t later = ts_clock_boot_ms() + 60000;

    check("deadline", "what is left of a minute", ts_clock_left_ms(later) > 50000, 1);
    clocks_fail = 1;
    check("no_clock_for_a_deadline", "what is left", ts_clock_left_ms(later), 0);
    clocks_fail = 0;
}

/* By the wall clock and the one of this boot; a container may have started since. */
static void
check_booted(void)
{
    const int64_t up = ts_clock_boot_ms() / 1000;
    const int64_t booted = ts_clock_booted();

    check("booted", "since the kernel's start", booted >= time(NULL) - up - 1, 1);
    check("booted", "in the past", booted <= time(NULL), 1);
    clocks_fail = 1;
    check("no_clock_for_booted", "the start", (int)ts_clock_booted(), 0);
    clocks_fail = 0;
}

int
main(void)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        run_row(i);
    check_others();
    check_no_boot_clock();
    check_deadline();
    check_booted();
    host_remove(RUN);
    printf("%zu rows, %d failures\n", TS_ARRAY_LEN(rows) + 7, failures);
    return failures == 0 ? 0 : 1;
}
