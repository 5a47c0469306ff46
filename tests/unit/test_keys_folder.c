/* keys.d: a mistake in one file costs its own keys and nobody else's, and never makes a user with a
 * key one without. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/policy/policy.h"
#include "make_token.h"
#include "policy_fixture.h"
#include "unit.h"

#define KEY(id, user)                                                                              \
    "[key " id "]\npublic_key = good.pem\nusers = " user                                           \
    "\nservices = sshd\nscopes = user_management\n"
#define REST "users = bob\nservices = sshd\nscopes = user_management\n"

static struct policy_fixture fixture;
static char inline_key[1024];

/* Returns the key pair. */
static EVP_PKEY *
fill(void)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(8192);
    EVP_PKEY *good = make_rsa_key(2048);
    char *end = inline_key;

    fixture_make(&fixture);
    fixture_write(&fixture, "policy.conf", "[service sshd]\nscopes = user_management\n", 40, 0644);
    make_public_pem(&pem, good);
    for (const char *line = strchr(pem.data, '\n') + 1; *line != '-';
         line += strcspn(line, "\n") + 1)
        end = stpncpy(end, line, strcspn(line, "\n"));
    *end = '\0';
    return good;
}

static int
set_up(void **state)
{
    (void)state;
    EVP_PKEY *good = fill();
    char path[160];

    snprintf(path, sizeof(path), "%s/keys.d", fixture.folder);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(chmod(path, 0755), 0);
    fixture_write_public_key(&fixture, "keys.d/good.pem", good);
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

static void
write_text(const char *name, const char *text, mode_t mode)
{
    fixture_write(&fixture, name, text, strlen(text), mode);
}

/* `alice` has a good key of her own in policy.conf's folder: keys.d/alice.conf. */
static void
write_alice(void)
{
    char text[2048];

    snprintf(text, sizeof(text),
             "[key alice]\npublic_key = %s\nusers = alice\n"
             "services = sshd\nscopes = user_management\n",
             inline_key);
    write_text("keys.d/alice.conf", text, 0644);
}

static bool
names(const struct ts_policy *policy, const char *user)
{
    const struct ts_subject subject = {.name = user, .exists = true, .uid = 1000};

    for (size_t i = 0; i < policy->keys_len; i++)
        if (ts_policy_key_names_user(&policy->keys[i], &subject))
            return true;
    return false;
}

struct row {
    const char *name;
    const char *text; /* of keys.d/bob.conf */
    mode_t mode;
    const char *message; /* a part of the problem of key `bob`; NULL: there is none */
    bool is_named;       /* bob is a user with a key all the same */
};

static const struct row rows[] = {
    {"good", KEY("bob", "bob"), 0644, NULL, true},
    {"two_keys", KEY("bob", "bob") KEY("other", "carol"), 0644, NULL, true},
    {"other_spelling", "[key \t bob ] \r\npublic_key=good.pem\r\n" REST, 0644, NULL, true},
    {"service", KEY("bob", "bob") "[service sshd]\nscopes = a\n", 0644, "bob.conf:6: [service]",
     true},
    {"no_equals", KEY("bob", "bob") "nonsense\n", 0644, "bob.conf:6: neither", true},
    {"unknown_setting", KEY("bob", "bob") "shell = x\n", 0644, "bob.conf:6: 'shell'", true},
    {"leading_blank", " [key bob]\n" REST, 0644, "bob.conf:1: a line that begins", true},
    {"twice_in_it", KEY("bob", "bob") KEY("bob", "carol"), 0644, "bob.conf:6: section", true},
    {"no_public_key", "[key bob]\n" REST, 0644, "bob.conf:1: [key bob] needs a line", true},
    {"bad_users", KEY("bob", "bob c,d"), 0644, "bob.conf:3: users: 'c,d'", true},
    {"users_twice", KEY("bob", "bob") "users = carol\n", 0644, "bob.conf:6: 'users' is set", true},
    {"writable_by_group", KEY("bob", "bob"), 0664, "bob.conf is writable", true},
    {"writable_by_others", KEY("bob", "bob"), 0646, "bob.conf is writable", true},
};

static void
check_row(const struct row *row)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    struct evp_pkey_st *ignored = NULL;
    struct ts_err err = {0};

    write_text("keys.d/bob.conf", row->text, row->mode);
    CHECK_INT(row->name, fixture_load(&fixture, &policy, &err), 0);
    const struct ts_policy_key *bob = ts_policy_find_key(&policy, "bob");
    const struct ts_policy_key *alice = ts_policy_find_key(&policy, "alice");
    CHECK(row->name, alice != NULL && alice->problem == NULL);
    CHECK_INT(row->name, ts_policy_public_key(&policy, alice, &ignored, &err), 0);
    CHECK(row->name, bob != NULL);
    CHECK(row->name, names(&policy, "alice") && names(&policy, "bob") == row->is_named);
    CHECK_INT(row->name, ts_policy_public_key(&policy, bob, &ignored, &err),
              row->message == NULL ? 0 : TS_ERR_CONFIG);
    CHECK_INT(row->name, (int)policy.problems.len, row->message != NULL);
    if (row->message != NULL) {
        CHECK_CONTAINS(row->name, bob->problem, row->message);
        CHECK(row->name, policy.problems.items[0] == bob->problem);
    }
}

static void
a_mistake_costs_its_own_file(void **state)
{
    (void)state;
    write_alice();
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        check_row(&rows[i]);
}

/* One mistake in the lines that say whose the key is, of a user who is in no other file. */
static void
a_mistake_leaves_users_with_a_key(void **state)
{
    static const struct {
        const char *name;
        const char *text;
    } cases[] = {
        {"no_bracket", "[key bob\n" REST},
        {"no_bracket_later", KEY("carol", "carol") "[key bob\n" REST},
        {"other_kind", "[kye bob]\n" REST},
        {"bad_id", "[key bob!]\n" REST},
        {"no_id", "[key]\n" REST},
        {"no_section", REST},
        {"byte_order_mark", "\xef\xbb\xbf[key bob]\n" REST},
        {"user", "[key bob]\npublic_key = good.pem\nuser = bob\n"},
        {"capital", "[key bob]\npublic_key = good.pem\nUsers = bob\n"},
        {"no_equals", "[key bob]\npublic_key = good.pem\nusers bob\n"},
        {"colon", "[key bob]\npublic_key = good.pem\nusers: bob\n"},
        {"commas", KEY("bob", "carol,bob,dave")},
        {"quotes", KEY("bob", "\"bob\"")},
    };

    (void)state;
    write_alice();
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
        struct ts_err err = {0};

        write_text("keys.d/bob.conf", cases[i].text, 0644);
        CHECK_INT(cases[i].name, fixture_load(&fixture, &policy, &err), 0);
        CHECK_INT(cases[i].name, (int)policy.problems.len, 1);
        CHECK(cases[i].name, names(&policy, "bob") && !names(&policy, "erin"));
        CHECK(cases[i].name, ts_policy_find_key(&policy, "alice")->problem == NULL);
        for (size_t k = 0; k < policy.keys_len; k++)
            CHECK(cases[i].name,
                  strcmp(policy.keys[k].id, "alice") == 0 || policy.keys[k].problem != NULL);
    }
}

static void
inline_keys_are_judged_when_used(void **state)
{
    static const struct {
        const char *name;
        const char *key; /* %s is the good one */
        const char *message;
    } cases[] = {
        {"blank_inside", "MIIB %s", "not base64 in one piece"},
        {"cut", "%.300s", "not a valid public key"},
        {"cut_within_four", "%.301s", "not base64 in one piece"},
        {"longer", "%sAAAA", "not a valid public key"},
        {"other_alphabet", "MII-%s", "not base64 in one piece"},
        {"stray_bits", "MIIBIg==", "not a valid public key"},
        {"not_canonical", "MIIBIh==", "not base64 in one piece"},
        {"rsa_1024",
         "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCwIr9NnRTRi+55GM9K6ZFo85s8y9iTwIUEYmmMfAj4gGlP+"
         "iEhFEkkDwFE2OtsgZdSQXgkQq4519nymdGmW1WDFr+"
         "mhfOlZIyxLoPhYNVg7xQavdWkgIjW3XphF9QLU3wCdqx9gZQSvx7N6gdpiheGfo4G816e6gT2sqd4PvcWAwIDAQA"
         "B",
         "1024 bits"},
        {"elliptic_curve",
         "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEV/"
         "fqYhoFgHHtAjKC2kT5pLxYk6Sh6VVEJZd0IFkAtmRdCuu0aFuqtBXwHDg3+ESzg2TD5PwolobAgHcSbvEU0Q==",
         "not an RSA key but one of another type"},
        {"no_such_file", "keys/none.pem", "keys.d/keys does not exist"},
    };

    (void)state;
    write_alice();
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
        struct evp_pkey_st *ignored = NULL;
        struct ts_err err = {0};
        char key[1536], text[2048];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
        snprintf(key, sizeof(key), cases[i].key, inline_key);
#pragma GCC diagnostic pop
        snprintf(text, sizeof(text), "[key bob]\npublic_key = %s\n" REST, key);
        write_text("keys.d/bob.conf", text, 0644);
        CHECK_INT(cases[i].name, fixture_load(&fixture, &policy, &err), 0);
        CHECK_INT(cases[i].name, (int)policy.problems.len, 0);
        CHECK_INT(cases[i].name,
                  ts_policy_public_key(&policy, ts_policy_find_key(&policy, "bob"), &ignored, &err),
                  TS_ERR_CONFIG);
        CHECK_CONTAINS(cases[i].name, err.text, "keys.d/bob.conf:2: public_key: ");
        CHECK_CONTAINS(cases[i].name, err.text, cases[i].message);
        CHECK_INT(
            cases[i].name,
            ts_policy_public_key(&policy, ts_policy_find_key(&policy, "alice"), &ignored, &err), 0);
    }
}

static void
an_id_in_two_places_counts_in_neither(void **state)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    struct ts_err err = {0};

    (void)state;
    write_alice();
    write_text("keys.d/bob.conf", KEY("bob", "bob") KEY("alice", "mallory"), 0644);
    assert_int_equal(fixture_load(&fixture, &policy, &err), 0);
    assert_non_null(ts_policy_find_key(&policy, "alice")->problem);
    assert_non_null(strstr(ts_policy_find_key(&policy, "alice")->problem, "alice.conf:1, too"));
    assert_null(ts_policy_find_key(&policy, "bob")->problem);
    for (size_t i = 0; i < policy.keys_len; i++)
        assert_true((policy.keys[i].problem == NULL) == (strcmp(policy.keys[i].id, "bob") == 0));
}

static void
an_unsafe_file_takes_nobodys_key(void **state)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    struct ts_err err = {0};

    (void)state;
    write_alice();
    write_text("keys.d/a-first.conf", KEY("alice", "mallory"), 0666);
    assert_int_equal(fixture_load(&fixture, &policy, &err), 0);
    assert_null(ts_policy_find_key(&policy, "alice")->problem);
    assert_string_equal(ts_policy_find_key(&policy, "alice")->users.items[0], "alice");
}

static void
what_cannot_be_read_may_be_any_key(void **state)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    struct ts_err err = {0};
    char path[160];

    (void)state;
    write_alice();
    snprintf(path, sizeof(path), "%s/keys.d/pipe.conf", fixture.folder);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(fixture_load(&fixture, &policy, &err), 0);
    assert_non_null(policy.unread);
    assert_non_null(strstr(policy.unread, "pipe.conf is not a regular file"));
    assert_null(ts_policy_find_key(&policy, "alice")->problem);
    assert_null(ts_policy_find_key(&policy, "bob"));
}

static void
other_names_are_ignored(void **state)
{
    static const char *const others[] = {
        "keys.d/bob.conf~", "keys.d/.bob.conf", "keys.d/bob.conf.dpkg-old",
        "keys.d/-bob.conf", "keys.d/bob",       "keys.d/b b.conf"};
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    struct ts_err err = {0};

    (void)state;
    write_alice();
    for (size_t i = 0; i < TS_ARRAY_LEN(others); i++)
        write_text(others[i], "nonsense\n", 0666);
    assert_int_equal(fixture_load(&fixture, &policy, &err), 0);
    assert_int_equal(policy.keys_len, 1);
    assert_int_equal(policy.problems.len, 0);
}

static void
an_unsafe_folder_stops_all(void **state)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    struct ts_err err = {0};
    char path[160];

    (void)state;
    write_alice();
    snprintf(path, sizeof(path), "%s/keys.d", fixture.folder);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(fixture_load(&fixture, &policy, &err), TS_ERR_CONFIG);
    assert_non_null(strstr(err.text, "keys.d is writable by group or others"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mistake_costs_its_own_file),     TEST(a_mistake_leaves_users_with_a_key),
        TEST(inline_keys_are_judged_when_used), TEST(an_id_in_two_places_counts_in_neither),
        TEST(an_unsafe_file_takes_nobodys_key), TEST(what_cannot_be_read_may_be_any_key),
        TEST(other_names_are_ignored),          TEST(an_unsafe_folder_stops_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
