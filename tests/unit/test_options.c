/* The command line, and aligned columns. */
#include "tests/unit/unit.h"

#include <string.h>

#include "helper/options.h"
#include "helper/command/table.h"

#define ARGUMENTS_MAX 8

struct line {
    const char *name;
    const char *words[ARGUMENTS_MAX]; /* behind the program's name */
};

/* options_parse rearranges argv, so every case gets one of its own. */
struct words {
    char text[ARGUMENTS_MAX + 1][64];
    char *argv[ARGUMENTS_MAX + 2];
};

static int
parse(const struct line *line, struct words *words, struct options *ret, struct ts_err *err)
{
    int argc = 1;

    memset(words, 0, sizeof(*words));
    words->argv[0] = words->text[0];
    for (size_t i = 0; i < ARGUMENTS_MAX && line->words[i] != NULL; i++, argc++) {
        assert_true(strlen(line->words[i]) < sizeof(words->text[argc]));
        memcpy(words->text[argc], line->words[i], strlen(line->words[i]));
        words->argv[argc] = words->text[argc];
    }
    return options_parse(argc, words->argv, ret, err);
}

static const struct {
    struct line line;
    unsigned given;
    const char *arguments; /* joined by blanks */
    const char *config;
    const char *profile;
    const char *scopes;
    int64_t lifetime;
    int64_t min_valid;
} accepted[] = {
    {{"none", {NULL}}, 0, "", NULL, NULL, "", -1, -1},
    {{"command", {"token"}}, 0, "token", NULL, NULL, "", -1, -1},
    {{"before", {"--profile", "org", "git", "get"}},
     OPTION_PROFILE,
     "git get",
     NULL,
     "org",
     "",
     -1,
     -1},
    {{"after", {"git", "get", "--profile=org"}},
     OPTION_PROFILE,
     "git get",
     NULL,
     "org",
     "",
     -1,
     -1},
    {{"between", {"git", "--config", "/x", "get"}},
     OPTION_CONFIG,
     "git get",
     "/x",
     NULL,
     "",
     -1,
     -1},
    {{"value_like_option", {"--config", "--json"}}, OPTION_CONFIG, "", "--json", NULL, "", -1, -1},
    {{"value_with_equals", {"--profile=a=b"}}, OPTION_PROFILE, "", NULL, "a=b", "", -1, -1},
    {{"scopes", {"--scope", "a b", "--scope=c"}}, OPTION_SCOPE, "", NULL, NULL, "a b c", -1, -1},
    {{"durations", {"--lifetime=15m", "--min-valid", "0"}},
     OPTION_LIFETIME | OPTION_MIN_VALID,
     "",
     NULL,
     NULL,
     "",
     900,
     0},
    {{"lifetime_of_a_day", {"--lifetime=1d"}}, OPTION_LIFETIME, "", NULL, NULL, "", 86400, -1},
    {{"min_valid_of_two_days", {"--min-valid=2d"}},
     OPTION_MIN_VALID,
     "",
     NULL,
     NULL,
     "",
     -1,
     172800},
    {{"end_of_options", {"askpass", "--", "--json"}}, 0, "askpass --json", NULL, NULL, "", -1, -1},
    {{"help", {"token", "-h"}}, OPTION_HELP, "token", NULL, NULL, "", -1, -1},
    {{"value_like_help", {"--profile", "-h"}}, OPTION_PROFILE, "", NULL, "-h", "", -1, -1},
    {{"help_behind_the_end", {"token", "--", "-h"}}, 0, "token -h", NULL, NULL, "", -1, -1},
    {{"single_dash", {"-"}}, 0, "-", NULL, NULL, "", -1, -1},
    {{"last_counts", {"--profile=a", "--profile=b"}}, OPTION_PROFILE, "", NULL, "b", "", -1, -1},
};

static void
check_texts(const char *name, const struct options *options, size_t i)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret scopes = TS_SECRET_INIT(1024);
    TS_CLEANUP(ts_secret_release) struct ts_secret arguments = TS_SECRET_INIT(1024);
    const struct ts_list list = {options->arguments, options->arguments_len};

    assert_int_equal(ts_list_join(&options->scopes, ' ', &scopes), 0);
    assert_int_equal(ts_list_join(&list, ' ', &arguments), 0);
    CHECK_TEXT(name, ts_secret_string(&scopes), accepted[i].scopes);
    CHECK_TEXT(name, ts_secret_string(&arguments), accepted[i].arguments);
    CHECK_TEXT(name, options->config, accepted[i].config);
    CHECK_TEXT(name, options->profile, accepted[i].profile);
}

static void
accepted_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(accepted); i++) {
        TS_CLEANUP(options_release) struct options options = OPTIONS_INIT;
        const char *name = accepted[i].line.name;
        struct words words;
        struct ts_err err = {0};

        CHECK_INT(name, parse(&accepted[i].line, &words, &options, &err), 0);
        CHECK_INT(name, options.given, accepted[i].given);
        CHECK_INT(name, options.lifetime, accepted[i].lifetime);
        CHECK_INT(name, options.min_valid, accepted[i].min_valid);
        check_texts(name, &options, i);
    }
}

static const struct {
    struct line line;
    const char *part; /* of the message */
} refused[] = {
    {{"unknown", {"--nonsense"}}, "--nonsense"},
    {{"prefix_of_a_name", {"--prof=x"}}, "--prof"},
    {{"short", {"-v"}}, "-v"},
    {{"no_value", {"token", "--profile"}}, "--profile"},
    {{"empty_value", {"--profile="}}, "--profile"},
    {{"flag_with_value", {"--json=yes"}}, "--json"},
    {{"lifetime_zero", {"--lifetime=0"}}, "--lifetime"},
    {{"lifetime_over_a_day", {"--lifetime=86401"}}, "--lifetime"},
    {{"lifetime_negative", {"--lifetime=-1"}}, "--lifetime"},
    {{"lifetime_junk", {"--lifetime=1h30"}}, "--lifetime"},
    {{"min_valid_junk", {"--min-valid=soon"}}, "--min-valid"},
    {{"scope_empty", {"--scope="}}, "--scope"},
    {{"scope_blank", {"--scope", "  "}}, "--scope"},
    {{"scope_quote", {"--scope=a\"b"}}, "--scope"},
    {{"scope_newline", {"--scope=a\nb"}}, "--scope"},
};

static void
refused_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(refused); i++) {
        TS_CLEANUP(options_release) struct options options = OPTIONS_INIT;
        struct words words;
        struct ts_err err = {0};

        CHECK_INT(refused[i].line.name, parse(&refused[i].line, &words, &options, &err),
                  TS_ERR_USAGE);
        CHECK_CONTAINS(refused[i].line.name, err.text, refused[i].part);
    }
}

static void
options_of_another_command(void **state)
{
    struct options options = {.given = OPTION_JSON | OPTION_PROFILE};
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(options_check(&options, OPTION_JSON | OPTIONS_COMMON, "token", &err), 0);
    assert_int_equal(options_check(&options, OPTIONS_COMMON, "git", &err), TS_ERR_USAGE);
    assert_string_equal(err.text, "--json does not go with 'git'");
}

static bool
is_keyring(const char *argument)
{
    return strcmp(argument, "keyring") == 0;
}

static void
nothing_is_read_behind_the_last_argument(void **state)
{
    char words[][16] = {"program", "--profile", "keyring", "keyring", "--mode", "-x", "--json"};
    char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5], words[6], NULL};
    TS_CLEANUP(options_release) struct options options = OPTIONS_INIT;
    struct ts_err err = {0};

    (void)state;
    options.is_last = is_keyring;
    assert_int_equal(options_parse(7, argv, &options, &err), 0);
    assert_int_equal(options.given, OPTION_PROFILE);
    assert_string_equal(options.profile, "keyring");
    assert_ptr_equal(options.arguments, &argv[3]);
    assert_int_equal(options.arguments_len, 4);
}

static void
columns_are_aligned(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret out = TS_SECRET_INIT(1024);
    char *cells[] = {(char[]){"a"}, (char[]){"\033[1mbold\033[0m"},
                     (char[]){"x"}, (char[]){"\u00fcber"},
                     (char[]){"b"}, (char[]){""}};
    const struct ts_list list = {cells, TS_ARRAY_LEN(cells)};

    (void)state;
    assert_int_equal(table_print(&list, 3, &out), 0);
    assert_string_equal(ts_secret_string(&out), "  a     \033[1mbold\033[0m  x\n"
                                                "  \u00fcber  b     \n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_lines),
        cmocka_unit_test(refused_lines),
        cmocka_unit_test(options_of_another_command),
        cmocka_unit_test(nothing_is_read_behind_the_last_argument),
        cmocka_unit_test(columns_are_aligned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
