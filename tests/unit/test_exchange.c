/* What passes between a program and its caller, until when, and what is left of it afterwards. */
#include "tests/unit/spawn_fixture.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t
count_open_fds(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Only when every process that holds the write end is gone does this return. */
static void
expect_end_of_file(int fd)
{
    char byte;

    assert_int_equal(read(fd, &byte, 1), 0);
}

static void
timeout_kills_the_whole_group(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(100);
    struct ts_spawn spec = plain;
    struct ts_err err = {0};
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    spec.extra_fd = ends[1];
    int rc = exchange(&spec, "sleep 1000 & sleep 1000 & wait", "", &output, 200, &err);
    assert_int_equal(rc, TS_ERR_TIMEOUT);
    close(ends[1]);
    expect_end_of_file(ends[0]);
    close(ends[0]);
}

static void
stdout_closed_early_is_no_end(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(100);
    struct ts_err err = {0};

    (void)state;
    int rc = exchange(&plain, "echo x; exec >&-; sleep 1000", "", &output, 200, &err);
    assert_int_equal(rc, TS_ERR_TIMEOUT);
    assert_string_equal(ts_secret_string(&output), "x\n");
}

static void
grandchild_that_holds_stdout_is_not_waited_for(void **state)
{
    (void)state;
    expect_output(&plain, "sleep 1000 & echo early", "early\n");
}

static void
both_directions_at_once(void **state)
{
    const size_t len = 3 << 20;
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(4 << 20);
    char *input = malloc(len + 1);
    struct ts_err err = {0};

    (void)state;
    assert_non_null(input);
    memset(input, 'a', len);
    input[len] = '\0';
    assert_int_equal(exchange(&plain, "cat", input, &output, LONG_MS, &err), 0);
    assert_string_equal(ts_secret_string(&output), input);
    free(input);
}

static void
too_much_output(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(1000);
    struct ts_err err = {0};

    (void)state;
    int rc =
        exchange(&plain, "while :; do echo aaaaaaaaaaaaaaaaaaaa; done", "", &output, LONG_MS, &err);
    assert_int_equal(rc, TS_ERR_TOO_LARGE);
    assert_true(output.len <= 1000);
}

static void
unread_input_raises_no_sigpipe(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(100);
    char *input = calloc(1, (1 << 20) + 1);
    struct ts_err err = {0};
    sigset_t pending;

    (void)state;
    assert_non_null(input);
    memset(input, 'a', 1 << 20);
    assert_int_equal(
        exchange(&plain, "exec <&-; echo ok; exec >&-; sleep 0.1", input, &output, LONG_MS, &err),
        0);
    assert_string_equal(ts_secret_string(&output), "ok\n");
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
    free(input);
}

/* A parent killed outright takes its child along, which else would go on with a request. */
static void
child_dies_with_its_parent(void **state)
{
    int ends[2];
    char byte;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(100);
        struct ts_spawn spec = plain;
        struct ts_err err = {0};

        spec.extra_fd = ends[1];
        close(ends[0]);
        _exit(exchange(&spec, "echo >&3; exec sleep 1000", "", &output, LONG_MS, &err) != 0);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    kill(pid, SIGKILL);
    expect_end_of_file(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
}

static void
nothing_leaks(void **state)
{
    size_t before = count_open_fds();

    (void)state;
    expect_output(&plain, "echo", "\n");
    expect_failure(
        &plain, "/proc/nonexistent/program",
        "cannot start /proc/nonexistent/program: exec failed: No such file or directory");
    assert_int_equal(count_open_fds(), before);
    assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeout_kills_the_whole_group),
        cmocka_unit_test(stdout_closed_early_is_no_end),
        cmocka_unit_test(grandchild_that_holds_stdout_is_not_waited_for),
        cmocka_unit_test(both_directions_at_once),
        cmocka_unit_test(too_much_output),
        cmocka_unit_test(unread_input_raises_no_sigpipe),
        cmocka_unit_test(child_dies_with_its_parent),
        cmocka_unit_test(nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
