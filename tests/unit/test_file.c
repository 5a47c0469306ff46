/* Files trusted through their descriptors. The owner that is expected is a parameter, so the same
 * checks run here, as root or not. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/base/file.h"

#define STRANGER 54321

static char folder[] = "/tmp/test-file.XXXXXX";

static int
set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    static const char *const names[] = {"file", "link", "loop", "fifo", "dangling", "socket"};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(names); i++)
        (void)unlink(names[i]);
    return rmdir(folder);
}

/* A new one: the last may have a mode in which only root can write to it. */
static void
write_file(mode_t mode, const char *text)
{
    TS_CLEANUP(ts_fd_close) int fd = -1;

    (void)unlink("file");
    fd = open("file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ts_write_all(fd, text, strlen(text)), 0);
    assert_int_equal(fchmod(fd, mode), 0);
}

static int
read_file(const char *path, const struct ts_file_rules *rules, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(8);

    return ts_file_read(AT_FDCWD, path, path, rules, &text, err);
}

static void
judges_modes(void **state)
{
    static const struct {
        const char *name;
        mode_t mode;
        mode_t forbidden;
        const char *says; /* NULL: accepted */
    } cases[] = {
        {"private", 0600, 077, NULL},
        {"read_only", 0400, 077, NULL},
        {"readable_by_all", 0644, 022, NULL},
        {"writable_by_group", 0620, 022,
         "writable by group or others (mode 0620): chmod go-w file"},
        {"writable_by_others", 0602, 022,
         "writable by group or others (mode 0602): chmod go-w file"},
        {"readable_by_group", 0640, 077, "readable by group or others (mode 0640): chmod go= file"},
        {"readable_by_others", 0604, 077,
         "readable by group or others (mode 0604): chmod go= file"},
        {"executable_by_group", 0610, 077, "open to group or others (mode 0610): chmod go= file"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        const struct ts_file_rules rules = {.owner = getuid(), .forbidden = cases[i].forbidden};
        struct ts_err err = {0};

        write_file(cases[i].mode, "text");
        CHECK_INT(cases[i].name, read_file("file", &rules, &err),
                  cases[i].says != NULL ? TS_ERR_UNSAFE : 0);
        CHECK_CONTAINS(cases[i].name, err.text, cases[i].says != NULL ? cases[i].says : "");
    }
}

static void
lets_root_share_what_the_rules_say(void **state)
{
    const struct ts_file_rules rules = {.owner = getuid(), .forbidden = 077, .root_allowed = 040};
    struct ts_err err = {0};

    (void)state;
    write_file(0440, "text");
    assert_int_equal(read_file("file", &rules, &err), getuid() == 0 ? 0 : TS_ERR_UNSAFE);
    write_file(0444, "text");
    assert_int_equal(read_file("file", &rules, &err), TS_ERR_UNSAFE);
}

static uid_t
owner_of_the_file(void)
{
    return getuid() == 0 ? STRANGER : getuid();
}

static void
judges_owners(void **state)
{
    struct ts_file_rules rules = {.owner = STRANGER, .forbidden = 022};
    struct ts_err err = {0};

    (void)state;
    write_file(0600, "text");
    /* Root's files are anyone's to trust; with a file of one's own, only one's own rules do. */
    if (getuid() == 0) {
        assert_int_equal(read_file("file", &rules, &err), 0);
        assert_int_equal(chown("file", STRANGER, (gid_t)-1), 0);
        assert_int_equal(read_file("file", &rules, &err), 0);
        rules.owner = 0;
        assert_int_equal(read_file("file", &rules, &err), TS_ERR_UNSAFE);
        assert_string_equal(err.text, "file is owned by user 54321, not by root: chown root file");
        /* In a home of root's it is to be root's; in its owner's it is not to be taken away. */
        rules.home = ".";
        assert_int_equal(read_file("file", &rules, &err), TS_ERR_UNSAFE);
        assert_string_equal(err.text, "file is owned by user 54321, not by root: chown root file");
        rules.home = "file";
        assert_int_equal(read_file("file", &rules, &err), TS_ERR_UNSAFE);
        assert_string_equal(err.text, "file is owned by user 54321, whose home HOME is: run this "
                                      "as that user (sudo -u '#54321'), or set HOME");
        rules.owner = STRANGER + 1;
    }
    assert_int_equal(read_file("file", &rules, &err), TS_ERR_UNSAFE);
    assert_non_null(strstr(err.text, ": chown 5432"));
    rules.root_owner = owner_of_the_file;
    assert_int_equal(read_file("file", &rules, &err), 0);
    assert_int_equal(unlink("file"), 0);
}

static void
takes_regular_files_only(void **state)
{
    const struct ts_file_rules rules = {.owner = getuid(), .forbidden = 022};
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    TS_CLEANUP(ts_fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct ts_err err = {0};

    (void)state;
    /* Without O_NONBLOCK the FIFO would block for ever. */
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(read_file("fifo", &rules, &err), TS_ERR_SYNTAX);
    assert_string_equal(err.text, "fifo is not a regular file");
    assert_int_equal(read_file(folder, &rules, &err), TS_ERR_SYNTAX);
    assert_int_equal(read_file("/dev/null", &rules, &err), TS_ERR_SYNTAX);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(read_file("socket", &rules, &err), TS_ERR_SYNTAX);
}

static void
follows_symlinks_where_told(void **state)
{
    struct ts_file_rules rules = {.owner = getuid(), .forbidden = 022};
    struct ts_err err = {0};

    (void)state;
    write_file(0600, "text");
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(read_file("link", &rules, &err), TS_ERR_SYNTAX);
    assert_string_equal(err.text, "link is a symbolic link");
    rules.follow_symlink = true;
    assert_int_equal(read_file("link", &rules, &err), 0);
    assert_int_equal(read_file("loop", &rules, &err), TS_ERR_SYNTAX);
    assert_int_equal(read_file("dangling", &rules, &err), TS_ERR_NOT_FOUND);
    write_file(0666, "text");
    assert_int_equal(read_file("link", &rules, &err), TS_ERR_UNSAFE);
}

static void
tells_what_is_missing(void **state)
{
    const struct ts_file_rules rules = {.owner = getuid(), .forbidden = 022};
    struct ts_err err = {0};

    (void)state;
    write_file(0600, "text");
    assert_int_equal(read_file("nowhere", &rules, &err), TS_ERR_NOT_FOUND);
    assert_string_equal(err.text, "nowhere does not exist");
    assert_int_equal(read_file("nowhere/file", &rules, &err), TS_ERR_NOT_FOUND);
    assert_int_equal(read_file("file/file", &rules, &err), TS_ERR_NOT_FOUND);
    assert_int_equal(read_file("", &rules, &err), TS_ERR_NOT_FOUND);
}

static void
caps_the_size(void **state)
{
    const struct ts_file_rules rules = {.owner = getuid(), .forbidden = 022};
    struct ts_err err = {0};

    (void)state;
    write_file(0600, "12345678");
    assert_int_equal(read_file("file", &rules, &err), 0);
    write_file(0600, "123456789");
    assert_int_equal(read_file("file", &rules, &err), TS_ERR_TOO_LARGE);
    assert_string_equal(err.text, "file is larger than 8 bytes");
    /* Files in /proc claim to be empty; the cap holds while they are read. */
    assert_int_equal(read_file("/proc/self/status", &rules, &err), TS_ERR_TOO_LARGE);
}

static bool
has_drafts(void)
{
    DIR *listing = opendir(".");
    const struct dirent *entry;
    bool found = false;

    assert_non_null(listing);
    while ((entry = readdir(listing)) != NULL)
        found = found || strncmp(entry->d_name, ".file.", 6) == 0;
    assert_int_equal(closedir(listing), 0);
    return found;
}

static int
replace_file(const char *text)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret contents = TS_SECRET_INIT(64);
    TS_CLEANUP(ts_fd_close) int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct ts_file_place place = {fd, "file", "the file", 0640};
    struct ts_err err = {.code = 0};

    assert_int_equal(ts_secret_append_string(&contents, text), 0);
    int rc = ts_file_replace(&place, &contents, &err);
    assert_false(has_drafts());
    assert_true(rc == 0 || strncmp(err.text, "the file ", 9) == 0);
    return rc;
}

static void
replaces_a_file(void **state)
{
    const struct ts_file_rules rules = {.owner = geteuid(), .forbidden = 0137};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(64);
    struct ts_err err = {.code = 0};

    (void)state;
    write_file(0666, "old");
    assert_int_equal(replace_file("new"), 0);
    assert_int_equal(ts_file_read(AT_FDCWD, "file", "file", &rules, &text, &err), 0);
    assert_string_equal(text.data, "new");
}

/* The link goes, what it leads to stays. */
static void
replaces_a_link(void **state)
{
    struct stat st;

    (void)state;
    write_file(0600, "old");
    (void)unlink("link");
    assert_int_equal(rename("file", "link"), 0);
    assert_int_equal(symlink("link", "file"), 0);
    assert_int_equal(replace_file("newer"), 0);
    assert_int_equal(lstat("file", &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(stat("link", &st), 0);
    assert_int_equal(st.st_size, 3);
}

static void
leaves_nothing_where_it_cannot_replace(void **state)
{
    (void)state;
    (void)unlink("file");
    assert_int_equal(mkdir("file", 0700), 0);
    assert_int_equal(replace_file("new"), TS_ERR_SYSTEM);
    assert_int_equal(rmdir("file"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_modes),
        cmocka_unit_test(lets_root_share_what_the_rules_say),
        cmocka_unit_test(judges_owners),
        cmocka_unit_test(takes_regular_files_only),
        cmocka_unit_test(follows_symlinks_where_told),
        cmocka_unit_test(tells_what_is_missing),
        cmocka_unit_test(caps_the_size),
        cmocka_unit_test(replaces_a_file),
        cmocka_unit_test(replaces_a_link),
        cmocka_unit_test(leaves_nothing_where_it_cannot_replace),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
