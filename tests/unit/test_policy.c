/* policy.conf(5): what is accepted, and what each mistake in it is told as. */
#include <grp.h>
#include <openssl/ec.h>
#include <pwd.h>
#include <string.h>

#include "common/policy/policy.h"
#include "make_token.h"
#include "policy_fixture.h"
#include "unit.h"

#define SERVICE "[service sshd]\nscopes = user_management\n"
#define KEY_FILE_MAX ((size_t)16 * 1024)
#define KEY_HEAD "[key laptop]\npublic_key = keys/good.pem\n"
#define KEY_TAIL "users = alice\nservices = sshd\nscopes = user_management\n"
#define KEY KEY_HEAD KEY_TAIL
#define KEY_FROM(file) "[key laptop]\npublic_key = " file "\n" KEY_TAIL

static struct policy_fixture fixture;

static void
write_garbage_keys(EVP_PKEY *good)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT((size_t)32 * 1024);
    EVP_PKEY *small = make_rsa_key(1024);
    EVP_PKEY *curve = EVP_EC_gen("P-256");

    fixture_write_public_key(&fixture, "keys/small.pem", small);
    fixture_write_public_key(&fixture, "keys/curve.pem", curve);
    make_private_pem(&pem, good);
    fixture_write(&fixture, "keys/private.pem", pem.data, pem.len, 0600);
    ts_secret_clear(&pem);
    make_public_pem(&pem, good);
    while (pem.len <= KEY_FILE_MAX)
        assert_int_equal(ts_secret_append_string(&pem, "\n"), 0);
    fixture_write(&fixture, "keys/large.pem", pem.data, pem.len, 0644);
    fixture_write(&fixture, "keys/exact.pem", pem.data, KEY_FILE_MAX, 0644);
    fixture_write(&fixture, "keys/garbage.pem", "garbage\n", 8, 0644);
    fixture_write(&fixture, "keys/empty.pem", "", 0, 0644);
    EVP_PKEY_free(small);
    EVP_PKEY_free(curve);
}

static int
set_up(void **state)
{
    EVP_PKEY *good = make_rsa_key(2048);

    (void)state;
    fixture_make(&fixture);
    fixture_write_public_key(&fixture, "keys/good.pem", good);
    write_garbage_keys(good);
    EVP_PKEY_free(good);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    fixture_remove(&fixture);
    return 0;
}

struct row {
    const char *name;
    const char *text;
    unsigned line;       /* of the mistake; 0: there is none */
    const char *message; /* a part of it */
};

static const struct row rows[] = {
    {"empty", "", 0, NULL},
    {"comments_only", "# nothing\n; here\n\n", 0, NULL},
    {"service_and_key", SERVICE KEY, 0, NULL},
    {"key_without_service", KEY, 0, NULL},
    {"every_setting",
     "[service sudo]\nscopes = a b\nmax_age = 5m\nsingle_use = yes\nsource = local prompt\n" KEY
     "max_lifetime = 1h\nexpires = 2027-01-31\n",
     0, NULL},
    {"every_other_service", "[service *]\nscopes = a\n", 0, NULL},
    {"one_file_for_two_keys", KEY "[key other]\npublic_key = keys/good.pem\n" KEY_TAIL, 0, NULL},
    {"key_file_at_the_cap", KEY_FROM("keys/exact.pem"), 0, NULL},
    {"names_of_all_kinds",
     KEY_HEAD "users = alice a.b c_d host$ 1st @staff @a.b\nservices = sshd gdm-password x@y\n"
              "scopes = a:b urn:x/y user.read\n",
     0, NULL},
    {"local_for_su", "[service su]\nscopes = a\nsource = local\n", 0, NULL},
    {"local_for_sudo_i", "[service sudo-i]\nscopes = a\nsource = prompt local\n", 0, NULL},
    {"max_lifetime_one_second", KEY "max_lifetime = 1s\n", 0, NULL},
    {"max_lifetime_one_day", KEY "max_lifetime = 86400\n", 0, NULL},
    {"max_age_one_second", SERVICE "max_age = 1\n", 0, NULL},
    {"leap_day", KEY "expires = 2028-02-29\n", 0, NULL},

    {"key_before_section", "scopes = a\n", 1, "before the first"},
    {"unknown_section", SERVICE "[host x]\n", 3, "[host] is unknown here"},
    {"section_without_name", "[service]\nscopes = a\n", 1, "write [service sshd]"},
    {"key_section_without_name", "[key]\n" KEY_TAIL, 1, "write [key ID]"},
    {"service_with_slash", "[service ../sshd]\nscopes = a\n", 1, "is not a service"},
    {"service_with_blank", "[service a b]\nscopes = a\n", 1, "is not a service"},
    {"key_id_with_slash", "[key a/b]\npublic_key = keys/good.pem\n" KEY_TAIL, 1, "not a key id"},
    {"key_id_twice", KEY KEY, 6, "twice"},
    {"service_twice", SERVICE SERVICE, 3, "twice"},
    {"service_twice_by_alias", "[service sudo]\nscopes = a\n[service sudo-i]\nscopes = b\n", 3,
     "same service (sudo)"},
    {"service_twice_by_case", SERVICE "[service SSHD]\nscopes = b\n", 3, "same service (sshd)"},
    {"setting_twice", SERVICE "scopes = b\n", 3, "set twice"},
    {"misspelt_section", SERVICE "[kye x]\n", 3,
     "[kye] is unknown here: write [service NAME], [events] or [key ID]; did you mean 'key'?"},
    {"comment_behind_a_duration", SERVICE "max_age = 5m # short\n", 3,
     "; a comment needs a line of its own"},
    {"comment_behind_scopes", "[service sshd]\nscopes = a # all\n", 2,
     "; a comment needs a line of its own"},
    {"unknown_setting", SERVICE "scope = a\n", 3,
     "'scope' is not a setting of [service NAME]: correct or remove it; did you mean 'scopes'?"},
    {"setting_of_the_other_kind", SERVICE "users = alice\n", 3, "'users' is not a setting"},
    {"setting_in_capitals", "[service sshd]\nScopes = a\n", 2, "'Scopes' is not a setting"},
    {"service_scopes_missing", "[service sshd]\nmax_age = 5m\n", 1, "'scopes = ...'"},
    {"service_scopes_empty", "[service sshd]\nscopes =\n", 2, "scopes: is empty"},
    {"scope_with_quote", "[service sshd]\nscopes = \"a\"\n", 2, "is not a scope"},
    {"scope_not_ascii", "[service sshd]\nscopes = \xc3\xa4\n", 2, "is not a scope"},
    {"max_age_zero", SERVICE "max_age = 0\n", 3, "max_age: write a time"},
    {"max_age_negative", SERVICE "max_age = -5m\n", 3, "max_age: write a time"},
    {"max_age_word", SERVICE "max_age = 5 minutes\n", 3, "max_age: write a time"},
    {"max_age_empty", SERVICE "max_age =\n", 3, "max_age: write a time"},
    {"single_use_true", SERVICE "single_use = true\n", 3, "write yes or no"},
    {"comment_behind_value", SERVICE "single_use = yes # once\n", 3, "write yes or no"},
    {"source_empty", SERVICE "source =\n", 3, "write prompt, local"},
    {"source_unknown", SERVICE "source = env\n", 3, "write prompt, local"},
    {"source_twice", SERVICE "source = prompt prompt\n", 3, "name each source once"},
    {"source_thrice", "[service su]\nscopes = a\nsource = local prompt local\n", 3, "once"},
    {"local_for_sshd", SERVICE "source = local\n", 3, "local is only for"},
    {"local_for_all", "[service *]\nscopes = a\nsource = prompt local\n", 3, "local is only for"},
    {"local_for_polkit", "[service polkit-1]\nscopes = a\nsource = local\n", 3, "only for"},

    {"public_key_missing", "[key laptop]\n" KEY_TAIL, 1, "'public_key = ...'"},
    {"users_missing", KEY_HEAD "services = a\nscopes = a\n", 1, "'users = ...'"},
    {"services_missing", KEY_HEAD "users = a\nscopes = a\n", 1, "'services = ...'"},
    {"key_scopes_missing", KEY_HEAD "users = a\nservices = a\n", 1, "'scopes = ...'"},
    {"users_empty", KEY_HEAD "users =\nservices = a\nscopes = a\n", 3, "users: is empty"},
    {"users_all", KEY_HEAD "users = *\nservices = a\nscopes = a\n", 3, "not a user or @group"},
    {"users_commas", KEY_HEAD "users = a,b\nservices = a\nscopes = a\n", 3, "not a user"},
    {"users_dash", KEY_HEAD "users = -a\nservices = a\nscopes = a\n", 3, "not a user"},
    {"users_bare_at", KEY_HEAD "users = @\nservices = a\nscopes = a\n", 3, "not a user"},
    {"services_empty", KEY_HEAD "users = a\nservices =\nscopes = a\n", 4, "services: is empty"},
    {"services_slash", KEY_HEAD "users = a\nservices = a/b\nscopes = a\n", 4, "not a service"},
    {"services_all_and_one", KEY_HEAD "users = a\nservices = * a\nscopes = a\n", 4, "alone"},
    {"max_lifetime_zero", KEY "max_lifetime = 0s\n", 6, "from 1s to 1d"},
    {"max_lifetime_over_a_day", KEY "max_lifetime = 86401\n", 6, "from 1s to 1d"},
    {"max_lifetime_two_days", KEY "max_lifetime = 2d\n", 6, "from 1s to 1d"},
    {"expires_with_time", KEY "expires = 2027-01-31T10:00:00Z\n", 6, "YYYY-MM-DD"},
    {"expires_no_such_day", KEY "expires = 2027-02-29\n", 6, "YYYY-MM-DD"},
    {"expires_short", KEY "expires = 2027-1-31\n", 6, "YYYY-MM-DD"},
    {"expires_never", KEY "expires = never\n", 6, "YYYY-MM-DD"},

    {"key_file_empty_path", "[key laptop]\npublic_key =\n" KEY_TAIL, 2, "is empty"},
    {"key_file_missing", KEY_FROM("keys/none.pem"), 2, "keys/none.pem does not exist"},
    {"key_file_a_folder", KEY_FROM("keys"), 2, "keys is not a regular file"},
    {"key_file_a_folder_slash", KEY_FROM("keys/"), 2, "path of a file"},
    {"key_file_a_device", KEY_FROM("/dev/null"), 2, "not a regular file"},
    {"key_file_below_a_file", KEY_FROM("keys/good.pem/x"), 2, "good.pem is not a folder"},
    {"key_file_parent", KEY_FROM("keys/../keys/good.pem"), 2, "'..'"},
    {"key_file_private", KEY_FROM("keys/private.pem"), 2, "keys/private.pem: a private key"},
    {"key_file_small", KEY_FROM("keys/small.pem"), 2, "1024 bits"},
    {"key_file_of_a_curve", KEY_FROM("keys/curve.pem"), 2, "another type"},
    {"key_file_garbage", KEY_FROM("keys/garbage.pem"), 2, "not a public key"},
    {"key_file_empty", KEY_FROM("keys/empty.pem"), 2, "keys/empty.pem: empty"},
    {"key_file_large", KEY_FROM("keys/large.pem"), 2, "larger than 16384 bytes"},
    {"mistake_in_the_last_section", SERVICE KEY "[key other]\nusers = a\n", 8, "public_key"},
};

static void
run_row(const struct row *row)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    struct ts_err err = {0};
    char where[160];

    fixture_write(&fixture, "policy.conf", row->text, strlen(row->text), 0644);
    int rc = fixture_load(&fixture, &policy, &err);
    if (rc == 0)
        rc = fixture_read_keys(&policy, &err);
    if (row->line == 0) {
        if (rc < 0)
            fail_msg("case %s: %s", row->name, err.text);
        return;
    }
    CHECK_INT(row->name, rc, TS_ERR_CONFIG);
    CHECK_INT(row->name, err.code, TS_ERR_CONFIG);
    snprintf(where, sizeof(where), "%s:%u: ", fixture.path, row->line);
    CHECK_CONTAINS(row->name, err.text, where);
    CHECK_CONTAINS(row->name, err.text, row->message);
}

static void
mistakes_are_told_with_file_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        run_row(&rows[i]);
}

static void
load_text(const char *text, struct ts_policy *ret)
{
    struct ts_err err = {0};

    fixture_write(&fixture, "policy.conf", text, strlen(text), 0644);
    if (fixture_load(&fixture, ret, &err) < 0)
        fail_msg("%s", err.text);
}

static void
settings_arrive(void **state)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};

    (void)state;
    load_text("[service sudo-i]\nscopes = b a b\nmax_age = 5m\nsingle_use = yes\n"
              "source = prompt local\n" KEY "max_lifetime = 15m\nexpires = 2027-01-31\n",
              &policy);
    const struct ts_policy_service *service = ts_policy_find_service(&policy, "sudo");
    assert_non_null(service);
    assert_int_equal(service->scopes.len, 2);
    assert_int_equal(service->max_age, 300);
    assert_true(service->single_use);
    assert_int_equal(service->sources_len, 2);
    assert_int_equal(service->sources[0], TS_SOURCE_PROMPT);
    assert_int_equal(service->sources[1], TS_SOURCE_LOCAL);
    const struct ts_policy_key *key = ts_policy_find_key(&policy, "laptop");
    assert_non_null(key);
    assert_int_equal(key->max_lifetime, 900);
    assert_int_equal(key->expires, INT64_C(1801439999)); /* 2027-01-31T23:59:59Z */
    assert_string_equal(key->users.items[0], "alice");
}

static void
defaults_are_the_designs(void **state)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};

    (void)state;
    load_text(SERVICE KEY, &policy);
    const struct ts_policy_service *service = ts_policy_find_service(&policy, "sshd");
    assert_int_equal(service->max_age, -1);
    assert_false(service->single_use);
    assert_int_equal(service->sources_len, 1);
    assert_int_equal(service->sources[0], TS_SOURCE_PROMPT);
    const struct ts_policy_key *key = ts_policy_find_key(&policy, "laptop");
    assert_int_equal(key->max_lifetime, 86400);
    assert_true(key->expires == INT64_MAX);
    assert_null(ts_policy_find_key(&policy, "LAPTOP"));
    assert_null(ts_policy_find_key(&policy, ""));
}

static void
services_are_found(void **state)
{
    static const struct {
        const char *asked;
        const char *found; /* NULL: nothing, where there is no [service *] */
    } cases[] = {
        {"sshd", "sshd"}, {"SSHD", "sshd"}, {"sudo-i", "sudo"},  {"su-l", NULL}, {"su", NULL},
        {"ssh", NULL},    {"sshd2", NULL},  {"remote", "login"}, {"*", NULL},    {"", NULL},
    };
    TS_CLEANUP(ts_policy_release) struct ts_policy some = {0}, all = {0};

    (void)state;
    load_text(SERVICE "[service sudo]\nscopes = a\n[service login]\nscopes = a\n", &some);
    load_text(SERVICE "[service sudo]\nscopes = a\n[service remote]\nscopes = a\n"
                      "[service *]\nscopes = z\n",
              &all);
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        const struct ts_policy_service *found = ts_policy_find_service(&some, cases[i].asked);
        const char *name = cases[i].found != NULL ? cases[i].found : "*";

        CHECK_TEXT(cases[i].asked, found != NULL ? found->name : NULL, cases[i].found);
        CHECK_TEXT(cases[i].asked, ts_policy_find_service(&all, cases[i].asked)->name, name);
    }
}

static void
nothing_is_found_in_nothing(void **state)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    struct ts_subject subject = {.name = "root", .exists = true};

    (void)state;
    load_text("", &policy);
    assert_null(ts_policy_find_service(&policy, "sshd"));
    assert_null(ts_policy_find_key(&policy, "laptop"));
    assert_false(ts_policy_names_user(&policy, &subject));
}

static void
many_keys_are_all_found(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT((size_t)1024 * 1024);
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    char id[32];

    (void)state;
    for (int i = 0; i < 300; i++)
        assert_int_equal(ts_secret_append_format(&text,
                                                 "[key k%d]\npublic_key = keys/good.pem\n" KEY_TAIL,
                                                 i * 7919 % 300),
                         0);
    load_text(ts_secret_string(&text), &policy);
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof(id), "k%d", i);
        const struct ts_policy_key *key = ts_policy_find_key(&policy, id);
        assert_non_null(key);
        assert_string_equal(key->id, id);
    }
    assert_null(ts_policy_find_key(&policy, "k300"));
}

/* Lists of all keys lie in shared memory, which has to be claimed by each for itself. */
static void
lists_of_all_lengths_keep_their_words(void **state)
{
    static const size_t lengths[] = {1, 2, 500, 1, 1023, 1024, 1025, 2040, 3, 1200, 1};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT((size_t)1024 * 1024);
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(lengths); i++) {
        assert_int_equal(
            ts_secret_append_format(&text, "[key k%zu]\nservices = sshd sudo\nusers =", i), 0);
        for (size_t j = 0; j < lengths[i]; j++)
            assert_int_equal(ts_secret_append_format(&text, " %c", (char)('a' + i)), 0);
        assert_int_equal(ts_secret_append_string(
                             &text, "\npublic_key = keys/good.pem\nscopes = user_management\n"),
                         0);
    }
    load_text(ts_secret_string(&text), &policy);
    assert_int_equal(policy.keys_len, TS_ARRAY_LEN(lengths));
    for (size_t i = 0; i < policy.keys_len; i++) {
        const char user[] = {(char)('a' + i), '\0'};

        assert_int_equal(policy.keys[i].users.len, lengths[i]);
        for (size_t j = 0; j < lengths[i]; j++)
            assert_string_equal(policy.keys[i].users.items[j], user);
        assert_string_equal(policy.keys[i].services.items[0], "sshd");
        assert_string_equal(policy.keys[i].services.items[1], "sudo");
    }
}

static void
users_are_named(void **state)
{
    static const struct {
        const char *name;
        const char *group; /* they are in, or NULL */
        uid_t uid;
        bool exists, named;
        const char *canonical; /* NULL: the name as it is */
    } cases[] = {
        {"alice", NULL, 1000, true, true},
        {"Alice", NULL, 1000, true, false},
        {"Alice", NULL, 1000, true, true, "alice"},
        {"CORP+bob", "staff", 1001, true, true, "bob"},
        {"CORP+bob", NULL, 1001, true, false, "bob"},
        {"alice", NULL, 1000, true, true, "ALICE"},
        {"x", "staff", 0, true, true, "root"},
        {"bob", "staff", 1001, true, true},
        {"bob", "wheel", 1001, true, false},
        {"@staff", NULL, 1001, true, false},
        {"staff", NULL, 1001, true, false},
        {"toor", "staff", 0, true, false},
        {"root", NULL, 0, true, true},
        {"ghost", "staff", 0, false, false},
        {"", NULL, 1002, true, false},
    };
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};

    (void)state;
    load_text(KEY_HEAD "users = alice root @staff\nservices = *\nscopes = a\n", &policy);
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        char *groups[] = {(char *)(uintptr_t)cases[i].group};
        struct ts_subject subject = {.name = cases[i].name,
                                     .canonical = (char *)(uintptr_t)cases[i].canonical,
                                     .exists = cases[i].exists,
                                     .uid = cases[i].uid,
                                     .groups = {groups, cases[i].group != NULL}};

        CHECK_INT(cases[i].name, ts_policy_key_names_user(&policy.keys[0], &subject),
                  cases[i].named);
        CHECK_INT(cases[i].name, ts_policy_names_user(&policy, &subject), cases[i].named);
    }
}

/* Another account than root's that is in a group of its own. */
static const struct passwd *
find_somebody(struct ts_secret *ret_group)
{
    const struct passwd *passwd = getpwuid(1);
    const struct group *group = passwd != NULL ? getgrgid(passwd->pw_gid) : NULL;

    if (group == NULL || ts_secret_append_string(ret_group, group->gr_name) < 0)
        skip();
    return passwd;
}

static void
groups_are_looked_up(void **state)
{
    static const struct {
        const char *name;
        const char *service;
        const char *user; /* NULL: somebody who is in the group */
        size_t groups;
        bool exists, named;
    } cases[] = {
        {"by_group", "sshd", NULL, 1, true, true},
        {"service_of_no_group", "cron", NULL, 0, true, false},
        {"alias_of_a_service", "sudo-i", NULL, 1, true, true},
        {"root", "sshd", "root", 0, true, false},
        {"nobody_at_all", "sshd", "no-such-user-here", 0, false, false},
    };
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    TS_CLEANUP(ts_secret_release) struct ts_secret group = TS_SECRET_INIT(256);
    const struct passwd *somebody = find_somebody(&group);
    struct ts_err err = {0};
    char text[1024];

    (void)state;
    snprintf(text, sizeof(text),
             KEY_HEAD "users = @%s @no-such-group-here\nservices = sshd sudo\nscopes = a\n",
             ts_secret_string(&group));
    load_text(text, &policy);
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_subject_release) struct ts_subject subject = {0};
        const char *user = cases[i].user != NULL ? cases[i].user : somebody->pw_name;

        CHECK_INT(cases[i].name, ts_subject_lookup(&policy, cases[i].service, user, &subject, &err),
                  0);
        CHECK_INT(cases[i].name, subject.exists, cases[i].exists);
        CHECK_INT(cases[i].name, subject.groups.len, cases[i].groups);
        CHECK_INT(cases[i].name, ts_policy_names_user(&policy, &subject), cases[i].named);
        CHECK_TEXT(cases[i].name, subject.canonical, cases[i].exists ? user : NULL);
        CHECK_INT(cases[i].name, subject.uid == 0, strcmp(user, "root") == 0);
    }
}

static void
settings_table_is_whole(void **state)
{
    size_t len = 0;
    const struct ts_policy_setting *settings = ts_policy_settings(&len);

    (void)state;
    assert_int_equal(len, 12);
    for (size_t i = 0; i < len; i++)
        assert_true(strcmp(settings[i].section, "service") == 0 ||
                    strcmp(settings[i].section, "key") == 0 ||
                    strcmp(settings[i].section, "events") == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_with_file_and_line),
        cmocka_unit_test(settings_arrive),
        cmocka_unit_test(defaults_are_the_designs),
        cmocka_unit_test(services_are_found),
        cmocka_unit_test(nothing_is_found_in_nothing),
        cmocka_unit_test(many_keys_are_all_found),
        cmocka_unit_test(lists_of_all_lengths_keep_their_words),
        cmocka_unit_test(users_are_named),
        cmocka_unit_test(groups_are_looked_up),
        cmocka_unit_test(settings_table_is_whole),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
