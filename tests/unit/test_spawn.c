/* What a program that we start finds around it, and why one cannot be started. */
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "tests/unit/spawn_fixture.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define NOBODY 65534

/* Every descriptor that a child of ours may have beside 0 to 2 is printed by its number. */
#define LIST_FDS                                                                                   \
    "n=3; while [ $n -lt 11000 ]; do [ -e /proc/self/fd/$n ] && echo $n; n=$((n+1)); done"

/* Runs `body` in a process of its own, for what would spoil this one, and expects it to return 0.
 */
static void
in_process(int (*body)(void))
{
    int status = -1;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        /* A failed assertion would otherwise go on with the next test, here too. */
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        _exit(body());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
environment_is_what_was_given(void **state)
{
    const char *const environment[] = {"ONLY=this", NULL};
    struct ts_spawn spec = plain;

    (void)state;
    spec.envp = environment;
    setenv("SECRET", "leaked", 1);
    expect_output(&spec, "/usr/bin/env | grep -vE '^(PWD|_|OLDPWD|SHLVL)='", "ONLY=this\n");
}

static void
status_and_folder(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(100);
    struct ts_spawn spec = plain;
    struct ts_err err = {0};

    (void)state;
    spec.folder = "/usr";
    int status = exchange(&spec, "pwd; exit 7", "", &output, LONG_MS, &err);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_string_equal(ts_secret_string(&output), "/usr\n");
    ts_secret_clear(&output);
    status = exchange(&spec, "kill -TERM $$", "", &output, LONG_MS, &err);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void
signals_are_reset(void **state)
{
    sigset_t some;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigaddset(&some, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &some, NULL);
    expect_output(&plain, "grep -E '^Sig(Ign|Blk)' /proc/self/status",
                  "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    pthread_sigmask(SIG_UNBLOCK, &some, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
}

static void
has_its_own_process_group(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(100);
    TS_CLEANUP(ts_string_free) char *own = NULL;
    struct ts_err err = {0};

    (void)state;
    assert_true(asprintf(&own, "%d\n", (int)getpgrp()) > 0);
    assert_int_equal(exchange(&plain, "read -r x x x x group rest < /proc/self/stat; echo $group",
                              "", &output, LONG_MS, &err),
                     0);
    assert_true(output.len > 1);
    assert_string_not_equal(ts_secret_string(&output), own);
}

static void
open_many(size_t count)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < count + 100) {
        limit.rlim_cur = count + 100;
        if (limit.rlim_max < limit.rlim_cur)
            limit.rlim_max = limit.rlim_cur;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            SKIP("so many descriptors are not allowed");
    }
    for (size_t i = 0; i < count; i++)
        assert_true(dup(0) >= 0);
}

static int
with_ten_thousand_body(void)
{
    open_many(10000);
    expect_output(&plain, LIST_FDS, "");
    return 0;
}

static void
ten_thousand_descriptors(void **state)
{
    (void)state;
    in_process(with_ten_thousand_body);
}

/* close_range made unknown, as on kernels before 5.9. */
static void
forbid_close_range(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {(unsigned short)TS_ARRAY_LEN(code), code};

    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
    assert_int_equal(syscall(SYS_close_range, 9000, 9000, 0), -1);
    assert_int_equal(errno, ENOSYS);
}

static int
without_close_range_body(void)
{
    open_many(10000);
    forbid_close_range();
    expect_output(&plain, LIST_FDS, "");
    return 0;
}

static void
descriptors_without_close_range(void **state)
{
    (void)state;
    in_process(without_close_range_body);
}

static int
closed_standard_descriptors_body(void)
{
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    struct ts_spawn spec = plain;
    spec.stderr_fd = 2;
    expect_output(&spec, LIST_FDS "; [ -e /proc/self/fd/2 ] && echo all", "all\n");
    return 0;
}

static void
closed_standard_descriptors(void **state)
{
    (void)state;
    in_process(closed_standard_descriptors_body);
}

static void
extra_descriptor_becomes_3(void **state)
{
    int ends[2];
    struct ts_spawn spec = plain;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(ts_write_all(ends[1], "hello\n", 6), 0);
    close(ends[1]);
    spec.extra_fd = ends[0];
    expect_output(&spec, "cat <&3; " LIST_FDS, "hello\n3\n");
    close(ends[0]);
}

static int
sigchld_ignored_body(void)
{
    signal(SIGCHLD, SIG_IGN);
    expect_output(&plain, "echo done", "done\n");
    return 0;
}

static void
host_that_ignores_sigchld(void **state)
{
    (void)state;
    in_process(sigchld_ignored_body);
}

static bool stop_before_group;

/* In place of the C library's: whoever may signal the child can stop it before it has a group. */
int
setpgid(pid_t pid, pid_t group)
{
    if (stop_before_group)
        (void)syscall(SYS_kill, getpid(), SIGSTOP);
    return (int)syscall(SYS_setpgid, pid, group);
}

static void
stopped_before_it_has_a_group(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(64);
    struct ts_err err = {0};

    (void)state;
    stop_before_group = true;
    (void)alarm(LONG_MS / 1000 / 3);
    assert_int_equal(exchange(&plain, "echo", "", &output, 200, &err), TS_ERR_TIMEOUT);
    (void)alarm(0);
    stop_before_group = false;
    assert_int_equal(waitpid(-1, NULL, __WALL), -1);
    assert_int_equal(errno, ECHILD);
}

static volatile sig_atomic_t sigchld_count;

static void
count_sigchld(int number)
{
    (void)number;
    sigchld_count++;
}

static void
host_sees_no_sigchld_and_reaps_nothing(void **state)
{
    const char *const argv[] = {"sh", "-c", "exit 3", NULL};
    struct ts_spawn spec = plain;
    TS_CLEANUP(ts_child_release) struct ts_child child = TS_CHILD_INIT;
    struct ts_err err = {0};
    int status = -1;

    (void)state;
    signal(SIGCHLD, count_sigchld);
    spec.path = "/bin/sh";
    spec.argv = argv;
    spec.envp = no_environment;
    assert_int_equal(ts_spawn_start(&spec, &child, &err), 0);
    assert_int_equal(waitpid(-1, &status, 0), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(ts_child_wait(&child, ts_clock_boot_ms() + LONG_MS, &status, &err), 0);
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_int_equal(sigchld_count, 0);
    signal(SIGCHLD, SIG_DFL);
}

static atomic_bool stop_threads;

static void *
allocate_and_open(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop_threads)) {
        void *block = malloc(4096);
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        (void)dup2(fd, fd);
        close(fd);
        free(block);
    }
    return NULL;
}

static void
multi_threaded_host(void **state)
{
    pthread_t threads[4];
    const char *thorough = getenv("THOROUGH");
    int rounds = thorough != NULL && strcmp(thorough, "no") == 0 ? 10 : 50;

    (void)state;
    atomic_store(&stop_threads, false);
    for (size_t i = 0; i < TS_ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, allocate_and_open, NULL), 0);
    for (int i = 0; i < rounds; i++)
        expect_output(&plain,
                      "n=3; while [ $n -lt 20 ]; do [ -e /proc/self/fd/$n ] && echo $n; "
                      "n=$((n+1)); done; echo ok",
                      "ok\n");
    atomic_store(&stop_threads, true);
    for (size_t i = 0; i < TS_ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
}

static void
identity_is_taken_for_good(void **state)
{
    static const gid_t groups[] = {20, 7, 1000};
    static const struct ts_spawn_identity identity = {NOBODY, NOBODY, groups, 3};
    struct ts_spawn spec = plain;

    (void)state;
    if (geteuid() != 0)
        SKIP("only root can become another user");
    spec.identity = &identity;
    expect_output(&spec, "grep -E '^(Uid|Gid|Groups|CapEff|CapPrm)' /proc/self/status",
                  "Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\n"
                  "Groups:\t7 20 1000 \nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n");
}

/* As some hosts do (sudo 1.9.13): the real uid is the user's, the effective one root's. */
static int
from_mixed_ids_body(void)
{
    static const struct ts_spawn_identity identity = {NOBODY, NOBODY, NULL, 0};
    struct ts_spawn spec = plain;

    if (setresuid(NOBODY, 0, 0) != 0)
        return 1;
    spec.identity = &identity;
    expect_output(&spec, "grep -E '^(Uid|Groups)' /proc/self/status",
                  "Uid:\t65534\t65534\t65534\t65534\nGroups:\t \n");
    return 0;
}

static void
identity_from_mixed_ids(void **state)
{
    (void)state;
    if (geteuid() != 0)
        SKIP("only root can become another user");
    in_process(from_mixed_ids_body);
}

static int
become_nobody(void)
{
    return geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0;
}

static int
identity_unprivileged_body(void)
{
    static const struct ts_spawn_identity identity = {0, 0, NULL, 0};
    struct ts_spawn spec = plain;

    if (become_nobody() != 0)
        return 1;
    spec.identity = &identity;
    return expect_failure(&spec, "/bin/true",
                          "cannot start /bin/true: setgroups failed: Operation not permitted");
}

static void
failures_are_told_apart(void **state)
{
    struct ts_spawn spec = plain;

    (void)state;
    expect_failure(
        &spec, "/proc/nonexistent/program",
        "cannot start /proc/nonexistent/program: exec failed: No such file or directory");
    expect_failure(&spec, "/etc/passwd",
                   "cannot start /etc/passwd: exec failed: Permission denied");
    spec.folder = "/proc/nonexistent";
    expect_failure(
        &spec, "/bin/true",
        "cannot start /bin/true: its folder cannot be entered: No such file or directory");
    in_process(identity_unprivileged_body);
}

static int
process_limit_body(void)
{
    const struct rlimit none = {0, 0};

    if (become_nobody() != 0 || setrlimit(RLIMIT_NPROC, &none) != 0)
        return 1;
    return expect_failure(&plain, "/bin/true",
                          "cannot start /bin/true: too many processes (limit RLIMIT_NPROC, or the "
                          "system's)");
}

static void
process_limit_reached(void **state)
{
    (void)state;
    in_process(process_limit_body);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environment_is_what_was_given),
        cmocka_unit_test(status_and_folder),
        cmocka_unit_test(signals_are_reset),
        cmocka_unit_test(has_its_own_process_group),
        cmocka_unit_test(ten_thousand_descriptors),
        cmocka_unit_test(descriptors_without_close_range),
        cmocka_unit_test(closed_standard_descriptors),
        cmocka_unit_test(extra_descriptor_becomes_3),
        cmocka_unit_test(host_that_ignores_sigchld),
        cmocka_unit_test(stopped_before_it_has_a_group),
        cmocka_unit_test(host_sees_no_sigchld_and_reaps_nothing),
        cmocka_unit_test(multi_threaded_host),
        cmocka_unit_test(identity_is_taken_for_good),
        cmocka_unit_test(identity_from_mixed_ids),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(process_limit_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
