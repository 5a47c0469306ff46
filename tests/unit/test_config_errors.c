/* credential.conf: what is refused, and how it is said. */
#include "tests/unit/config_fixture.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/stat.h>

#define STRANGER 54321

#define IN_PROFILE(line) .user = "[profile default]\n" line "\n"
#define IN_HOST(line) .user = "[host h]\n" line "\n"

static const struct {
    const char *name;
    struct setting_up with;
    const char *says;
} file_cases[] = {
    {"unknown_section", {.user = "[profiles x]\n"}, USER_FILE ":1: unknown section [profiles]"},
    {"profile_without_a_name", {.user = "\n[profile]\n"}, USER_FILE ":2: [profile] needs a name"},
    {"host_without_a_name", {.user = "[host]\n"}, USER_FILE ":1: [host] needs a name"},
    {"profile_name_with_a_slash", {.user = "[profile a/b]\n"}, USER_FILE ":1: [profile NAME]"},
    {"profile_name_with_a_blank", {.user = "[profile a b]\n"}, USER_FILE ":1: [profile NAME]"},
    {"bad_pattern", {.user = "[host *]\n"}, USER_FILE ":1: [host PATTERN]: '*'"},
    {"unknown_key", {IN_PROFILE("keyfile = x")}, USER_FILE ":2: unknown key 'keyfile'"},
    {"key_of_the_other_section",
     {IN_HOST("key_id = x")},
     USER_FILE ":2: unknown key 'key_id' in [host h]"},
    {"key_of_another_case", {IN_PROFILE("Scopes = x")}, ":2: unknown key 'Scopes'"},
    {"system_file_is_named", {.system = "[x]\n"}, SYSTEM_FILE ":1: unknown section"},
    {"syntax", {.user = "k\n"}, USER_FILE ":1: neither"},
    {"host_twice",
     {.user = "[host h]\n[host x]\n[host H:443/]\n"},
     USER_FILE ":3: a host twice: [host H:443/] is the same as [host h] in line 1"},
    {"host_twice_with_a_path",
     {.user = "[host h/a]\n[host h/b]\n[host H/b/]\n"},
     USER_FILE ":3: a host twice: [host H/b/] is the same as [host h/b] in line 2"},
    {"wildcard_twice",
     {.user = "[host *.h]\n[host h]\n[host *.H]\n"},
     USER_FILE ":3: a host twice: [host *.H] is the same as [host *.h] in line 1"},
    {"host_twice_over_the_systems",
     {.system = "[host h]\n", .user = "[host h]\n[host H]\n"},
     USER_FILE ":2: a host twice"},
    {"unknown_profile_of_a_host",
     {IN_HOST("profile = nope")},
     USER_FILE ":2: profile: there is no [profile nope]"},
    {"unknown_profile_in_the_system_file",
     {.system = "[host h]\nprofile = nope\n", .user = ""},
     SYSTEM_FILE ":2: profile:"},
    {"unknown_profile_over_one_that_is_known",
     {.system = "[profile p]\n[host h]\nprofile = p\n", .user = "[host H]\nprofile = nope\n"},
     USER_FILE ":2: profile: there is no [profile nope]"},
    {"file_of_a_folder_is_named",
     {.more = {{USER_FOLDER "a.conf", "[host h]\n"}, {USER_FOLDER "b.conf", "\nlifetime = 1h\n"}}},
     USER_FOLDER "b.conf:2: "},
    {"file_of_the_systems_folder_is_named",
     {.more = {{SYSTEM_FOLDER "a.conf", "[profile p]\nlifetime = x\n"}}},
     SYSTEM_FOLDER "a.conf:2: lifetime: not a duration"},
    {"host_twice_in_a_file_of_a_folder",
     {.more = {{USER_FOLDER "a.conf", "[host h]\n[host H]\n"}}},
     USER_FOLDER "a.conf:2: a host twice"},
    {"unknown_profile_in_a_file_of_a_folder",
     {.more = {{USER_FOLDER "a.conf", "[host h]\nprofile = nope\n"}}},
     USER_FOLDER "a.conf:2: profile: there is no [profile nope]"},
    {"two_keys",
     {.user = "[profile p]\nkey_command = x\nkey_file = y\n"},
     USER_FILE ":3: key_file beside key_command in line 2"},
    {"two_keys_the_other_way",
     {.user = "[profile p]\nkey_file = y\nkey_command = x\n"},
     USER_FILE ":3: key_command beside key_file in line 2"},
    {"key_file_empty", {IN_PROFILE("key_file =")}, ":2: key_file: a value is missing"},
    {"scopes_empty", {IN_PROFILE("scopes =")}, ":2: scopes: a value is missing"},
    {"username_empty", {IN_HOST("username =")}, ":2: username: a value is missing"},
    {"control_character", {IN_PROFILE("key_file = a\x01")}, ":2: key_file: a value with a control"},
    {"carriage_return",
     {IN_PROFILE("key_command = a\rb")},
     ":2: key_command: a value with a control"},
    {"scope_with_a_quote", {IN_PROFILE("scopes = a \"b\"")}, ":2: scopes: a scope with"},
    {"scope_not_ascii", {IN_PROFILE("scopes = \xc3\xa9")}, ":2: scopes: a scope with"},
    {"key_id_is_a_path", {IN_PROFILE("key_id = ../x")}, ":2: key_id: not 1 to 64"},
    {"lifetime_zero", {IN_PROFILE("lifetime = 0")}, ":2: lifetime: not a duration from 1s to 1d"},
    {"lifetime_too_long", {IN_PROFILE("lifetime = 86401")}, ":2: lifetime: not a duration"},
    {"lifetime_of_a_host_too_long", {IN_HOST("lifetime = 2d")}, ":2: lifetime: not a duration"},
    {"lifetime_not_a_duration", {IN_PROFILE("lifetime = 1 h")}, ":2: lifetime: not a duration"},
    {"min_valid_too_long",
     {IN_PROFILE("min_valid = 25h")},
     ":2: min_valid: not a duration from 0s to 1d"},
    {"max_age_zero", {IN_HOST("max_age = 0")}, ":2: max_age: not a duration from 1s"},
    {"timeout_zero", {IN_PROFILE("timeout = 0s")}, ":2: timeout: not a duration from 1s to 10m"},
    {"timeout_too_long", {IN_PROFILE("timeout = 11m")}, ":2: timeout: not a duration"},
    {"timeout_in_ms", {IN_PROFILE("timeout = 500ms")}, ":2: timeout: not a duration"},
    {"expiry_unit_unknown",
     {IN_PROFILE("expiry_unit = hours")},
     ":2: expiry_unit: neither 'seconds' nor 'minutes'"},
    {"verify_signature_unknown",
     {IN_PROFILE("verify_signature = true")},
     ":2: verify_signature: neither 'no' nor 'yes'"},
    {"auth_unknown", {IN_HOST("auth = digest")}, ":2: auth: neither 'basic' nor 'bearer'"},
    {"askpass_unknown", {IN_HOST("askpass = 1")}, ":2: askpass: neither"},
    {"username_with_a_colon", {IN_HOST("username = a:b")}, ":2: username: a user name with"},
    {"username_with_a_tab", {IN_HOST("username = a\tb")}, ":2: username: a user name with"},
    {"profile_of_a_host_misspelt", {IN_HOST("profile = a/b")}, ":2: profile: not 1 to 64"},
    {"url_of_another_scheme", {IN_PROFILE("token_url = ftp://h/")}, ":2: token_url: not an https"},
    {"url_without_a_scheme", {IN_PROFILE("token_url = h/token")}, ":2: token_url: not an https"},
    {"url_plain_http", {IN_PROFILE("token_url = http://h/")}, ":2: token_url: not an https"},
    {"url_loopback_prefix",
     {IN_PROFILE("token_url = http://127.0.0.1.evil.org/")},
     ":2: token_url: not an https"},
    {"url_loopback_as_user",
     {IN_PROFILE("token_url = http://localhost@evil.org/")},
     ":2: token_url: a URL with a user name"},
    {"url_with_a_user",
     {IN_PROFILE("token_url = https://a:b@h/")},
     ":2: token_url: a URL with a user name"},
    {"url_with_a_fragment",
     {IN_PROFILE("token_url = https://h/#x")},
     ":2: token_url: a URL with a fragment"},
    {"url_with_a_blank",
     {IN_PROFILE("token_url = https://h/a b")},
     ":2: token_url: a URL with a character"},
    {"url_with_a_backslash",
     {IN_PROFILE("token_url = https://h\\x/")},
     ":2: token_url: a URL with a character"},
    {"url_not_ascii",
     {IN_PROFILE("token_url = https://\xc3\xa9/")},
     ":2: token_url: a URL with a character"},
    {"url_without_a_host",
     {IN_PROFILE("token_url = https:///token")},
     ":2: token_url: a URL without"},
    {"url_with_a_bad_port",
     {IN_PROFILE("token_url = https://h:70000/")},
     ":2: token_url: a URL without"},
    {"pin_without_prefix",
     {IN_PROFILE("pinned_public_key = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")},
     ":2: pinned_public_key: not sha256//"},
    {"pin_too_short",
     {IN_PROFILE("pinned_public_key = sha256//AAAA")},
     ":2: pinned_public_key: not"},
    {"pin_not_base64",
     {IN_PROFILE("pinned_public_key = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_=")},
     ":2: pinned_public_key: not"},
    {"pin_is_a_file", {IN_PROFILE("pinned_public_key = key.pem")}, ":2: pinned_public_key: not"},
    {"pins_with_an_empty_one",
     {IN_PROFILE("pinned_public_key = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;")},
     ":2: pinned_public_key: not"},
    {"proxy_without_a_port", {IN_PROFILE("proxy = h")}, ":2: proxy: neither"},
    {"proxy_of_another_scheme", {IN_PROFILE("proxy = ftp://h:1")}, ":2: proxy: neither"},
    {"proxy_without_a_host", {IN_PROFILE("proxy = http://")}, ":2: proxy: neither"},
    {"proxy_password_with_an_at",
     {IN_PROFILE("proxy = http://alice:s3@cret@proxy.example.com:3128")},
     ":2: proxy: a proxy with '@', '#', '/' or '?' in its user name or password: write them as "
     "%40"},
    {"proxy_password_with_a_hash",
     {IN_PROFILE("proxy = http://alice:s3#cret@proxy.example.com:3128")},
     ":2: proxy: a proxy with '@'"},
    {"proxy_password_with_a_slash",
     {IN_PROFILE("proxy = http://alice:80/cret@proxy.example.com:3128")},
     ":2: proxy: a proxy with '@'"},
    {"proxy_password_with_a_question_mark",
     {IN_PROFILE("proxy = alice:80?cret@proxy.example.com:3128")},
     ":2: proxy: a proxy with '@'"},
    {"proxy_with_a_blank", {IN_PROFILE("proxy = h: 1")}, ":2: proxy: a proxy with a character"},
    {"config_file_missing", {.config_file = "^/nowhere"}, "^/nowhere does not exist"},
    {"config_file_of_the_environment_missing",
     {.env = {"THRIVESTACK_CONFIG=^/nowhere"}},
     "^/nowhere does not exist"},
    {"config_file_is_a_folder", {.config_file = "^/etc"}, "^/etc is not a regular file"},
    {"config_file_is_empty", {.config_file = ""}, "an empty path"},
    {"unknown_profile",
     {.user = "[profile a]\n", .profile = "b"},
     "there is no profile 'b' in " SYSTEM_FILE " " USER_FILE},
    {"unknown_profile_of_the_environment",
     {.env = {"THRIVESTACK_PROFILE=b"}},
     "there is no profile 'b' in " SYSTEM_FILE " " USER_FILE},
    {"url_without_key_file",
     {.env = {"THRIVESTACK_TOKEN_URL=https://h/"}},
     "THRIVESTACK_TOKEN_URL is accepted only together with THRIVESTACK_KEY_FILE"},
    {"ca_without_key_file",
     {.env = {"THRIVESTACK_CA_FILE=/x", "THRIVESTACK_KEY_FILE="}},
     "THRIVESTACK_CA_FILE is accepted only together"},
    {"http_without_key_file",
     {.env = {"THRIVESTACK_ALLOW_HTTP=1"}},
     "THRIVESTACK_ALLOW_HTTP is accepted only together"},
    {"http_neither",
     {.env = {"THRIVESTACK_ALLOW_HTTP=yes", "THRIVESTACK_KEY_FILE=/k"}},
     "THRIVESTACK_ALLOW_HTTP: neither"},
    {"env_lifetime", {.env = {"THRIVESTACK_LIFETIME=2d"}}, "THRIVESTACK_LIFETIME: not a duration"},
    {"env_scopes", {.env = {"THRIVESTACK_SCOPES=a\\b"}}, "THRIVESTACK_SCOPES: a scope with"},
    {"env_scopes_of_a_blank",
     {.env = {"THRIVESTACK_SCOPES= "}},
     "THRIVESTACK_SCOPES: a value is missing"},
    {"env_key_id", {.env = {"THRIVESTACK_KEY_ID=a/b"}}, "THRIVESTACK_KEY_ID: not 1 to 64"},
    {"env_url",
     {.env = {"THRIVESTACK_TOKEN_URL=x", "THRIVESTACK_KEY_FILE=/k"}},
     "THRIVESTACK_TOKEN_URL: not an https"},
    {"env_cache_dir",
     {.env = {"THRIVESTACK_CACHE_DIR=x"}},
     "THRIVESTACK_CACHE_DIR: not an absolute path"},
    {"env_log", {.env = {"THRIVESTACK_LOG=x"}}, "THRIVESTACK_LOG: not 'debug'"},
    {"env_proxy", {.env = {"https_proxy=:"}}, "https_proxy: neither"},
    {"env_proxy_password",
     {.env = {"https_proxy=http://alice:s3@cret@h:1"}},
     "https_proxy: a proxy with '@'"},
    {"misspelt_key", {.user = "[profile default]\nscope = s\n"}, "did you mean 'scopes'?"},
    {"misspelt_key_of_a_host", {.user = "[host h]\nuser_name = a\n"}, "did you mean 'username'?"},
    {"misspelt_section", {.user = "[profil default]\n"}, "did you mean 'profile'?"},
    {"comment_behind_a_duration",
     {.user = "[profile default]\nlifetime = 1h # an hour\n"},
     "; a comment needs a line of its own"},
    {"comment_behind_scopes",
     {.user = "[profile default]\nscopes = s # mine\n"},
     "; a comment needs a line of its own"},
    {"comment_behind_a_flag",
     {.user = "[host h]\naskpass = yes ; always\n"},
     "; a comment needs a line of its own"},
    {"env_all_proxy", {.env = {"https_proxy=", "ALL_PROXY=x y"}}, "ALL_PROXY: a proxy with"},
};

static void
expect_refusal(const char *name, const struct setting_up *with, const char *says)
{
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    TS_CLEANUP(ts_string_free) char *expanded = expand(says);
    struct ts_err err = {0};

    CHECK_INT(name, load(with, &config, &err), TS_ERR_CONFIG);
    CHECK_CONTAINS(name, err.text, expanded);
    CHECK_INT(name, err.code, TS_ERR_CONFIG);
}

static void
refuses_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(file_cases); i++)
        expect_refusal(file_cases[i].name, &file_cases[i].with, file_cases[i].says);
}

/* The sections of other hosts are read for their mistakes alone. */
static void
refuses_the_same_where_one_host_is_wanted(void **state)
{
    static const char *const hosts[] = {"", "other.example.com", "h"};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(file_cases); i++)
        for (size_t j = 0; j < TS_ARRAY_LEN(hosts); j++) {
            struct setting_up with = file_cases[i].with;

            with.only_host = hosts[j];
            expect_refusal(file_cases[i].name, &with, file_cases[i].says);
        }
}

static void
refuses_requests(void **state)
{
    static const struct {
        const char *name;
        struct setting_up with;
        const char *says;
    } cases[] = {
        {"no_file_at_all",
         {.user = NULL},
         "profile default: no scopes in " USER_FILE " and no API key in "},
        {"no_file_at_all_what_to_do", {.user = NULL}, "run 'thrivestack-credential init'"},
        {"only_another_profile",
         {.user = "[profile work]\nscopes = s\n"},
         "but profile work has some: pass --profile work"},
        {"no_scopes",
         {.user = "[profile default]\nlifetime = 1h\n"},
         "profile default: no scopes: set `scopes` in [profile default] of " USER_FILE
         ", or THRIVESTACK_SCOPES"},
        {"no_scopes",
         {.user = "[profile p]\n", .profile = "p"},
         "profile p: no scopes: set `scopes` in [profile p] of " USER_FILE},
        {"no_scopes_in_the_named_file",
         {.config_file = SYSTEM_FILE, .system = ""},
         "of " SYSTEM_FILE},
        {"key_command_without_key_id",
         {IN_PROFILE("scopes = a\nkey_command = x")},
         "profile default: key_command needs a key_id"},
        {"http_not_allowed",
         {IN_PROFILE("scopes = a\ntoken_url = http://127.0.0.1:80/")},
         "token_url is plain http"},
        {"http_not_allowed_by_0",
         {IN_PROFILE("scopes = a\ntoken_url = http://[::1]/"), .env = {"THRIVESTACK_ALLOW_HTTP=0"}},
         "token_url is plain http"},
        {"http_not_allowed_by_nothing",
         {IN_PROFILE("scopes = a\ntoken_url = http://localhost/"),
          .env = {"THRIVESTACK_ALLOW_HTTP="}},
         "token_url is plain http"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
        TS_CLEANUP(ts_string_free) char *says = expand(cases[i].says);
        struct ts_err err = {0};

        CHECK_INT(cases[i].name, make_request(&cases[i].with, &request, &err), TS_ERR_CONFIG);
        CHECK_CONTAINS(cases[i].name, err.text, says);
    }
}

static void
scope_is_named_where_it_can_be_given(void **state)
{
    const struct setting_up with = {.user = "[profile default]\n"};
    const struct ts_config_overrides overrides = {
        .lifetime = -1, .min_valid = -1, .can_scope = true};
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(load(&with, &config, &err), 0);
    assert_int_equal(ts_config_request(&config, NULL, &overrides, &request, &err), TS_ERR_CONFIG);
    assert_non_null(strstr(err.text, "credential.conf, or pass --scope"));
}

static void
trusts_no_file_that_others_write(void **state)
{
    const struct setting_up with = {.config_file = "own.conf"};
    TS_CLEANUP(ts_string_free)
    char *says = expand("^/own.conf is writable by group or others "
                        "(mode 0620): chmod go-w ^/own.conf");
    struct ts_config config;
    struct ts_err err = {0};

    (void)state;
    write_file("^/own.conf", WITH_SCOPES);
    assert_int_equal(chmod("own.conf", 0620), 0);
    assert_int_equal(load(&with, &config, &err), TS_ERR_CONFIG);
    assert_string_equal(err.text, says);
    ts_config_release(&config);
    assert_int_equal(chmod("own.conf", 0644), 0);
    assert_int_equal(load(&with, &config, &err), 0);
    ts_config_release(&config);
    if (getuid() != 0)
        return;
    assert_int_equal(chown("own.conf", STRANGER, (gid_t)-1), 0);
    assert_int_equal(load(&with, &config, &err), TS_ERR_CONFIG);
    assert_non_null(strstr(err.text, "own.conf is owned by user 54321, not by root: chown root"));
    ts_config_release(&config);
}

/* Who can write to the folder could put any of the user's own files into it. */
static void
trusts_no_folder_that_others_write(void **state)
{
    const struct setting_up with = {.user = WITH_SCOPES};
    TS_CLEANUP(ts_string_free) char *folder = expand(USER_FOLDER);
    struct ts_config config;
    struct ts_err err = {0};

    (void)state;
    folder[strlen(folder) - 1] = '\0';
    assert_int_equal(chmod(folder, 0770), 0);
    assert_int_equal(load(&with, &config, &err), TS_ERR_CONFIG);
    assert_non_null(strstr(err.text,
                           "credential.conf.d is writable by group or others (mode 0770): "
                           "chmod go-w "));
    ts_config_release(&config);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(load(&with, &config, &err), 0);
    ts_config_release(&config);
    if (getuid() != 0)
        return;
    assert_int_equal(chown(folder, STRANGER, (gid_t)-1), 0);
    assert_int_equal(load(&with, &config, &err), TS_ERR_CONFIG);
    assert_non_null(strstr(err.text, "credential.conf.d is owned by user 54321, not by root"));
    ts_config_release(&config);
    assert_int_equal(chown(folder, 0, (gid_t)-1), 0);
}

static void
trusts_no_file_in_a_folder_that_others_write(void **state)
{
    const struct setting_up with = {.user = WITH_SCOPES};
    TS_CLEANUP(ts_string_free) char *file = expand(USER_FOLDER "a.conf");
    struct ts_config config;
    struct ts_err err = {0};

    (void)state;
    write_file(USER_FOLDER "a.conf", "");
    assert_int_equal(chmod(file, 0620), 0);
    assert_int_equal(load(&with, &config, &err), TS_ERR_CONFIG);
    assert_non_null(strstr(err.text, "/a.conf is writable by group or others"));
    ts_config_release(&config);
    /* What an editor or a failed deployment leaves: a link that leads nowhere. */
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink("nowhere", file), 0);
    assert_int_equal(load(&with, &config, &err), 0);
    ts_config_release(&config);
    assert_int_equal(unlink(file), 0);
}

static void
caps_files(void **state)
{
    const struct setting_up with = {.config_file = "own.conf"};
    struct ts_config config;
    struct ts_err err = {0};

    (void)state;
    write_file("^/own.conf", WITH_SCOPES);
    assert_int_equal(truncate("own.conf", 1024 * 1024 + 1), 0);
    assert_int_equal(load(&with, &config, &err), TS_ERR_CONFIG);
    assert_non_null(strstr(err.text, "own.conf is larger than 1048576 bytes"));
    ts_config_release(&config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_files),
        cmocka_unit_test(refuses_the_same_where_one_host_is_wanted),
        cmocka_unit_test(refuses_requests),
        cmocka_unit_test(scope_is_named_where_it_can_be_given),
        cmocka_unit_test(trusts_no_file_that_others_write),
        cmocka_unit_test(trusts_no_folder_that_others_write),
        cmocka_unit_test(trusts_no_file_in_a_folder_that_others_write),
        cmocka_unit_test(caps_files),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
