/* Which word somebody may have meant. */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/base/nearest.h"

static const char *const candidates[] = {"token",  "status", "setup",    "key",      "doctor",
                                         "docker", "policy", "lifetime", "min_valid"};

static void
finds_the_word_that_was_meant(void **state)
{
    static const struct {
        const char *name;
        const char *typed;
        const char *meant; /* or NULL */
    } cases[] = {
        {"missing_letter", "tokn", "token"},
        {"extra_letter", "tokens", "token"},
        {"wrong_letter", "tokan", "token"},
        {"exchanged_letters", "tokne", "token"},
        {"two_of_six_letters", "statxx", "status"},
        {"three_of_six_letters", "staxxx", NULL},
        {"the_nearer_of_two", "docter", "doctor"},
        {"hyphen_for_underscore", "min-valid", "min_valid"},
        {"short_word", "kex", "key"},
        {"two_of_three_letters", "kxx", NULL},
        {"another_word", "subversion", NULL},
        {"empty", "", NULL},
        {"one_letter", "t", NULL},
        {"too_long", "tokentokentokentokentokentokentoken", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ts_nearest nearest = TS_NEAREST_INIT(cases[i].typed);
        char hint[TS_NEAREST_HINT_MAX];

        for (size_t j = 0; j < sizeof(candidates) / sizeof(candidates[0]); j++)
            ts_nearest_try(&nearest, candidates[j]);
        (void)ts_nearest_hint(&nearest, hint);
        if ((nearest.word == NULL) != (cases[i].meant == NULL) ||
            (nearest.word != NULL && strcmp(nearest.word, cases[i].meant) != 0))
            fail_msg("%s: %s", cases[i].name, hint);
        if (cases[i].meant == NULL)
            assert_string_equal(hint, "");
        else
            assert_non_null(strstr(hint, cases[i].meant));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_word_that_was_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
