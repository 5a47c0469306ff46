#include "tests/unit/spawn_fixture.h"
#include "tests/unit/unit.h"

#include "common/base/clock.h"

const char *const no_environment[] = {NULL};

const struct ts_spawn plain = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .extra_fd = -1};

int
exchange(const struct ts_spawn *base, const char *script, const char *input,
         struct ts_secret *output, int64_t timeout_ms, struct ts_err *err)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret given = TS_SECRET_INIT(8 << 20);
    struct ts_spawn spec = *base;
    int status = -1;

    spec.path = "/bin/sh";
    spec.argv = argv;
    if (spec.envp == NULL)
        spec.envp = no_environment;
    assert_int_equal(ts_secret_append_string(&given, input), 0);
    int rc =
        ts_spawn_exchange(&spec, &given, output, ts_clock_boot_ms() + timeout_ms, &status, err);
    return rc < 0 ? rc : status;
}

void
expect_output(const struct ts_spawn *base, const char *script, const char *expected)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(1 << 20);
    struct ts_err err = {0};
    int status = exchange(base, script, "", &output, LONG_MS, &err);

    assert_string_equal(err.text, "");
    assert_int_equal(status, 0);
    assert_string_equal(ts_secret_string(&output), expected);
}

int
expect_failure(const struct ts_spawn *base, const char *path, const char *text)
{
    const char *const argv[] = {"x", NULL};
    TS_CLEANUP(ts_child_release) struct ts_child child = TS_CHILD_INIT;
    struct ts_spawn spec = *base;
    struct ts_err err = {0};

    spec.path = path;
    spec.argv = argv;
    spec.envp = no_environment;
    assert_int_equal(ts_spawn_start(&spec, &child, &err), TS_ERR_SYSTEM);
    assert_string_equal(err.text, text);
    assert_int_equal(child.pid, 0);
    return 0;
}
