#include "common/process/spawn.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/process/spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

/* From clone to exec is a handful of system calls; this only bounds a file system that hangs. */
#define START_MS 10000

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

static int
report_no_child(const char *path, struct ts_err *err)
{
    if (errno == EAGAIN)
        return ts_err_set(err, TS_ERR_SYSTEM,
                          "cannot start %s: too many processes (limit RLIMIT_NPROC, or the "
                          "system's)",
                          path);
    return ts_err_errno(err, TS_ERR_SYSTEM, "cannot start %s", path);
}

static int
report_spawn_failure(const struct ts_spawn *spec, const struct ts_spawn_failure *failure,
                     struct ts_err *err)
{
    static const char *const what[] = {
        [TS_STEP_SETUP] = "process set-up failed",
        [TS_STEP_DESCRIPTORS] = "descriptors cannot be arranged",
        [TS_STEP_CLONE] = "clone failed",
        [TS_STEP_GROUPS] = "setgroups failed",
        [TS_STEP_GID] = "setresgid failed",
        [TS_STEP_UID] = "setresuid failed",
        [TS_STEP_VERIFY] = "the identity did not change",
        [TS_STEP_FOLDER] = "its folder cannot be entered",
        [TS_STEP_EXEC] = "exec failed",
    };

    errno = failure->error;
    /* execve counts processes too, where the identity changed in between. */
    if (errno == EAGAIN && (failure->step == TS_STEP_EXEC || failure->step == TS_STEP_CLONE))
        return report_no_child(spec->path, err);
    return ts_err_errno(err, TS_ERR_SYSTEM, "cannot start %s: %s", spec->path, what[failure->step]);
}

static void
start_child(const struct ts_spawn_plan *plan, struct ts_child *child)
{
    sigset_t all;
    sigset_t before;

    /* A handler of the host's that ran in the child would find no thread but its own. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* Exit signal 0: see spawn_child.h. */
    pid_t pid = ts_spawn_clone(CLONE_PIDFD, &child->pidfd);
    if (pid == 0)
        ts_spawn_supervise(plan);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    child->pid = pid > 0 ? pid : 0;
    child->shares_group = plan->spec->share_group;
    if (child->pid == 0)
        child->pidfd = -1;
}

/* Waits for exec, which closes the pipe, or for a report that it failed. */
static int
await_start(const struct ts_spawn *spec, int status_fd, struct ts_err *err)
{
    struct pollfd ready = {.fd = status_fd, .events = POLLIN};
    int64_t deadline = spec->start_by_ms != 0 ? spec->start_by_ms : ts_clock_boot_ms() + START_MS;
    struct ts_spawn_failure failure;
    ssize_t got = -1;
    int polled;

    do
        polled = poll(&ready, 1, ts_clock_left_ms(deadline));
    while (polled < 0 && errno == EINTR);
    if (polled < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot start %s: cannot wait for it", spec->path);
    if (polled == 0)
        return ts_err_set(err, TS_ERR_TIMEOUT, "cannot start %s: exec was not done in time",
                          spec->path);
    do
        got = read(status_fd, &failure, sizeof(failure));
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return 0;
    if (got != (ssize_t)sizeof(failure))
        return ts_err_set(err, TS_ERR_SYSTEM, "cannot start %s: the child sent no status",
                          spec->path);
    return report_spawn_failure(spec, &failure, err);
}

/* A host may have its standard error closed; that is no reason to fail. */
static void
plan_descriptors(const struct ts_spawn *spec, int null_fd, int fds[TS_SPAWN_FDS])
{
    bool no_stderr = spec->stderr_fd < 0 || fcntl(spec->stderr_fd, F_GETFD) < 0;

    fds[0] = spec->stdin_fd < 0 ? null_fd : spec->stdin_fd;
    fds[1] = spec->stdout_fd < 0 ? null_fd : spec->stdout_fd;
    fds[2] = no_stderr ? null_fd : spec->stderr_fd;
    fds[3] = spec->extra_fd;
}

static void
free_groups(gid_t **groups)
{
    free(*groups);
}

int
ts_spawn_start(const struct ts_spawn *spec, struct ts_child *ret, struct ts_err *err)
{
    size_t groups_len = spec->identity == NULL ? 0 : spec->identity->groups_len;
    TS_CLEANUP(ts_fd_close) int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
    TS_CLEANUP(free_groups) gid_t *groups = calloc(groups_len + 1, sizeof(*groups));
    TS_CLEANUP(ts_child_release) struct ts_child child = TS_CHILD_INIT;
    int status[2];

    if (null_fd < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot start %s: /dev/null cannot be opened",
                            spec->path);
    if (groups == NULL)
        return ts_err_nomem(err);
    if (pipe2(status, O_CLOEXEC) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot start %s: no pipe", spec->path);
    TS_CLEANUP(ts_fd_close) int status_read = status[0];
    TS_CLEANUP(ts_fd_close) int status_write = status[1];
    struct ts_spawn_plan plan = {
        .spec = spec, .status_fd = status_write, .host = getpid(), .groups_read = groups};
    plan_descriptors(spec, null_fd, plan.fds);
    start_child(&plan, &child);
    if (child.pid == 0)
        return report_no_child(spec->path, err);
    ts_fd_close(&status_write);
    int rc = await_start(spec, status_read, err);
    if (rc < 0)
        return rc;
    *ret = child;
    child = TS_CHILD_INIT;
    return 0;
}

/* waitid for the child. A kernel before 5.4, or a filter of the host's, may not know pidfds here.
 */
static int
wait_for(const struct ts_child *child, siginfo_t *ret, int options)
{
    int rc = waitid((idtype_t)P_PIDFD, (id_t)child->pidfd, ret, WEXITED | __WALL | options);

    if (rc == 0 || errno == EINTR || errno == ECHILD)
        return rc;
    return waitid(P_PID, (id_t)child->pid, ret, WEXITED | __WALL | options);
}

/* Whether the child is there still, running or not yet reaped: only then are its pid and the number
 * of its process group certain to be its own. */
static bool
is_own_child(const struct ts_child *child)
{
    siginfo_t info;

    return wait_for(child, &info, WNOHANG | WNOWAIT) == 0;
}

static int
status_of(const siginfo_t *info)
{
    if (info->si_code == CLD_EXITED)
        return (info->si_status & 0xff) << 8;
    return info->si_status | (info->si_code == CLD_DUMPED ? 0x80 : 0);
}

/* Kills the child and what is left of its process group, and reaps the child. */
static int
finish(struct ts_child *child, int *ret_status, struct ts_err *err)
{
    siginfo_t info = {0};
    int rc;

    if (is_own_child(child)) {
        if (!child->shares_group)
            (void)kill(-child->pid, SIGKILL);
        /* A child that was stopped before it made its group is in none of its own. */
        (void)kill(child->pid, SIGKILL);
    }
    do
        rc = wait_for(child, &info, 0);
    while (rc != 0 && errno == EINTR);
    int error = errno;
    ts_fd_close(&child->pidfd);
    child->pid = 0;
    errno = error;
    if (rc != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot wait for a child");
    *ret_status = status_of(&info);
    return 0;
}

int
ts_child_wait(struct ts_child *child, int64_t deadline_ms, int *ret_status, struct ts_err *err)
{
    struct pollfd ready = {.fd = child->pidfd, .events = POLLIN};
    int polled;

    if (child->pid == 0)
        return ts_err_set(err, TS_ERR_SYSTEM, "no child to wait for");
    do
        polled = poll(&ready, 1, ts_clock_left_ms(deadline_ms));
    while (polled < 0 && errno == EINTR);
    int error = errno;
    int rc = finish(child, ret_status, err);
    errno = error;
    if (rc == 0 && polled < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot wait for a child");
    if (rc == 0 && polled == 0)
        return ts_err_set(err, TS_ERR_TIMEOUT, "a child did not end in time and was killed");
    return rc;
}

void
ts_child_release(struct ts_child *child)
{
    struct ts_err ignored = {0};
    int status;

    if (child->pid != 0)
        (void)finish(child, &status, &ignored);
}
