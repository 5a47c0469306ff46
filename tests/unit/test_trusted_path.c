/* The walk to policy.conf and its keys: who may own and write what on the way. Each case changes
 * one thing about a good layout. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/policy/policy.h"
#include "make_token.h"
#include "policy_fixture.h"
#include "unit.h"

#define STRANGER 65432

static const char policy_text[] = "[key laptop]\npublic_key = keys/good.pem\nusers = alice\n"
                                  "services = sshd\nscopes = user_management\n";

static struct policy_fixture fixture;
static EVP_PKEY *good;
static int folder = -1;

static int
set_up(void **state)
{
    (void)state;
    good = make_rsa_key(2048);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    EVP_PKEY_free(good);
    return 0;
}

static void
set_mode(const char *name, mode_t mode)
{
    assert_int_equal(fchmodat(folder, name, mode, 0), 0);
}

static void
give_away(const char *name)
{
    assert_int_equal(fchownat(folder, name, STRANGER, STRANGER, AT_SYMLINK_NOFOLLOW), 0);
}

static void
move(const char *from, const char *to)
{
    assert_int_equal(renameat(folder, from, folder, to), 0);
}

static void
make_link(const char *target, const char *name)
{
    assert_int_equal(symlinkat(target, folder, name), 0);
}

static void
leave_alone(void)
{
}

static void
policy_group_writable(void)
{
    set_mode("policy.conf", 0664);
}

static void
policy_world_writable(void)
{
    set_mode("policy.conf", 0646);
}

static void
policy_sticky_and_writable(void)
{
    set_mode("policy.conf", 01666);
}

static void
policy_folder_writable(void)
{
    set_mode(".", 0777);
}

static void
policy_folder_sticky(void)
{
    set_mode(".", 01777);
}

static void
policy_missing(void)
{
    assert_int_equal(unlinkat(folder, "policy.conf", 0), 0);
}

static void
policy_a_folder(void)
{
    policy_missing();
    assert_int_equal(mkdirat(folder, "policy.conf", 0755), 0);
}

static void
policy_a_fifo(void)
{
    policy_missing();
    assert_int_equal(mkfifoat(folder, "policy.conf", 0600), 0);
}

static void
policy_too_large(void)
{
    TS_CLEANUP(ts_fd_close) int fd = openat(folder, "policy.conf", O_WRONLY | O_CLOEXEC);

    assert_int_equal(ftruncate(fd, (off_t)TS_POLICY_FILE_MAX + 1), 0);
}

static void
key_group_writable(void)
{
    set_mode("keys/good.pem", 0664);
}

static void
keys_folder_writable(void)
{
    set_mode("keys", 0775);
}

static void
keys_folder_sticky(void)
{
    set_mode("keys", 01777);
}

static void
policy_a_link(void)
{
    move("policy.conf", "real.conf");
    make_link("real.conf", "policy.conf");
}

static void
keys_a_link(void)
{
    move("keys", "real");
    make_link("real", "keys");
}

static void
keys_an_absolute_link(void)
{
    char target[96];

    move("keys", "real");
    snprintf(target, sizeof(target), "%s/./real//", fixture.folder);
    make_link(target, "keys");
}

static void
keys_a_link_with_parent(void)
{
    move("keys", "real");
    assert_int_equal(mkdirat(folder, "inner", 0755), 0);
    make_link("../real", "inner/back");
    make_link("inner/back", "keys");
}

static void
link_to_writable_folder(void)
{
    keys_a_link();
    set_mode("real", 0777);
}

static void
link_in_shared_folder(void)
{
    move("keys/good.pem", "good.pem");
    make_link("../good.pem", "keys/good.pem");
    keys_folder_sticky();
}

static void
link_to_itself(void)
{
    move("keys", "real");
    make_link("keys", "keys");
}

static void
link_to_nothing(void)
{
    move("keys", "real");
    make_link("nowhere", "keys");
}

static void
chain_of_links(int links)
{
    char from[16], to[16];

    move("keys", "l0");
    for (int i = 1; i <= links; i++) {
        snprintf(to, sizeof(to), "l%d", i - 1);
        snprintf(from, sizeof(from), i == links ? "keys" : "l%d", i);
        make_link(to, from);
    }
}

static void
eight_links(void)
{
    chain_of_links(8);
}

static void
nine_links(void)
{
    chain_of_links(9);
}

static void
policy_of_stranger(void)
{
    give_away("policy.conf");
}

static void
folder_of_stranger(void)
{
    give_away(".");
}

static void
key_of_stranger(void)
{
    give_away("keys/good.pem");
}

static void
keys_folder_of_stranger(void)
{
    give_away("keys");
}

static void
link_of_stranger(void)
{
    keys_a_link();
    give_away("keys");
}

static void
key_in_shared_folder_of_stranger(void)
{
    keys_folder_sticky();
    give_away("keys/good.pem");
}

static void
everything_the_owners(void)
{
    give_away("policy.conf");
    give_away(".");
    give_away("keys/good.pem");
    give_away("keys");
}

struct row {
    const char *name;
    void (*change)(void);
    const char *message; /* NULL: loads */
    bool root_only;
    uid_t owner; /* 0: whoever runs the test */
};

static const struct row rows[] = {
    {"good", leave_alone, NULL},
    {"policy_group_writable", policy_group_writable, "(mode 0664): chmod go-w "},
    {"policy_world_writable", policy_world_writable, "(mode 0646): chmod go-w "},
    {"policy_sticky_and_writable", policy_sticky_and_writable, "(mode 1666)"},
    {"policy_folder_writable", policy_folder_writable, "(mode 0777): chmod go-w "},
    {"policy_folder_sticky", policy_folder_sticky, NULL},
    {"policy_missing", policy_missing, "policy.conf does not exist"},
    {"policy_a_folder", policy_a_folder, "not a regular file"},
    {"policy_a_fifo", policy_a_fifo, "not a regular file"},
    {"policy_too_large", policy_too_large, "larger than 16777216 bytes"},
    {"key_group_writable", key_group_writable, "keys/good.pem is writable"},
    {"keys_folder_writable", keys_folder_writable, "keys is writable by group or others"},
    {"keys_folder_sticky", keys_folder_sticky, NULL},
    {"policy_a_link", policy_a_link, NULL},
    {"keys_a_link", keys_a_link, NULL},
    {"keys_an_absolute_link", keys_an_absolute_link, NULL},
    {"keys_a_link_with_parent", keys_a_link_with_parent, NULL},
    {"link_to_writable_folder", link_to_writable_folder, "real is writable"},
    {"link_in_shared_folder", link_in_shared_folder, "folder that others may write to"},
    {"link_to_itself", link_to_itself, "more than 8 symbolic links"},
    {"link_to_nothing", link_to_nothing, "nowhere does not exist"},
    {"eight_links", eight_links, NULL},
    {"nine_links", nine_links, "more than 8 symbolic links"},
    {"policy_of_stranger", policy_of_stranger, "policy.conf is owned by user 65432", true},
    {"folder_of_stranger", folder_of_stranger, "not by root: chown root ", true},
    {"key_of_stranger", key_of_stranger, "good.pem is owned by user 65432", true},
    {"keys_folder_of_stranger", keys_folder_of_stranger, "keys is owned by user 65432", true},
    {"link_of_stranger", link_of_stranger, "keys is owned by user 65432", true},
    {"key_in_shared_folder_of_stranger", key_in_shared_folder_of_stranger, "is owned by", true},
    {"everything_the_owners", everything_the_owners, NULL, true, STRANGER},
    {"the_owner_is_another", everything_the_owners, "is owned by", true, STRANGER + 1},
};

static void
run_row(const struct row *row)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    const struct ts_policy_trust trust = {row->owner != 0 ? row->owner : getuid()};
    struct ts_err err = {0};

    fixture_make(&fixture);
    fixture_write(&fixture, "policy.conf", policy_text, strlen(policy_text), 0644);
    fixture_write_public_key(&fixture, "keys/good.pem", good);
    folder = open(fixture.folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder >= 0);
    row->change();
    int rc = ts_policy_load(fixture.path, &trust, &policy, &err);
    if (rc == 0)
        rc = fixture_read_keys(&policy, &err);
    ts_fd_close(&folder);
    fixture_remove(&fixture);
    if (row->message == NULL && rc < 0)
        fail_msg("case %s: %s", row->name, err.text);
    CHECK_INT(row->name, rc, row->message == NULL ? 0 : TS_ERR_CONFIG);
    if (row->message != NULL) {
        CHECK_CONTAINS(row->name, err.text, row->message);
        CHECK_CONTAINS(row->name, err.text, fixture.path);
    }
}

static void
layouts(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if (!rows[i].root_only)
            run_row(&rows[i]);
}

static void
layouts_of_other_owners(void **state)
{
    (void)state;
    if (getuid() != 0)
        SKIP("only root can give files away");
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if (rows[i].root_only)
            run_row(&rows[i]);
}

static void
unfit_paths(void **state)
{
    static const struct {
        const char *path;
        const char *message;
    } cases[] = {
        {"", "not the path of a file"},
        {"/", "not the path of a file"},
        {"policy.conf", "not an absolute path"},
        {"./policy.conf", "not an absolute path"},
        {"/etc/../etc/policy.conf", "'..'"},
        {"/etc/..", "'..'"},
        {"/etc/passwd/", "not the path of a file"},
        {"/etc/.", "not a regular file"},
        {"/etc/passwd/policy.conf", "/etc/passwd is not a folder"},
    };
    const struct ts_policy_trust trust = {getuid()};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
        struct ts_err err = {0};

        CHECK_INT(cases[i].path, ts_policy_load(cases[i].path, &trust, &policy, &err),
                  TS_ERR_CONFIG);
        CHECK_CONTAINS(cases[i].path, err.text, cases[i].message);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts),
        cmocka_unit_test(layouts_of_other_owners),
        cmocka_unit_test(unfit_paths),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
