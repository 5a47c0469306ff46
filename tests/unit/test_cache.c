/* The cache's files: what is written is read, and whatever is odd about a file makes it missing. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cache/cache.h"
#include "common/cache/cache_files.h"

#define TOKEN "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"

struct fixture {
    char folder[64];
    int fd;
    struct ts_identity mine, other;
    char file[TS_CACHE_NAME_MAX];
};

static void
make_identity(struct ts_identity *identity, const char *text, const char *name)
{
    *identity = TS_IDENTITY_INIT;
    assert_int_equal(ts_secret_append_string(&identity->text, text), 0);
    memcpy(identity->name, name, TS_IDENTITY_NAME_LEN + 1);
}

static int
set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    strncpy(fixture->folder, "/tmp/thrivestack-cache.XXXXXX", sizeof(fixture->folder) - 1);
    assert_non_null(mkdtemp(fixture->folder));
    fixture->fd = ts_cache_open(fixture->folder);
    assert_true(fixture->fd >= 0);
    /* Two identities whose hashes collide: the text decides. */
    make_identity(&fixture->mine, "url a\nscopes b", "0123456789abcdef");
    make_identity(&fixture->other, "url a\nscopes c", "0123456789abcdef");
    strncpy(fixture->file, "0123456789abcdef.json", sizeof(fixture->file) - 1);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    ts_cache_remove_all(fixture->fd);
    close(fixture->fd);
    assert_int_equal(rmdir(fixture->folder), 0);
    ts_identity_release(&fixture->mine);
    ts_identity_release(&fixture->other);
    free(fixture);
    return 0;
}

static void
write_entry(const struct fixture *fixture)
{
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry entry = TS_CACHE_ENTRY_INIT;
    struct ts_err err = {0};

    entry.profile = strdup("default");
    entry.key_source = strdup("file:/k.json");
    entry.token_url = strdup("https://x/");
    assert_int_equal(ts_secret_append_string(&entry.grant.token, TOKEN), 0);
    assert_int_equal(ts_list_add(&entry.grant.scopes, "user_management", &err), 0);
    strncpy(entry.grant.key_id, "key-1", sizeof(entry.grant.key_id) - 1);
    entry.grant.life = 3600;
    entry.grant.received = (struct ts_clock){.wall = 1000, .boot_ms = 5000, .boot_id = "boot"};
    ts_cache_hash(&entry.grant.token, entry.spent);
    assert_true(ts_cache_write(fixture->fd, &fixture->mine, &entry));
}

static bool
can_read(const struct fixture *fixture, const struct ts_identity *identity)
{
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry entry = TS_CACHE_ENTRY_INIT;

    return ts_cache_read(fixture->fd, identity, &entry);
}

static void
reads_what_it_wrote(void **state)
{
    const struct fixture *fixture = *state;
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry entry = TS_CACHE_ENTRY_INIT;
    struct stat st;

    write_entry(fixture);
    assert_true(ts_cache_read(fixture->fd, &fixture->mine, &entry));
    assert_true(ts_secret_equal_string(&entry.grant.token, TOKEN));
    assert_string_equal(entry.grant.key_id, "key-1");
    assert_string_equal(entry.key_source, "file:/k.json");
    assert_int_equal(entry.grant.life, 3600);
    assert_int_equal(entry.grant.received.boot_ms, 5000);
    assert_int_equal(fstatat(fixture->fd, fixture->file, &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_false(can_read(fixture, &fixture->other));
}

static void
write_raw(const struct fixture *fixture, const char *text, size_t len)
{
    TS_CLEANUP(ts_fd_close)
    int fd = openat(fixture->fd, fixture->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_int_equal(ts_write_all(fd, text, len), 0);
}

static void
spoil_with_garbage(const struct fixture *fixture)
{
    write_raw(fixture, "{\"identity\":", 12);
}

static void
spoil_with_nothing(const struct fixture *fixture)
{
    write_raw(fixture, "", 0);
}

static void
spoil_with_size(const struct fixture *fixture)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(1 << 20);

    write_entry(fixture);
    assert_true(ts_cache_file_read(fixture->fd, fixture->file, &text));
    while (text.len <= TS_CACHE_FILE_MAX)
        assert_int_equal(ts_secret_append_string(&text, "          "), 0);
    write_raw(fixture, text.data, text.len);
}

static void
spoil_with_mode(const struct fixture *fixture)
{
    assert_int_equal(fchmodat(fixture->fd, fixture->file, 0640, 0), 0);
}

static void
spoil_with_hard_link(const struct fixture *fixture)
{
    assert_int_equal(linkat(fixture->fd, fixture->file, fixture->fd, "fedcba9876543210.json", 0),
                     0);
}

static void
spoil_with_symlink(const struct fixture *fixture)
{
    assert_int_equal(renameat(fixture->fd, fixture->file, fixture->fd, "fedcba9876543210.json"), 0);
    assert_int_equal(symlinkat("fedcba9876543210.json", fixture->fd, fixture->file), 0);
}

static void
spoil_with_fifo(const struct fixture *fixture)
{
    assert_int_equal(unlinkat(fixture->fd, fixture->file, 0), 0);
    assert_int_equal(mkfifoat(fixture->fd, fixture->file, 0600), 0);
}

static void
takes_what_is_odd_for_missing(void **state)
{
    static const struct {
        const char *name;
        void (*spoil)(const struct fixture *fixture);
    } cases[] = {
        {"garbage", spoil_with_garbage},     {"empty", spoil_with_nothing},
        {"too_large", spoil_with_size},      {"too_open", spoil_with_mode},
        {"hard_link", spoil_with_hard_link}, {"symlink", spoil_with_symlink},
        {"fifo", spoil_with_fifo},
    };
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        write_entry(fixture);
        CHECK(cases[i].name, can_read(fixture, &fixture->mine));
        cases[i].spoil(fixture);
        CHECK(cases[i].name, !can_read(fixture, &fixture->mine));
        ts_cache_remove_all(fixture->fd);
    }
    /* And it is replaced. */
    spoil_with_garbage(fixture);
    write_entry(fixture);
    assert_true(can_read(fixture, &fixture->mine));
}

static void
keeps_failures_until_a_token_comes(void **state)
{
    const struct fixture *fixture = *state;
    struct ts_cache_failure failure = {.when = {.wall = 7, .boot_ms = 8, .boot_id = "boot"}}, found;

    memset(&found, 0, sizeof(found));
    (void)ts_err_set(&failure.err, TS_ERR_REFUSED, "refused");
    failure.err.http_status = 401;
    assert_true(ts_cache_write_failure(fixture->fd, &fixture->mine, &failure));
    assert_true(ts_cache_read_failure(fixture->fd, &fixture->mine, &found));
    assert_int_equal(found.err.code, TS_ERR_REFUSED);
    assert_int_equal(found.err.http_status, 401);
    assert_string_equal(found.err.text, "refused");
    assert_int_equal(found.when.boot_ms, 8);
    assert_false(ts_cache_read_failure(fixture->fd, &fixture->other, &found));
    write_entry(fixture);
    assert_false(ts_cache_read_failure(fixture->fd, &fixture->mine, &found));
}

static void
finds_parts_by_what_came_before(void **state)
{
    const struct fixture *fixture = *state;
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret found = TS_SECRET_INIT(TS_TOKEN_MAX);
    uint32_t hash = ts_text_fnv1a32(TOKEN, 10);

    assert_int_equal(ts_secret_append_string(&token, TOKEN), 0);
    assert_true(ts_cache_write_parts(fixture->fd, &fixture->mine, &token));
    assert_false(ts_cache_find_parts(fixture->fd, &fixture->mine, 10, hash + 1, &found));
    assert_false(ts_cache_find_parts(fixture->fd, &fixture->mine, 11, hash, &found));
    assert_false(ts_cache_find_parts(fixture->fd, &fixture->mine, 5000, hash, &found));
    assert_false(ts_cache_find_parts(fixture->fd, &fixture->other, 10, hash, &found));
    assert_true(ts_cache_find_parts(fixture->fd, &fixture->mine, 10, hash, &found));
    assert_true(ts_secret_equal(&token, &found));
}

static void
refuses_folders_that_are_not_private(void **state)
{
    const struct fixture *fixture = *state;
    char link[sizeof(fixture->folder) + sizeof(".link")];

    assert_int_equal(chmod(fixture->folder, 0770), 0);
    assert_int_equal(ts_cache_open(fixture->folder), -1);
    assert_int_equal(chmod(fixture->folder, 0700), 0);
    memcpy(link, fixture->folder, sizeof(fixture->folder));
    memcpy(link + strlen(link), ".link", sizeof(".link"));
    assert_int_equal(symlink(fixture->folder, link), 0);
    assert_int_equal(ts_cache_open(link), -1);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(ts_cache_open(NULL), -1);
    assert_int_equal(ts_cache_open("/dev/null/x"), -1);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(reads_what_it_wrote),
        TEST(takes_what_is_odd_for_missing),
        TEST(keeps_failures_until_a_token_comes),
        TEST(finds_parts_by_what_came_before),
        TEST(refuses_folders_that_are_not_private),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
