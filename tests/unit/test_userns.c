/* Who plays user 0, by the first line of a uid_map: user_namespaces(7). */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/base/userns.h"

/* 0 stands for nobody. */
static uid_t
player(const char *map)
{
    char path[] = "/tmp/test-userns.XXXXXX";
    TS_CLEANUP(ts_fd_close) int fd = mkstemp(path);
    uid_t user = 0;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, map, strlen(map)), strlen(map));
    bool plays = ts_userns_plays_root(path, &user);
    assert_int_equal(unlink(path), 0);
    assert_true(plays == (user != 0));
    return user;
}

static void
tells_who_plays_root(void **state)
{
    static const struct {
        const char *name;
        const char *map;
        uid_t user;
    } cases[] = {
        {"no_namespace", "         0          0 4294967295\n", 0},
        {"podman", "         0       1000          1\n         1     100000      65536\n", 1000},
        {"podman_without_subuids", "         0       4001          1\n", 4001},
        {"no_newline", "0 4001 1", 4001},
        {"root_itself", "         0          0          1\n", 0},
        {"container_of_its_own", "         0     100000      65536\n", 0},
        {"same_user", "      1000       1000          1\n", 0},
        {"user_0_second", "      1000       1000          1\n         0     100000      1\n", 0},
        {"empty", "", 0},
        {"words_missing", "0 1000\n", 0},
        {"no_number", "0 alice 1\n", 0},
        {"count_of_ten", "0 1000 10\n", 0},
    };
    uid_t user = 7;

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++)
        CHECK_INT(cases[i].name, (int)player(cases[i].map), (int)cases[i].user);
    assert_false(ts_userns_plays_root("/nonexistent/uid_map", &user));
    assert_int_equal(user, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_who_plays_root)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
