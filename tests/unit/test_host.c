/* Host patterns: what is refused, what matches, and which of several matches counts. */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/config/host.h"

static void
refuses_what_is_no_pattern(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *says;
    } cases[] = {
        {"empty", "", "no host name"},
        {"path_alone", "/team", "no host name"},
        {"port_alone", ":443", "no host name"},
        {"star_alone", "*", "'*'"},
        {"star_without_a_name", "*.", "no host name"},
        {"star_without_a_dot", "*example.com", "'*'"},
        {"star_inside_a_label", "a*.example.com", "'*'"},
        {"star_twice", "*.*.example.com", "'*'"},
        {"star_at_the_end", "git.*", "'*'"},
        {"star_before_an_address", "*.[::1]", "address"},
        {"blank_inside", "git example.com", "character"},
        {"scheme", "https://git.example.com", "a URL"},
        {"user", "alice@git.example.com", "character"},
        {"not_ascii", "g\xc3\xaft.example.com", "character"},
        {"control_character", "git\x01.example.com", "character"},
        {"empty_label", "git..example.com", "dot"},
        {"dot_first", ".example.com", "dot"},
        {"dot_last", "git.example.com.", "dot"},
        {"port_missing", "git.example.com:", "port"},
        {"port_zero", "git.example.com:0", "port"},
        {"port_too_large", "git.example.com:65536", "port"},
        {"port_too_long", "git.example.com:0000443", "port"},
        {"port_signed", "git.example.com:+443", "port"},
        {"port_twice", "git.example.com:443:443", "port"},
        {"bracket_open", "[::1", "port"},
        {"bracket_empty", "[]", "IPv6"},
        {"bracket_with_a_name", "[localhost]", "IPv6"},
        {"bracket_with_a_zone", "[fe80::1%eth0]", "IPv6"},
        {"text_after_the_bracket", "[::1]x", "port"},
        {"address_without_brackets", "::1", "port"},
        {"dots_in_the_path", "git.example.com/a/../b", "'..'"},
        {"percent_in_the_path", "git.example.com/a%2fb", "'%'"},
        {"blank_in_the_path", "git.example.com/a b", "character"},
        {"query_in_the_path", "git.example.com/a?b", "character"},
        {"backslash_in_the_path", "git.example.com/a\\b", "character"},
        {"empty_folder_in_the_path", "git.example.com//a", "'//'"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        struct ts_host_pattern pattern = {.port = 1};
        struct ts_err err = {0};

        char room[TS_HOST_PATTERN_ROOM(64)];

        CHECK_INT(cases[i].name, ts_host_pattern_view(cases[i].text, room, &pattern, &err),
                  TS_ERR_SYNTAX);
        CHECK(cases[i].name, pattern.name == NULL && pattern.port == 1);
        CHECK_INT(cases[i].name, ts_host_pattern_parse(cases[i].text, &pattern, &err),
                  TS_ERR_SYNTAX);
        CHECK_CONTAINS(cases[i].name, err.text, cases[i].says);
        CHECK(cases[i].name, pattern.name == NULL && pattern.port == 1);
    }
}

static void
refuses_a_name_that_is_too_long(void **state)
{
    struct ts_host_pattern pattern = {.port = 0};
    struct ts_err err = {0};
    char text[255];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(ts_host_pattern_parse(text, &pattern, &err), TS_ERR_SYNTAX);
    text[sizeof(text) - 2] = '\0';
    assert_int_equal(ts_host_pattern_parse(text, &pattern, &err), 0);
    ts_host_pattern_release(&pattern);
}

static void
has_one_spelling_of_each(void **state)
{
    static const struct {
        const char *text;
        const char *name;
        unsigned port;
        bool wildcard;
        const char *path;
    } cases[] = {
        {"git.example.com", "git.example.com", 443, false, ""},
        {"Git.EXAMPLE.com:443", "git.example.com", 443, false, ""},
        {"git.example.com:8443/", "git.example.com", 8443, false, ""},
        {"git.example.com/Team///", "git.example.com", 443, false, "/Team"},
        {"*.Example.com:80/a/b", ".example.com", 80, true, "/a/b"},
        {"my_host-1", "my_host-1", 443, false, ""},
        {"127.0.0.1:5000", "127.0.0.1", 5000, false, ""},
        {"[::1]", "::1", 443, false, ""},
        {"[0:0:0:0:0:0:0:1]:8443/x", "::1", 8443, false, "/x"},
        {"[2001:DB8::A]", "2001:db8::a", 443, false, ""},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {.port = 0};
        struct ts_err err = {0};

        CHECK_INT(cases[i].text, ts_host_pattern_parse(cases[i].text, &pattern, &err), 0);
        CHECK_TEXT(cases[i].text, pattern.name, cases[i].name);
        CHECK_INT(cases[i].text, pattern.port, cases[i].port);
        CHECK_INT(cases[i].text, pattern.wildcard, cases[i].wildcard);
        CHECK_TEXT(cases[i].text, pattern.path, cases[i].path);

        char room[TS_HOST_PATTERN_ROOM(64)];
        struct ts_host_pattern view;
        CHECK_INT(cases[i].text, ts_host_pattern_view(cases[i].text, room, &view, &err), 0);
        CHECK_TEXT(cases[i].text, view.name, cases[i].name);
        CHECK_TEXT(cases[i].text, view.path, cases[i].path);
        CHECK_TEXT(cases[i].text, view.label, pattern.label);
        CHECK(cases[i].text, view.port == pattern.port && view.wildcard == pattern.wildcard);
    }
}

static size_t
match(const char *text, const char *host, const char *path)
{
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {.port = 0};
    char name[TS_HOST_NAME_MAX + 1] = "";
    struct ts_err err = {0};
    unsigned port = 0;

    CHECK_INT(text, ts_host_pattern_parse(text, &pattern, &err), 0);
    CHECK(host, ts_host_split(host, name, &port));
    return ts_host_pattern_match(&pattern, name, port, path);
}

static void
matches_at_boundaries_only(void **state)
{
    static const struct {
        const char *name;
        const char *pattern;
        const char *host;
        const char *path;
        bool matches;
    } cases[] = {
        {"same", "git.example.com", "git.example.com", NULL, true},
        {"other_case", "git.example.com", "GIT.Example.COM", NULL, true},
        {"no_port_is_443", "git.example.com", "git.example.com:443", NULL, true},
        {"443_is_no_port", "git.example.com:443", "git.example.com", NULL, true},
        {"other_port", "git.example.com", "git.example.com:8443", NULL, false},
        {"port_missing", "git.example.com:8443", "git.example.com", NULL, false},
        {"name_is_a_suffix", "example.com", "git.example.com", NULL, false},
        {"name_is_a_prefix", "git.example.com", "git.example.com.evil.org", NULL, false},
        {"name_of_the_same_length", "git.example.com", "git.example.net", NULL, false},
        {"other_spelling_of_an_address", "[::1]:5000", "[0::1]:5000", NULL, true},
        {"wildcard", "*.example.com", "a.example.com", NULL, true},
        {"wildcard_over_two_labels", "*.example.com", "a.b.example.com", NULL, true},
        {"wildcard_for_the_domain_itself", "*.example.com", "example.com", NULL, false},
        {"wildcard_inside_a_label", "*.example.com", "badexample.com", NULL, false},
        {"wildcard_of_the_same_length", "*.example.com", "a.example.net", NULL, false},
        {"wildcard_other_port", "*.example.com", "a.example.com:80", NULL, false},
        {"any_path", "git.example.com", "git.example.com", "team/repo", true},
        {"path_without_slash", "git.example.com/team", "git.example.com", "team/repo", true},
        {"path_with_slash", "git.example.com/team", "git.example.com", "/team/repo", true},
        {"path_itself", "git.example.com/team", "git.example.com", "team", true},
        {"path_with_slash_behind", "git.example.com/team", "git.example.com", "team/", true},
        {"path_cut_in_a_name", "git.example.com/team", "git.example.com", "teams/repo", false},
        {"path_shorter", "git.example.com/team/repo", "git.example.com", "team", false},
        {"path_of_another_case", "git.example.com/team", "git.example.com", "Team/repo", false},
        {"path_elsewhere", "git.example.com/team", "git.example.com", "x/team/repo", false},
        {"path_missing", "git.example.com/team", "git.example.com", NULL, false},
        {"path_empty", "git.example.com/team", "git.example.com", "", false},
        {"path_with_dots", "git.example.com/team", "git.example.com", "team/../other", false},
        {"path_with_percent", "git.example.com/team", "git.example.com", "team/%2e%2e/o", false},
        {"dots_where_no_path_counts", "git.example.com", "git.example.com", "a/../b", true},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++)
        CHECK_INT(cases[i].name, match(cases[i].pattern, cases[i].host, cases[i].path) != 0,
                  cases[i].matches);
}

static void
ranks_exact_names_then_long_paths(void **state)
{
    /* Every pattern serves a.b.example.com with the path x/y/z; each is less specific than the one
     * before it. */
    static const char *const patterns[] = {
        "a.b.example.com/x/y/z", "a.b.example.com/x/y", "a.b.example.com", "*.example.com/x/y",
        "*.b.example.com/x",     "*.example.com/x",     "*.b.example.com", "*.example.com",
    };
    size_t before = SIZE_MAX;

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(patterns); i++) {
        size_t rank = match(patterns[i], "a.b.example.com", "x/y/z");

        CHECK(patterns[i], rank > 0 && rank < before);
        before = rank;
    }
}

static void
splits_hosts_strictly(void **state)
{
    static const char *const wrong[] = {"",    "a b", "a:",   "a:x", "a:0",
                                        "a/b", "*.a", "[::1", "::1", "a\n"};
    char name[TS_HOST_NAME_MAX + 1] = "";
    unsigned port = 7;

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(wrong); i++)
        CHECK(wrong[i], !ts_host_split(wrong[i], name, &port) && name[0] == '\0' && port == 7);
    assert_true(ts_host_split("[::1]:65535", name, &port));
    assert_string_equal(name, "::1");
    assert_int_equal(port, 65535);
}

static void
knows_loopback(void **state)
{
    static const char *const yes[] = {"127.0.0.1", "127.255.0.9", "::1",
                                      "0:0::1",    "localhost",   "LocalHost"};
    static const char *const no[] = {"",           "128.0.0.1", "127.0.0.1.example.com", "127.1",
                                     "127.0.0.1 ", "::2",       "localhost.example.com", "0.0.0.0"};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(yes); i++)
        CHECK(yes[i], ts_host_is_loopback(yes[i]));
    for (size_t i = 0; i < TS_ARRAY_LEN(no); i++)
        CHECK(no[i], !ts_host_is_loopback(no[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_pattern),
        cmocka_unit_test(refuses_a_name_that_is_too_long),
        cmocka_unit_test(has_one_spelling_of_each),
        cmocka_unit_test(matches_at_boundaries_only),
        cmocka_unit_test(ranks_exact_names_then_long_paths),
        cmocka_unit_test(splits_hosts_strictly),
        cmocka_unit_test(knows_loopback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
