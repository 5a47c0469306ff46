/* What git says to a credential helper, and every way in which it must not be believed. */
#include "tests/unit/unit.h"

#include <string.h>

#include "helper/client/git_attributes.h"

#define TEXT(literal) literal, sizeof(literal) - 1
#define ABSENT NULL

static const struct {
    const char *name;
    const char *text;
    size_t len;
    const char *protocol;
    const char *host;
    const char *path;
    const char *username;
    const char *password;
} accepted[] = {
    {"plain", TEXT("protocol=https\nhost=a.example\n"), "https", "a.example", ABSENT, ABSENT,
     ABSENT},
    {"no_final_newline", TEXT("protocol=https\nhost=a.example"), "https", "a.example", ABSENT,
     ABSENT, ABSENT},
    {"crlf", TEXT("protocol=https\r\nhost=a.example\r\n\r\n"), "https", "a.example", ABSENT, ABSENT,
     ABSENT},
    {"blank_line_ends", TEXT("protocol=https\nhost=a.example\n\nhost=b.example\n"), "https",
     "a.example", ABSENT, ABSENT, ABSENT},
    {"first_equals_splits", TEXT("protocol=https\nhost=a\nusername=a=b\n"), "https", "a", ABSENT,
     "a=b", ABSENT},
    {"same_twice", TEXT("host=a\nhost=a\nprotocol=https\n"), "https", "a", ABSENT, ABSENT, ABSENT},
    {"unknown_attribute", TEXT("protocol=https\nhost=a\nwwwauth[]=Basic\nx=\n=y\n"), "https", "a",
     ABSENT, ABSENT, ABSENT},
    {"all", TEXT("protocol=https\nhost=a:8443\npath=b/c.git\nusername=u\npassword=p\n"), "https",
     "a:8443", "b/c.git", "u", "p"},
    {"url", TEXT("url=https://u:p%40@a.example:8443//b/c.git/\n"), "https", "a.example:8443",
     "b/c.git", "u", "p@"},
    {"url_clears", TEXT("protocol=http\nhost=b\nusername=u\nurl=https://a/\n"), "https", "a",
     ABSENT, ABSENT, ABSENT},
    {"url_query_ends_host", TEXT("url=https://a?@b/\n"), "https", "a", "?@b", ABSENT, ABSENT},
    {"url_at_in_path", TEXT("url=https://a/u@b\n"), "https", "a", "u@b", ABSENT, ABSENT},
    {"url_lone_percent", TEXT("url=https://a/b%zz%4\n"), "https", "a", "b%zz%4", ABSENT, ABSENT},
    {"url_then_same_host", TEXT("url=https://a/\nhost=a\n"), "https", "a", ABSENT, ABSENT, ABSENT},
};

static void
accepted_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(accepted); i++) {
        TS_CLEANUP(git_attributes_release) struct git_attributes asked = GIT_ATTRIBUTES_INIT;
        const char *name = accepted[i].name;
        struct ts_err err = {0};

        CHECK_INT(name, git_attributes_parse(&asked, accepted[i].text, accepted[i].len, &err), 0);
        CHECK_TEXT(name, git_attributes_get(&asked, GIT_PROTOCOL), accepted[i].protocol);
        CHECK_TEXT(name, git_attributes_get(&asked, GIT_HOST), accepted[i].host);
        CHECK_TEXT(name, git_attributes_get(&asked, GIT_PATH), accepted[i].path);
        CHECK_TEXT(name, git_attributes_get(&asked, GIT_USERNAME), accepted[i].username);
        CHECK_TEXT(name, git_attributes_get(&asked, GIT_PASSWORD), accepted[i].password);
        CHECK_INT(name, git_attributes_require_host(&asked, &err), 0);
    }
}

static const struct {
    const char *name;
    const char *text;
    size_t len;
} refused[] = {
    {"nothing", TEXT("")},
    {"no_host", TEXT("protocol=https\n")},
    {"no_protocol", TEXT("host=a\n")},
    {"empty_host", TEXT("protocol=https\nhost=\n")},
    {"empty_protocol", TEXT("protocol=\nhost=a\n")},
    {"no_equals", TEXT("protocol=https\nhost=a\nfoo\n")},
    {"nul", TEXT("protocol=https\nhost=a\0b\n")},
    {"nul_in_unknown", TEXT("protocol=https\nhost=a\nx=\0\n")},
    {"cr_in_value", TEXT("protocol=https\nhost=a\rhost=b\n")},
    {"cr_before_cr", TEXT("protocol=https\nhost=a\r\r\n")},
    {"two_hosts", TEXT("protocol=https\nhost=a\nhost=b\n")},
    {"two_protocols", TEXT("protocol=https\nprotocol=http\nhost=a\n")},
    {"host_then_empty", TEXT("protocol=https\nhost=a\nhost=\n")},
    {"two_usernames", TEXT("protocol=https\nhost=a\nusername=u\nusername=v\n")},
    {"url_then_host", TEXT("url=https://a/\nhost=b\n")},
    {"url_no_protocol", TEXT("protocol=https\nhost=a\nurl=a/b\n")},
    {"url_empty_protocol", TEXT("url=://a/b\n")},
    {"url_no_host", TEXT("url=https:///b\n")},
    {"url_newline", TEXT("url=https://a%0ahost=b/\n")},
    {"url_cr", TEXT("url=https://a%0d/\n")},
    {"url_nul", TEXT("url=https://a%00b/\n")},
    {"url_escape_in_user", TEXT("url=https://%1b@a/\n")},
};

static void
refused_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(refused); i++) {
        TS_CLEANUP(git_attributes_release) struct git_attributes asked = GIT_ATTRIBUTES_INIT;
        struct ts_err err = {0};
        int rc = git_attributes_parse(&asked, refused[i].text, refused[i].len, &err);

        if (rc == 0)
            rc = git_attributes_require_host(&asked, &err);
        CHECK_INT(refused[i].name, rc, TS_ERR_USAGE);
        CHECK(refused[i].name, err.text[0] != '\0');
    }
}

/* A header of `len` bytes, name included, in front of the host. */
static int
parse_with_header(size_t len)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(GIT_INPUT_MAX);
    TS_CLEANUP(git_attributes_release) struct git_attributes asked = GIT_ATTRIBUTES_INIT;
    struct ts_err err = {0};

    assert_int_equal(ts_secret_append_string(&text, "wwwauth[]="), 0);
    while (text.len < len)
        assert_int_equal(ts_secret_append(&text, "a", 1), 0);
    assert_int_equal(ts_secret_append_string(&text, "\nprotocol=https\nhost=a\n"), 0);
    int rc = git_attributes_parse(&asked, text.data, text.len, &err);
    if (rc == 0)
        assert_string_equal(git_attributes_get(&asked, GIT_HOST), "a");
    return rc;
}

static void
line_lengths(void **state)
{
    (void)state;
    assert_int_equal(parse_with_header(1024), 0);
    assert_int_equal(parse_with_header(4096), 0);
    assert_int_equal(parse_with_header(65535), 0);
    assert_int_equal(parse_with_header(65536), TS_ERR_USAGE);
    assert_int_equal(parse_with_header(70000), TS_ERR_USAGE);
}

static const struct {
    const char *name;
    const char *text;
    bool authtype;
} capabilities[] = {
    {"none", "host=a\n", false},
    {"authtype", "capability[]=authtype\n", true},
    {"authtype_among_others", "capability[]=state\ncapability[]=authtype\n", true},
    {"other", "capability[]=state\n", false},
    {"cleared", "capability[]=authtype\ncapability[]=\n", false},
    {"cleared_and_said_again", "capability[]=\ncapability[]=authtype\n", true},
    {"not_multi_valued", "capability=authtype\n", false},
    {"before_url", "capability[]=authtype\nurl=https://a/\n", true},
};

static void
capability(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(capabilities); i++) {
        TS_CLEANUP(git_attributes_release) struct git_attributes asked = GIT_ATTRIBUTES_INIT;
        const char *text = capabilities[i].text;
        struct ts_err err = {0};

        CHECK_INT(capabilities[i].name, git_attributes_parse(&asked, text, strlen(text), &err), 0);
        CHECK_INT(capabilities[i].name, asked.authtype, capabilities[i].authtype);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_input),
        cmocka_unit_test(refused_input),
        cmocka_unit_test(line_lengths),
        cmocka_unit_test(capability),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
