#include "common/process/spawn_child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* glibc's functions for these make every thread of the process do the same, by a signal to
 * threads that do not exist in this copy. Where the plain number means 16-bit ids, the other one.
 */
#ifdef SYS_setresuid32
#define CALL_SETGROUPS SYS_setgroups32
#define CALL_SETRESGID SYS_setresgid32
#define CALL_SETRESUID SYS_setresuid32
#else
#define CALL_SETGROUPS SYS_setgroups
#define CALL_SETRESGID SYS_setresgid
#define CALL_SETRESUID SYS_setresuid
#endif

static void report_step(const struct ts_spawn_plan *plan, enum ts_spawn_step step, int error)
    __attribute__((noreturn));

static void
report_step(const struct ts_spawn_plan *plan, enum ts_spawn_step step, int error)
{
    struct ts_spawn_failure failure = {step, error};

    /* Without a parent there is nobody to report to. */
    ssize_t written = write(plan->status_fd, &failure, sizeof(failure));
    _exit(written > 0 ? 127 : 126);
}

/* Handlers end with exec, but a signal that the host ignores would stay ignored. All signals are
 * blocked until the program runs, so no handler of the host's runs in these copies of it. */
static void
reset_handlers(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    /* Fails for SIGKILL, SIGSTOP and libc's own two, which may stay as they are. */
    for (int number = 1; number < _NSIG; number++)
        (void)sigaction(number, &action, NULL);
}

static void
unblock_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * fork without its bookkeeping: no atfork handlers, which in a host could do anything.
 */
pid_t
ts_spawn_clone(unsigned long flags, int *ret_pidfd)
{
#if defined(__s390__) || defined(__CRIS__)
    return (pid_t)syscall(SYS_clone, NULL, flags, ret_pidfd, NULL, NULL);
#else
    return (pid_t)syscall(SYS_clone, flags, NULL, ret_pidfd, NULL, NULL);
#endif
}

/* The number in a name of /proc/self/fd, or -1 for `.` and `..`. */
static int
descriptor_number(const char *name)
{
    int number = 0;

    for (; *name != '\0'; name++) {
        if (*name < '0' || *name > '9' || number > 100000000)
            return -1;
        number = number * 10 + (*name - '0');
    }
    return number;
}

/* For kernels before 5.9 and filters that know no close_range. procfs lists descriptors by number,
 * so closing some on the way skips none. */
static bool
close_by_proc(int first, int keep)
{
    union {
        struct ts_spawn_dirent align;
        char bytes[4096];
    } buffer;
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long got = -1;

    if (folder < 0)
        return false;
    while ((got = syscall(SYS_getdents64, folder, buffer.bytes, sizeof(buffer.bytes))) > 0) {
        for (long at = 0; at < got;) {
            const struct ts_spawn_dirent *entry =
                (const struct ts_spawn_dirent *)(const void *)(buffer.bytes + at);
            int number = descriptor_number(entry->name);

            if (number >= first && number != keep && number != folder)
                close(number);
            at += entry->len;
        }
    }
    close(folder);
    return got == 0;
}

static bool
close_range_of(unsigned first, unsigned last)
{
    return first > last || syscall(SYS_close_range, first, last, 0) == 0;
}

/* All from `first` on, but for `keep`, which is not below it. */
static bool
close_all_but(int first, int keep)
{
    if ((keep == 0 || close_range_of((unsigned)first, (unsigned)keep - 1)) &&
        close_range_of((unsigned)keep + 1, ~0U))
        return true;
    return close_by_proc(first, keep);
}

bool
ts_spawn_close_others(int first)
{
    return close_range_of((unsigned)first, ~0U) || close_by_proc(first, -1);
}

/* The sources may be any numbers, those of the targets among them: all are copied out of the way
 * first, the status pipe too. Returns 0 or an errno. */
static int
arrange_descriptors(struct ts_spawn_plan *plan)
{
    int high[TS_SPAWN_FDS] = {-1, -1, -1, -1};

    plan->status_fd = fcntl(plan->status_fd, F_DUPFD_CLOEXEC, TS_SPAWN_FDS);
    if (plan->status_fd < 0)
        return errno;
    for (int i = 0; i < TS_SPAWN_FDS; i++) {
        if (plan->fds[i] < 0)
            continue;
        high[i] = fcntl(plan->fds[i], F_DUPFD_CLOEXEC, TS_SPAWN_FDS);
        if (high[i] < 0)
            return errno;
    }
    for (int i = 0; i < TS_SPAWN_FDS; i++)
        if (high[i] >= 0 && dup2(high[i], i) < 0)
            return errno;
    int first = high[TS_SPAWN_FDS - 1] < 0 ? TS_SPAWN_FDS - 1 : TS_SPAWN_FDS;
    return close_all_but(first, plan->status_fd) ? 0 : EMFILE;
}

static bool
is_member(gid_t group, const gid_t *groups, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (groups[i] == group)
            return true;
    return false;
}

static bool
groups_hold(const struct ts_spawn_identity *want, gid_t *room)
{
    int count = getgroups((int)want->groups_len, room);

    if (count < 0 || (size_t)count != want->groups_len)
        return false;
    for (size_t i = 0; i < want->groups_len; i++)
        if (!is_member(room[i], want->groups, want->groups_len))
            return false;
    return true;
}

/* Also tries to become root again: capabilities that were kept would allow it. */
static bool
identity_holds(const struct ts_spawn_identity *want, gid_t *room)
{
    uid_t uids[3];
    gid_t gids[3];

    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) != 0)
        return false;
    for (int i = 0; i < 3; i++)
        if (uids[i] != want->uid || gids[i] != want->gid)
            return false;
    if (!groups_hold(want, room))
        return false;
    return want->uid == 0 || syscall(CALL_SETRESUID, -1, 0, -1) != 0;
}

static void
become(const struct ts_spawn_plan *plan)
{
    const struct ts_spawn_identity *want = plan->spec->identity;

    if (syscall(CALL_SETGROUPS, want->groups_len, want->groups) != 0)
        report_step(plan, TS_STEP_GROUPS, errno);
    if (syscall(CALL_SETRESGID, want->gid, want->gid, want->gid) != 0)
        report_step(plan, TS_STEP_GID, errno);
    if (syscall(CALL_SETRESUID, want->uid, want->uid, want->uid) != 0)
        report_step(plan, TS_STEP_UID, errno);
    if (!identity_holds(want, plan->groups_read))
        report_step(plan, TS_STEP_VERIFY, EPERM);
}

/* A parent that is killed takes its child along, whatever that waits for: by SIGKILL, or a signal
 * that is handled. A change of identity clears this, so it comes after. */
static void
follow(const struct ts_spawn_plan *plan, pid_t parent, int signal_number)
{
    if (prctl(PR_SET_PDEATHSIG, signal_number) != 0)
        report_step(plan, TS_STEP_SETUP, errno);
    if (getppid() != parent)
        _exit(127);
}

/* execve takes pointers to char by a promise of POSIX's not to write through them. */
static char *const *
exec_vector(const char *const *vector)
{
    union {
        const char *const *promised;
        char *const *declared;
    } same = {.promised = vector};

    return same.declared;
}

static void run_program(const struct ts_spawn_plan *plan, pid_t supervisor)
    __attribute__((noreturn));

static void
run_program(const struct ts_spawn_plan *plan, pid_t supervisor)
{
    const struct ts_spawn *spec = plan->spec;

    if (spec->identity != NULL)
        become(plan);
    follow(plan, supervisor, SIGKILL);
    if (spec->folder != NULL && chdir(spec->folder) != 0)
        report_step(plan, TS_STEP_FOLDER, errno);
    unblock_signals();
    execve(spec->path, exec_vector(spec->argv), exec_vector(spec->envp));
    report_step(plan, TS_STEP_EXEC, errno);
}

/* Kills what the program started, too, as far as that stayed in the process group. */
static void
kill_group(int signal_number)
{
    (void)signal_number;
    (void)kill(0, SIGKILL);
}

/*
 * From here on the end of the host, or what it has left pending, is the end of the group. Where the
 * group is the host's, of the program alone, which follows this process.
 */
static void
guard_group(bool share_group)
{
    const struct sigaction action = {.sa_handler = share_group ? SIG_DFL : kill_group};
    sigset_t term;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    if (sigaction(SIGTERM, &action, NULL) != 0 || sigprocmask(SIG_UNBLOCK, &term, NULL) != 0)
        _exit(126);
}

/* Ends by the exit code or the signal that ended the program. Never with a core: the memory is a
 * copy of the host's. */
static void end_as(int status) __attribute__((noreturn));

static void
end_as(int status)
{
    static const struct rlimit none = {0, 0};

    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    reset_handlers();
    if (setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0) {
        (void)kill(getpid(), WTERMSIG(status));
        unblock_signals();
    }
    _exit(126);
}

void
ts_spawn_supervise(const struct ts_spawn_plan *prepared)
{
    struct ts_spawn_plan plan = *prepared;
    pid_t supervisor = getpid();
    int status = 0;

    follow(&plan, plan.host, SIGTERM);
    if (!plan.spec->share_group && setpgid(0, 0) != 0)
        report_step(&plan, TS_STEP_SETUP, errno);
    reset_handlers();
    int error = arrange_descriptors(&plan);
    if (error != 0)
        report_step(plan.status_fd >= 0 ? &plan : prepared, TS_STEP_DESCRIPTORS, error);
    pid_t program = ts_spawn_clone(SIGCHLD, NULL);
    if (program == 0)
        run_program(&plan, supervisor);
    if (program < 0)
        report_step(&plan, TS_STEP_CLONE, errno);
    guard_group(plan.spec->share_group);
    /* The pipes are the program's alone, so that their ends mean something. */
    if (!close_all_but(0, 0))
        _exit(126);
    close(0);
    while (wait4(program, &status, 0, NULL) < 0)
        if (errno != EINTR)
            _exit(126);
    end_as(status);
}
