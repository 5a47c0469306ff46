/* When a cached token is replaced: at its bounds, and over every seed. */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/due.h"

static enum ts_due
judge(int64_t life, int64_t remaining, int64_t min_valid, uint64_t seed)
{
    const struct ts_due_question question = {life, remaining, min_valid, seed};

    return ts_due_judge(&question);
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
        {"just_outside_the_jitter", 3600, 660, 300, TS_DUE_FRESH},
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
                      judge(cases[i].life, cases[i].remaining, cases[i].min_valid,
                            seed * UINT64_C(0x9e3779b97f4a7c15)),
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
                assert_int_equal(judge(life, life, min_valid, seed * UINT64_C(0x9e3779b97f4a7c15)),
                                 TS_DUE_FRESH);
}

/* Half way into the time before min_valid, about half of the holders are due. */
static void
spreads_the_holders(void **state)
{
    int early = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 10000; seed++)
        early += judge(3600, 300 + 180, 300, seed * UINT64_C(0x9e3779b97f4a7c15)) == TS_DUE_EARLY;
    assert_in_range(early, 4500, 5500);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_bounds),
        cmocka_unit_test(leaves_a_new_token_alone),
        cmocka_unit_test(spreads_the_holders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
