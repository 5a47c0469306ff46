/* When a cached token is replaced: at its bounds, and over every seed. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "common/cache/due.h"

#define SPREAD UINT64_C(0x9e3779b97f4a7c15) /* makes seeds of small numbers */

/* A token that was issued when it was received, and may grow as old as it likes. */
static enum ts_due
judge(int64_t life, int64_t remaining, int64_t min_valid, uint64_t seed)
{
    const struct ts_due_question question = {life, remaining, min_valid, life - remaining,
                                             -1,   seed};

    return ts_due_check(&question);
}

static void
knows_its_bounds(void **state)
{
    static const struct {
        const char *name;
        int64_t life, remaining, min_valid;
        enum ts_due due;
    } cases[] = {
        {"new", 3600, 3600, 300, TS_DUE_FRESH},
        {"just_outside_the_jitter", 3600, 1950, 300, TS_DUE_FRESH},
        {"one_short_of_min_valid", 3600, 299, 300, TS_DUE_SPENT},
        {"over", 3600, 0, 0, TS_DUE_SPENT},
        {"long_over", 3600, -5, 0, TS_DUE_SPENT},
        {"as_long_as_asked_for", 3600, 3600, 3600, TS_DUE_FRESH},
        {"shorter_than_asked_for", 3600, 3600, 3601, TS_DUE_SPENT},
        {"one_second", 1, 1, 0, TS_DUE_FRESH},
        {"a_new_one_of_ten_seconds", 10, 10, 5, TS_DUE_FRESH},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++)
        for (uint64_t seed = 0; seed < 1000; seed++)
            CHECK_INT(cases[i].name,
                      judge(cases[i].life, cases[i].remaining, cases[i].min_valid, seed * SPREAD),
                      cases[i].due);
}

/* A new token is never due, whatever min_valid can be. */
static void
leaves_a_new_token_alone(void **state)
{
    (void)state;
    for (int64_t life = 1; life < 400; life++)
        for (int64_t min_valid = 0; min_valid <= life; min_valid++)
            for (uint64_t seed = 0; seed < 20; seed++)
                assert_int_equal(judge(life, life, min_valid, seed * SPREAD), TS_DUE_FRESH);
}

/* Where a token may only grow so old, by that: it is the sooner of the two that counts. */
static void
knows_max_age(void **state)
{
    static const struct {
        const char *name;
        int64_t remaining, min_valid, age, max_age;
        enum ts_due due;
    } cases[] = {
        {"new", 3600, 300, 0, 600, TS_DUE_FRESH},
        {"just_outside_the_jitter", 3300, 300, 300, 600, TS_DUE_FRESH},
        {"one_too_old", 2999, 300, 601, 600, TS_DUE_SPENT},
        {"never_old_enough", 3600, 300, 0, 0, TS_DUE_FRESH},
        {"no_age_allowed", 3599, 300, 1, 0, TS_DUE_SPENT},
        {"issued_before_it_came", 3600, 300, 600, 600, TS_DUE_FRESH},
        {"issued_too_long_before", 3600, 300, 601, 600, TS_DUE_SPENT},
        {"older_than_it_will_ever_get", 3600, 300, 0, 86400, TS_DUE_FRESH},
        {"min_valid_comes_first", 299, 300, 3301, 86400, TS_DUE_SPENT},
        {"clocks_that_cannot_tell", 3600 - INT64_MAX, 300, INT64_MAX, 600, TS_DUE_SPENT},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++)
        for (uint64_t seed = 0; seed < 1000; seed++) {
            const struct ts_due_question question = {
                3600,         cases[i].remaining, cases[i].min_valid,
                cases[i].age, cases[i].max_age,   seed * SPREAD};

            CHECK_INT(cases[i].name, ts_due_check(&question), cases[i].due);
        }
}

/* How many of 10000 holders are due where 3600 s were granted and so much is left. */
static int
count_early(int64_t remaining, int64_t min_valid, int64_t max_age)
{
    int early = 0;

    for (uint64_t seed = 1; seed <= 10000; seed++) {
        const struct ts_due_question question = {3600,    remaining,    min_valid, 3600 - remaining,
                                                 max_age, seed * SPREAD};

        early += ts_due_check(&question) == TS_DUE_EARLY;
    }
    return early;
}

/* Evenly over the second half of the time in use. */
static void
spreads_the_holders(void **state)
{
    (void)state;
    assert_int_equal(count_early(300 + 1650, 300, -1), 0);
    assert_in_range(count_early(300 + 1238, 300, -1), 2300, 2700);
    assert_in_range(count_early(300 + 825, 300, -1), 4800, 5200);
    assert_in_range(count_early(300, 300, -1), 9950, 10000);
    assert_in_range(count_early(3600 - 450, 300, 600), 4800, 5200);
    assert_in_range(count_early(3600 - 600, 300, 600), 9900, 10000);
}

/* Hosts with one API key that ask in one second get the same token, and still part. */
static void
parts_holders_of_one_token(void **state)
{
    static const char token[] = "eyJhbGciOiJSUzI1NiJ9.the.same";
    struct ts_clock received = {.wall = 1800000000, .boot_ms = 5000000};
    int early = 0;

    (void)state;
    for (int host = 0; host < 10000; host++) {
        snprintf(received.boot_id, sizeof(received.boot_id), "%08x-b6cf-4b48-9b1a-9021ee3d76b4",
                 (unsigned)host);
        early += judge(3600, 300 + 825, 300, ts_due_seed(token, sizeof(token), &received)) ==
                 TS_DUE_EARLY;
    }
    assert_in_range(early, 4800, 5200);

    uint64_t seed = ts_due_seed(token, sizeof(token), &received);
    assert_true(seed == ts_due_seed(token, sizeof(token), &received));
    received.wall++;
    assert_true(seed == ts_due_seed(token, sizeof(token), &received));
    received.boot_ms++;
    assert_true(seed != ts_due_seed(token, sizeof(token), &received));
    received.boot_ms--;
    assert_true(seed != ts_due_seed("other", 5, &received));
}

/* From half a minute to that and the time left, another time after each failure. */
static void
pauses_after_a_failure(void **state)
{
    static const struct {
        int64_t left, max_age, most_ms;
    } rows[] = {{1000, -1, 1030000}, {1, -1, 31000}, {0, -1, 30000}, {1000, 2500, 130000}};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        int64_t span = rows[i].most_ms - 30000, least = INT64_MAX, most = 0;

        for (int64_t failed = 0; failed < 10000; failed++) {
            const struct ts_due_question question = {3600, 300 + rows[i].left, 300,
                                                     2400, rows[i].max_age,    SPREAD};
            int64_t pause = ts_due_pause_ms(&question, failed);

            least = pause < least ? pause : least;
            most = pause > most ? pause : most;
        }
        assert_in_range(least, 30000, 30000 + span / 100);
        assert_in_range(most, rows[i].most_ms - span / 100, rows[i].most_ms);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_bounds),
        cmocka_unit_test(leaves_a_new_token_alone),
        cmocka_unit_test(knows_max_age),
        cmocka_unit_test(spreads_the_holders),
        cmocka_unit_test(parts_holders_of_one_token),
        cmocka_unit_test(pauses_after_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
