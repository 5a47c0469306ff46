/* credential.conf, where only the sections of one host are wanted. */
#include "tests/unit/config_fixture.h"
#include "tests/unit/unit.h"

#include "common/base/cleanup.h"

/* What a system's file sets for the host counts, too, however it is spelled there. */
static void
keeps_one_hosts_sections(void **state)
{
    const struct setting_up with = {
        .system = "[profile p]\n[host GIT.example.com:443/]\nusername = alice\nprofile = nope\n"
                  "[host b.example.com]\nprofile = nope\n",
        .user = "[host a.example.com]\nusername = bob\n[host git.example.com]\nprofile = p\n"
                "[host *.example.com]\n[host git.example.com:8443]\n[host git.example.com/team]\n"
                "[host B.example.com]\nprofile = p\n",
        .only_host = "Git.example.com"};
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(load(&with, &config, &err), 0);
    assert_int_equal(config.hosts_len, 2);
    const struct ts_host_rule *rule = ts_config_find_host(&config, "Git.example.com", NULL);
    assert_ptr_equal(rule, &config.hosts[0]);
    assert_string_equal(rule->label, "git.example.com:443/");
    assert_string_equal(rule->username, "alice");
    assert_string_equal(rule->profile, "p");
    assert_true(config.hosts[1].pattern.wildcard && config.hosts[1].username == NULL);
}

static void
keeps_no_hosts_sections(void **state)
{
    static const char *const hosts[] = {"", "example.org", "git.example.com:8443", "not a host"};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(hosts); i++) {
        const struct setting_up with = {.user = "[host git.example.com]\n[host *.example.com]\n",
                                        .only_host = hosts[i]};
        TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
        struct ts_err err = {0};

        CHECK_INT(hosts[i], load(&with, &config, &err), 0);
        CHECK_INT(hosts[i], config.hosts_len, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_one_hosts_sections),
        cmocka_unit_test(keeps_no_hosts_sections),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
