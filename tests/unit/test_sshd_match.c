/* The Match blocks of sshd_config: which of them offer no keyboard-interactive, or no passwords. */
#include "tests/unit/unit.h"

#include <string.h>

#include "helper/doctor/sshd_match.h"

static const struct {
    const char *name;
    const char *text;
    const char *no_prompts; /* each joined by commas; NULL: none */
    const char *no_passwords;
    const char *users;
} rows[] = {
    {"nothing", "", NULL, NULL, NULL},
    {"no_block", "KbdInteractiveAuthentication no\nPasswordAuthentication no\n", NULL, NULL, NULL},
    {"group", "Match Group staff\n KbdInteractiveAuthentication no\n", "'Match Group staff' (f:1)",
     NULL, NULL},
    {"yes", "Match Group staff\nKbdInteractiveAuthentication yes\nPasswordAuthentication yes\n",
     NULL, NULL, NULL},
    {"other_spelling",
     "#\n\tmatch=Address 10.0.0.0/8\r\nKBDINTERACTIVEAUTHENTICATION = \"no\" \r\n",
     "'Match Address 10.0.0.0/8' (f:2)", NULL, NULL},
    {"old_name", "Match all\nChallengeResponseAuthentication no\n", "'Match all' (f:1)", NULL,
     NULL},
    {"a_comment", "Match Group staff\n# KbdInteractiveAuthentication no\n", NULL, NULL, NULL},
    {"methods", "Match Group staff\nAuthenticationMethods publickey,password publickey\n",
     "'Match Group staff' (f:1)", NULL, NULL},
    {"methods_with_it", "Match Group staff\nAuthenticationMethods publickey,keyboard-interactive\n",
     NULL, NULL, NULL},
    {"any_method", "Match Group staff\nAuthenticationMethods any\n", NULL, NULL, NULL},
    {"passwords", "Match Group staff\nPasswordAuthentication no", NULL, "'Match Group staff' (f:1)",
     NULL},
    {"passwords_and_prompts",
     "Match Group staff\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n",
     "'Match Group staff' (f:1)", NULL, NULL},
    {"passwords_by_prompt_alone",
     "Match Group staff\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n", NULL, NULL,
     NULL},
    {"a_block_ends",
     "Match User a,b\nX11Forwarding no\nMatch LocalPort 2222\nPasswordAuthentication no\n"
     "Match Group x Address *\nKbdInteractiveAuthentication no\n",
     "'Match Group x Address *' (f:5)", "'Match LocalPort 2222' (f:3)", "a,b"},
    {"to_escape", "Match Group \033[31m\nKbdInteractiveAuthentication no\n",
     "'Match Group \\x1b[31m' (f:1)", NULL, NULL},
};

static void
check_list(const char *name, const struct ts_list *list, const char *expected)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret joined = TS_SECRET_INIT(4096);

    assert_int_equal(ts_list_join(list, ',', &joined), 0);
    CHECK_TEXT(name, ts_secret_string(&joined), expected != NULL ? expected : "");
}

static void
blocks_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(sshd_matches_release) struct sshd_matches matches = SSHD_MATCHES_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
        struct ts_err err = {0};

        assert_int_equal(ts_secret_append_string(&text, rows[i].text), 0);
        assert_int_equal(sshd_matches_add("f", &text, &matches, &err), 0);
        check_list(rows[i].name, &matches.no_prompts, rows[i].no_prompts);
        check_list(rows[i].name, &matches.no_passwords, rows[i].no_passwords);
        check_list(rows[i].name, &matches.users, rows[i].users);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_are_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
