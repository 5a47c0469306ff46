/* credential.conf: what files, environment and command line add up to. */
#include "tests/unit/config_fixture.h"
#include "tests/unit/unit.h"

#include <string.h>

#include "common/base/secret.h"

/* What a request came to, one line per member that counts. */
static char *
describe(const struct ts_request *request)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret out = TS_SECRET_INIT(1 << 16);
    const struct {
        const char *name;
        const char *value;
    } texts[] = {
        {"profile", request->profile},
        {"key_file", request->key.key_file},
        {"key_command", request->key.key_command},
        {"key_id", request->key.key_id},
        {"credentials_dir", request->key.credentials_dir},
        {"token_url", request->endpoint.token_url},
        {"ca_file", request->endpoint.ca_file},
        {"pin", request->endpoint.pinned_public_key},
        {"proxy", request->endpoint.proxy},
        {"proxy_variable", request->endpoint.proxy_variable},
        {"no_proxy", request->endpoint.no_proxy},
        {"cache_dir", request->cache_dir},
        {"session", request->session_token_file},
    };
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"lifetime", request->lifetime},
        {"min_valid", request->min_valid},
        {"max_age", request->max_age},
        {"timeout", request->endpoint.timeout_ms},
        {"minutes", request->endpoint.expiry_in_minutes},
        {"verify", request->endpoint.verify_signature},
        {"http", request->endpoint.allow_http},
        {"strict", request->min_valid_strict},
        {"fresh", request->fresh},
        {"debug", request->debug},
    };

    assert_int_equal(ts_secret_append_string(&out, "\n"), 0);
    for (size_t i = 0; i < TS_ARRAY_LEN(texts); i++)
        if (texts[i].value != NULL)
            assert_int_equal(
                ts_secret_append_format(&out, "%s=%s\n", texts[i].name, texts[i].value), 0);
    for (size_t i = 0; i < TS_ARRAY_LEN(numbers); i++)
        assert_int_equal(ts_secret_append_format(&out, "%s=%lld\n", numbers[i].name,
                                                 (long long)numbers[i].value),
                         0);
    assert_int_equal(ts_secret_append_string(&out, "scopes="), 0);
    assert_int_equal(ts_list_join(&request->scopes, ' ', &out), 0);
    assert_int_equal(ts_secret_append_string(&out, "\n"), 0);
    char *copy = strdup(ts_secret_string(&out));
    assert_non_null(copy);
    return copy;
}

#define HTTPS_URL "https://api.app.thrivestack.ai/api/user/token"

static const struct {
    const char *name;
    struct setting_up with;
    const char *expected[6]; /* whole lines of describe() */
    const char *absent;      /* what no line begins with, or NULL */
} request_cases[] = {
    {"defaults",
     {.user = WITH_SCOPES},
     {"profile=default", "key_file=^/home/.config/thrivestack/key.json", "token_url=" HTTPS_URL,
      "cache_dir=^/home/.cache/thrivestack", "scopes=a",
      "lifetime=3600\nmin_valid=300\nmax_age=-1\ntimeout=8000\nminutes=0\nverify=1\nhttp="
      "0\nstrict=0\nfresh=0\ndebug=0"},
     "key_command="},
    {"every_setting",
     {.user = "[profile default]\nkey_file = k\nkey_id = i\ntoken_url = "
              "HTTPS://H:1/x?y\nscopes = b\t a\n"
              "lifetime = 1d\nexpiry_unit = minutes\nmin_valid = 0\nmax_age = 1\ntimeout = "
              "10m\nca_file = /c\n"
              "pinned_public_key = "
              "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;sha256//"
              "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=\n"
              "proxy = socks5h://u:p@h:1\nverify_signature = no\n"},
     {"key_file=^/home/.config/thrivestack/k", "key_id=i\ntoken_url=HTTPS://H:1/x?y\nca_file=/c",
      "pin=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;sha256//"
      "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=",
      "proxy=socks5h://u:p@h:1", "scopes=b a",
      "lifetime=86400\nmin_valid=0\nmax_age=1\ntimeout=600000\nminutes=1\nverify=0"},
     NULL},
    {"user_over_system_key_by_key",
     {.system = "[profile default]\nscopes = s\nlifetime = 2h\nca_file = ca.pem\n",
      .user = "[profile default]\nlifetime = 3h\n"},
     {"scopes=s", "lifetime=10800", "ca_file=^/etc/ca.pem",
      "key_file=^/home/.config/thrivestack/key.json"},
     NULL},
    {"key_file_over_key_command",
     {.system = "[profile default]\nscopes = s\nkey_command = c\nkey_id = i\n",
      .user = "[profile default]\nkey_file = ~/k\n"},
     {"key_file=^/home/k", "key_id=i"},
     "key_command="},
    {"key_command_over_key_file",
     {.system = "[profile default]\nscopes = s\nkey_file = k\nkey_id = i\n",
      .user = "[profile default]\nkey_command = pass show x; true # y\n"},
     {"key_command=pass show x; true # y"},
     "key_file="},
    {"folders_after_their_file",
     {.system = "[profile default]\nscopes = s\nlifetime = 2h\nmin_valid = 1m\nmax_age = 1h\n",
      .user = "[profile default]\nmin_valid = 3m\nmax_age = 3h\n",
      .more = {{SYSTEM_FOLDER "a.conf", "[profile default]\nlifetime = 4h\nmin_valid = 2m\n"},
               {USER_FOLDER "a.conf", "[profile default]\nmax_age = 5h\nca_file = ca.pem\n"}}},
     {"scopes=s", "lifetime=14400", "min_valid=180", "max_age=18000",
      "ca_file=^/home/.config/thrivestack/credential.conf.d/ca.pem"},
     NULL},
    {"folder_in_the_order_of_names",
     {.user = "",
      .more = {{USER_FOLDER "b.conf", "[profile default]\nscopes = b\nlifetime = 2h\n"},
               {USER_FOLDER "a.conf", "[profile default]\nscopes = a\nlifetime = 3h\n"},
               {USER_FOLDER "B.conf", "[profile default]\nscopes = B\nmin_valid = 1m\n"}}},
     {"scopes=b", "lifetime=7200", "min_valid=60"},
     NULL},
    {"folder_without_the_file",
     {.more = {{USER_FOLDER "git.example.com.conf", WITH_SCOPES}}},
     {"scopes=a"},
     NULL},
    {"a_host_of_one_file_and_a_profile_of_another",
     {.more = {{USER_FOLDER "a.conf", "[host h]\nprofile = p\n"},
               {USER_FOLDER "b.conf", "[host H:443]\nlifetime = 7s\n[profile p]\nscopes = p\n"}},
      .host = "h"},
     {"profile=p", "scopes=p", "lifetime=7"},
     NULL},
    {"leftovers_in_a_folder_are_ignored",
     {.user = WITH_SCOPES,
      .more = {{USER_FOLDER ".a.conf", "junk"},
               {USER_FOLDER "a.conf~", "junk"},
               {USER_FOLDER "a.conf.dpkg-old", "junk"},
               {USER_FOLDER "#a.conf", "junk"}}},
     {"scopes=a"},
     NULL},
    {"config_file_replaces_all",
     {.system = "[profile default]\nscopes = s\nlifetime = 2h\n",
      .user = WITH_SCOPES,
      .more = {{SYSTEM_FOLDER "a.conf", "junk"}, {USER_FOLDER "a.conf", "junk"}},
      .config_file = "^/own.conf"},
     {"scopes=own", "lifetime=3600", "key_file=^/home/.config/thrivestack/key.json",
      "ca_file=^/ca.pem"},
     NULL},
    {"config_file_by_a_relative_path",
     {.config_file = "own.conf"},
     {"scopes=own", "ca_file=^/ca.pem"},
     NULL},
    {"config_file_by_a_symlink", {.config_file = "link.conf"}, {"scopes=own"}, NULL},
    {"config_file_of_the_environment",
     {.user = WITH_SCOPES, .env = {"THRIVESTACK_CONFIG=own.conf"}},
     {"scopes=own"},
     NULL},
    {"option_over_environment",
     {.config_file = "own.conf", .env = {"THRIVESTACK_CONFIG=^/nowhere"}},
     {"scopes=own"},
     NULL},
    {"xdg_config_home",
     {.user = WITH_SCOPES, .env = {"XDG_CONFIG_HOME=^/xdg"}},
     {"scopes=xdg", "key_file=^/xdg/thrivestack/key.json"},
     NULL},
    {"xdg_config_home_relative",
     {.user = WITH_SCOPES, .env = {"XDG_CONFIG_HOME=xdg"}},
     {"scopes=a"},
     NULL},
    {"home_of_the_environment",
     {.user = WITH_SCOPES, .env = {"HOME=^/nowhere", "THRIVESTACK_SCOPES=e"}},
     {"scopes=e", "key_file=^/nowhere/.config/thrivestack/key.json",
      "cache_dir=^/nowhere/.cache/thrivestack"},
     NULL},
    {"home_relative", {.user = WITH_SCOPES, .env = {"HOME=x"}}, {"scopes=a"}, NULL},
    {"another_profile",
     {.user = WITH_SCOPES "lifetime = 2h\n[profile p]\nscopes = b\n", .profile = "p"},
     {"profile=p", "scopes=b", "lifetime=3600"},
     NULL},
    {"profile_of_the_environment",
     {.user = WITH_SCOPES "[profile p]\nscopes = b\n", .env = {"THRIVESTACK_PROFILE=p"}},
     {"profile=p"},
     NULL},
    {"profile_option_over_environment",
     {.user = WITH_SCOPES "[profile p]\n", .env = {"THRIVESTACK_PROFILE=p"}, .profile = "default"},
     {"profile=default"},
     NULL},
    {"host_names_a_profile",
     {.user = WITH_SCOPES "[host h]\nprofile = p\n",
      .system = "[profile p]\nscopes = b\n",
      .host = "h"},
     {"profile=p", "scopes=b"},
     NULL},
    {"unknown_profile_replaced_since",
     {.system = "[host h]\nprofile = nope\n",
      .user = WITH_SCOPES "[host h]\nprofile = default\n",
      .host = "h"},
     {"profile=default"},
     NULL},
    {"profile_option_over_the_hosts",
     {.user = WITH_SCOPES "[profile p]\n[host h]\nprofile = p\n",
      .profile = "default",
      .host = "h"},
     {"profile=default"},
     NULL},
    {"host_over_profile",
     {.user = WITH_SCOPES "[host h]\nscopes = x y\nlifetime = 2h\nmin_valid = 1\nmax_age = 2\n",
      .host = "H:443"},
     {"scopes=x y", "lifetime=7200\nmin_valid=1\nmax_age=2"},
     NULL},
    {"host_without_settings",
     {.user = WITH_SCOPES "max_age = 9\n[host h]\n", .host = "h"},
     {"scopes=a", "lifetime=3600\nmin_valid=300\nmax_age=9"},
     NULL},
    {"hosts_merged_by_pattern",
     {.system = "[host H:443/]\nlifetime = 2h\nmin_valid = 1\n",
      .user = WITH_SCOPES "[host h]\nmin_valid = 2\n",
      .host = "h"},
     {"lifetime=7200\nmin_valid=2"},
     NULL},
    {"host_by_path",
     {.user = WITH_SCOPES "[host h]\nlifetime = 1\n[host h/team]\nlifetime = 2\n",
      .host = "h",
      .path = "team/repo"},
     {"lifetime=2"},
     NULL},
    {"host_by_wildcard",
     {.user = WITH_SCOPES "[host *.h]\nlifetime = 1\n[host a.h]\nlifetime = 2\n", .host = "b.h"},
     {"lifetime=1"},
     NULL},
    {"environment_over_files",
     {.user = "[profile default]\nscopes = a\nlifetime = 1\nkey_id = i\nkey_command = c\n",
      .env = {"THRIVESTACK_KEY_FILE=k", "THRIVESTACK_KEY_ID=j", "THRIVESTACK_SCOPES=b  c",
              "THRIVESTACK_LIFETIME=2"}},
     {"key_file=^/k", "key_id=j", "scopes=b c", "lifetime=2"},
     "key_command="},
    {"environment_over_hosts",
     {.user = WITH_SCOPES "[host h]\nscopes = x\nlifetime = 1\n",
      .env = {"THRIVESTACK_SCOPES=b", "THRIVESTACK_LIFETIME=2"},
      .host = "h"},
     {"scopes=b", "lifetime=2"},
     NULL},
    {"environment_with_the_hosts_profile",
     {.user = "[profile p]\n[host h]\nprofile = p\n", .env = {"THRIVESTACK_SCOPES=b"}, .host = "h"},
     {"profile=p", "scopes=b"},
     NULL},
    {"empty_variables",
     {.user = WITH_SCOPES,
      .env = {"THRIVESTACK_SCOPES=", "THRIVESTACK_KEY_FILE=", "THRIVESTACK_CONFIG=",
              "THRIVESTACK_TOKEN_URL=", "THRIVESTACK_CACHE_DIR=", "THRIVESTACK_PROFILE="}},
     {"scopes=a", "token_url=" HTTPS_URL},
     NULL},
    {"endpoint_of_the_environment",
     {.user = WITH_SCOPES,
      .env = {"THRIVESTACK_KEY_FILE=~/k", "THRIVESTACK_TOKEN_URL=http://127.0.0.1:8/",
              "THRIVESTACK_CA_FILE=c.pem", "THRIVESTACK_ALLOW_HTTP=1"}},
     {"key_file=^/home/k", "token_url=http://127.0.0.1:8/\nca_file=^/c.pem", "http=1"},
     NULL},
    {"own_cache_dir",
     {.user = WITH_SCOPES,
      .env = {"THRIVESTACK_CACHE_DIR=/c", "XDG_RUNTIME_DIR=/r", "XDG_CACHE_HOME=/x"}},
     {"cache_dir=/c"},
     NULL},
    {"runtime_dir",
     {.user = WITH_SCOPES, .env = {"XDG_RUNTIME_DIR=^/xdg/", "XDG_CACHE_HOME=/x"}},
     {"cache_dir=^/xdg/thrivestack"},
     NULL},
    {"cache_home",
     {.user = WITH_SCOPES, .env = {"XDG_RUNTIME_DIR=r", "XDG_CACHE_HOME=/x"}},
     {"cache_dir=/x/thrivestack"},
     NULL},
    {"runtime_dir_that_does_not_exist",
     {.user = WITH_SCOPES, .env = {"XDG_RUNTIME_DIR=^/none", "XDG_CACHE_HOME=/x"}},
     {"cache_dir=/x/thrivestack"},
     NULL},
    {"runtime_dir_of_another_user",
     {.user = WITH_SCOPES, .env = {"XDG_RUNTIME_DIR=^/another", "XDG_CACHE_HOME=/x"}},
     {"cache_dir=/x/thrivestack"},
     NULL},
    {"cache_home_relative",
     {.user = WITH_SCOPES, .env = {"XDG_CACHE_HOME=x"}},
     {"cache_dir=^/home/.cache/thrivestack"},
     NULL},
    {"proxy",
     {.user = WITH_SCOPES,
      .env = {"https_proxy=h:1", "HTTPS_PROXY=h:2", "all_proxy=h:3", "no_proxy=x", "NO_PROXY=y"}},
     {"proxy=h:1\nproxy_variable=https_proxy\nno_proxy=x"},
     NULL},
    {"proxy_in_capitals",
     {.user = WITH_SCOPES, .env = {"HTTPS_PROXY=http://h:2/", "all_proxy=h:3", "NO_PROXY=y"}},
     {"proxy=http://h:2/\nproxy_variable=HTTPS_PROXY\nno_proxy=y"},
     NULL},
    {"proxy_for_all",
     {.user = WITH_SCOPES, .env = {"http_proxy=h:1", "all_proxy=socks5://h:3"}},
     {"proxy=socks5://h:3\nproxy_variable=all_proxy"},
     NULL},
    {"proxy_of_the_file",
     {.user = WITH_SCOPES "proxy = f:1\n", .env = {"https_proxy=h:1"}},
     {"proxy=f:1"},
     NULL},
    {"http_proxy_is_not_ours",
     {.user = WITH_SCOPES, .env = {"http_proxy=h:1"}},
     {"scopes=a"},
     "proxy="},
    {"credentials_directory",
     {.user = WITH_SCOPES, .env = {"CREDENTIALS_DIRECTORY=/run/c"}},
     {"credentials_dir=/run/c"},
     NULL},
    {"session_without_scopes",
     {.user = "", .env = {"THRIVESTACK_TOKEN_FILE=/s"}},
     {"session=/s", "scopes="},
     NULL},
    {"session_by_a_relative_path",
     {.user = "", .env = {"THRIVESTACK_TOKEN_FILE=s"}},
     {"session=^/s"},
     NULL},
    {"debug", {.user = WITH_SCOPES, .env = {"THRIVESTACK_LOG=debug"}}, {"debug=1"}, NULL},
};

static void
adds_up_to_requests(void **state)
{
    (void)state;
    write_file("^/own.conf", "[profile default]\nscopes = own\nca_file = ca.pem\n");
    write_file("^/xdg/thrivestack/credential.conf", "[profile default]\nscopes = xdg\n");
    assert_int_equal(symlink("own.conf", "link.conf"), 0);
    for (size_t i = 0; i < TS_ARRAY_LEN(request_cases); i++) {
        TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
        struct ts_err err = {0};

        if (make_request(&request_cases[i].with, &request, &err) != 0)
            fail_msg("case %s: %s", request_cases[i].name, err.text);
        TS_CLEANUP(ts_string_free) char *description = describe(&request);
        for (size_t j = 0;
             j < TS_ARRAY_LEN(request_cases[i].expected) && request_cases[i].expected[j] != NULL;
             j++) {
            TS_CLEANUP(ts_string_free) char *line = expand(request_cases[i].expected[j]);
            char whole[512];

            snprintf(whole, sizeof(whole), "\n%s\n", line);
            CHECK_CONTAINS(request_cases[i].name, description, whole);
        }
        if (request_cases[i].absent != NULL) {
            char start[64];

            snprintf(start, sizeof(start), "\n%s", request_cases[i].absent);
            CHECK(request_cases[i].name, strstr(description, start) == NULL);
        }
    }
}

static void
puts_the_command_line_over_all(void **state)
{
    const struct setting_up with = {.user = WITH_SCOPES "[host h]\nscopes = x\nlifetime = 1\n",
                                    .env = {"THRIVESTACK_SCOPES=b", "THRIVESTACK_LIFETIME=2"}};
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    char scope[] = "o";
    char *scopes[] = {scope};
    struct ts_config_overrides overrides = {.lifetime = -1, .min_valid = -1};
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(load(&with, &config, &err), 0);
    const struct ts_host_rule *host = ts_config_find_host(&config, "h", NULL);
    assert_int_equal(ts_config_request(&config, host, &overrides, &request, &err), 0);
    assert_int_equal(request.lifetime, 2);
    assert_false(request.min_valid_strict || request.fresh);
    ts_request_release(&request);
    overrides = (struct ts_config_overrides){
        .scopes = {scopes, 1}, .lifetime = 3, .min_valid = 0, .fresh = true};
    assert_int_equal(ts_config_request(&config, host, &overrides, &request, &err), 0);
    assert_int_equal(request.scopes.len, 1);
    assert_string_equal(request.scopes.items[0], "o");
    assert_int_equal(request.lifetime, 3);
    assert_int_equal(request.min_valid, 0);
    assert_true(request.min_valid_strict && request.fresh);
}

static void
keeps_what_hosts_say(void **state)
{
    const struct setting_up with = {
        .user = "[host Git.Example.com/Team]\nusername = al ice\nauth = bearer\naskpass = yes\n"
                "[host *.example.com]\n"};
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    TS_CLEANUP(ts_string_free) char *user_file = expand(USER_FILE);
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(load(&with, &config, &err), 0);
    const struct ts_host_rule *rule = ts_config_find_host(&config, "git.example.com", "Team/x");
    assert_ptr_equal(rule, &config.hosts[0]);
    assert_string_equal(rule->label, "git.example.com/Team");
    assert_string_equal(rule->username, "al ice");
    assert_true(rule->auth == TS_AUTH_BEARER && rule->askpass && rule->profile == NULL);
    rule = ts_config_find_host(&config, "git.example.com", NULL);
    assert_ptr_equal(rule, &config.hosts[1]);
    assert_true(rule->auth == TS_AUTH_BASIC && !rule->askpass && rule->username == NULL);
    assert_true(rule->lifetime == -1 && rule->min_valid == -1 && rule->max_age == -1);
    assert_null(ts_config_find_host(&config, "example.org", NULL));
    assert_null(ts_config_find_host(&config, "", NULL));
    assert_null(ts_config_find_host(&config, "git.example.com:8443", NULL));
    assert_int_equal(config.files.len, 1);
    assert_string_equal(config.files.items[0], user_file);
    assert_string_equal(config.user_file, user_file);
    TS_CLEANUP(ts_string_free) char *folder = expand(USER_FOLDER);
    assert_memory_equal(config.user_conf_dir, folder, strlen(folder) - 1);
}

static const char *
empty_getenv(const char *name)
{
    return name != NULL ? NULL : name;
}

static void
works_without_a_home(void **state)
{
    const struct ts_config_sources sources = {.system_file = "/nowhere/thrivestack/credential.conf",
                                              .getenv = empty_getenv,
                                              .uid = getuid()};
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_config_load(&sources, &config, &err), 0);
    assert_null(config.user_folder);
    assert_null(config.user_file);
    assert_null(config.cache_dir);
    assert_string_equal(ts_config_find_profile(&config, "default")->key.key_file,
                        "/nowhere/thrivestack/key.json");
}

static void
lists_its_settings(void **state)
{
    size_t len = 0;
    const struct ts_config_setting *settings = ts_config_settings(&len);

    (void)state;
    assert_int_equal(len, 29);
    for (size_t i = 0; i < len; i++)
        CHECK(settings[i].key, strcmp(settings[i].section, "profile") == 0 ||
                                   strcmp(settings[i].section, "host") == 0 ||
                                   strcmp(settings[i].section, "events") == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_up_to_requests),  cmocka_unit_test(puts_the_command_line_over_all),
        cmocka_unit_test(keeps_what_hosts_say), cmocka_unit_test(works_without_a_home),
        cmocka_unit_test(lists_its_settings),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
