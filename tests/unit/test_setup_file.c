/* Files that `setup` and `host` replace: who may read them stays the same. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "common/base/file.h"
#include "helper/setup/setup_file.h"

#define ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"
#define ACL_LEN 256
#define FILE_NAME "file"
#define BACKUP_NAME "file.thrivestack-backup"

static char folder[] = "/tmp/test-setup-file.XXXXXX";

struct acl {
    char bytes[ACL_LEN];
    ssize_t len; /* -1: none */
};

/* The owner may read and write, user 54321 (0xd431) may read: acl(5), as in
 * linux/posix_acl_xattr.h, which is little-endian everywhere. */
static const char stranger_acl[] = "\2\0\0\0"                   /* version */
                                   "\1\0\6\0\377\377\377\377"   /* owner rw */
                                   "\2\0\4\0\61\324\0\0"        /* 54321 r */
                                   "\4\0\0\0\377\377\377\377"   /* group none */
                                   "\20\0\4\0\377\377\377\377"  /* mask r */
                                   "\40\0\0\0\377\377\377\377"; /* others none */
#define STRANGER_ACL_LEN (sizeof(stranger_acl) - 1)

static bool
never(const struct ts_secret *text)
{
    (void)text;
    return false;
}

static const struct setup_kind kind = {.is_empty = setup_file_is_blank, .has_ours = never};

static int
set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    (void)unlink(FILE_NAME);
    (void)unlink(BACKUP_NAME);
    return rmdir(folder);
}

static void
write_old(mode_t mode)
{
    (void)unlink(FILE_NAME);
    (void)unlink(BACKUP_NAME);
    TS_CLEANUP(ts_fd_close) int fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ts_write_all(fd, "old\n", 4), 0);
    assert_int_equal(fchmod(fd, mode), 0);
}

static void
replace(void)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(16);
    struct ts_err err = {0};

    assert_int_equal(setup_file_read(FILE_NAME, &kind, &file, &err), 0);
    assert_int_equal(ts_secret_append_string(&text, "new\n"), 0);
    assert_int_equal(setup_file_back_up(&file, &err), 0);
    assert_int_equal(setup_file_replace(&file, &text, &err), 0);
}

static void
read_acl(const char *path, struct acl *ret)
{
    ret->len = getxattr(path, ACL, ret->bytes, sizeof(ret->bytes));
}

static mode_t
mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void
a_file_keeps_its_acl(void **state)
{
    static const char *const names[] = {FILE_NAME, BACKUP_NAME};
    struct acl before, after;

    (void)state;
    write_old(0600);
    if (setxattr(FILE_NAME, ACL, stranger_acl, STRANGER_ACL_LEN, 0) != 0)
        SKIP("the file system of /tmp has no ACLs");
    read_acl(FILE_NAME, &before);
    assert_true(before.len > 0);
    replace();
    for (size_t i = 0; i < TS_ARRAY_LEN(names); i++) {
        read_acl(names[i], &after);
        CHECK_INT(names[i], after.len, before.len);
        CHECK(names[i], memcmp(after.bytes, before.bytes, (size_t)before.len) == 0);
        CHECK_INT(names[i], mode_of(names[i]), 0640);
    }
}

/* A folder's default ACL is for new files, and this file is not one. */
static void
a_file_without_an_acl_gets_none(void **state)
{
    struct acl after;

    (void)state;
    write_old(0640);
    if (setxattr(".", DEFAULT_ACL, stranger_acl, STRANGER_ACL_LEN, 0) != 0)
        SKIP("the file system of /tmp has no ACLs");
    replace();
    read_acl(FILE_NAME, &after);
    assert_int_equal(after.len, -1);
    assert_int_equal(mode_of(FILE_NAME), 0640);
    assert_int_equal(removexattr(".", DEFAULT_ACL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_keeps_its_acl),
        cmocka_unit_test(a_file_without_an_acl_gets_none),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
