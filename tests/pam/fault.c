#include "fault.h"

#include <dirent.h>
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build-config.h"

struct state {
    struct fault_plan plan;
    pid_t watcher;
    pid_t host;
    int active;
    long calls;
    long ahead; /* of the real time */
    long strays;
    char hit[32];
};

static struct state *state;
static long (*real_syscall)(long number, ...);

static void *
next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL)
        errx(2, "libc has no %s", name);
    return function;
}

static void
die(void)
{
    (void)real_syscall(SYS_kill, getpid(), SIGKILL);
}

static bool
counts(void)
{
    pid_t self = getpid();

    if (state == NULL || !state->active)
        return false;
    /* Whoever only watches a host that is a process of its own is left in peace. */
    return self == state->host ? !state->plan.in_children
                               : self != state->watcher && state->plan.in_children;
}

/* Whoever can neither kill nor wait cannot be blamed for a child that is left. */
static bool
takes_a_child_away(const char *name)
{
    return strcmp(name, "waitid") == 0 || strcmp(name, "kill") == 0;
}

/* Whether this call is to fail; errno is set then. */
static bool
is_hit(const char *name, int usual)
{
    if (!counts())
        return false;
    long call = __atomic_add_fetch(&state->calls, 1, __ATOMIC_SEQ_CST);
    if (state->plan.kind == FAULT_NONE || call < state->plan.at ||
        (call > state->plan.at && (!state->plan.onwards || takes_a_child_away(name))))
        return false;
    if (state->hit[0] == '\0')
        (void)strncpy(state->hit, name, sizeof(state->hit) - 1);
    if (state->plan.kind == FAULT_KILL)
        die();
    errno = state->plan.kind == FAULT_INTERRUPT ? EINTR : usual;
    return true;
}

/* Definition of a function of libc's that returns FAILED with errno when its turn comes. */
#define CALL(type, failed, usual, name, parameters, arguments)                                     \
    static type(*real_##name) parameters;                                                          \
    type name parameters;                                                                          \
    type name parameters                                                                           \
    {                                                                                              \
        if (real_##name == NULL)                                                                   \
            *(void **)&real_##name = next(#name);                                                  \
        return is_hit(#name, usual) ? (failed) : real_##name arguments;                            \
    }

/* A parameter list that libc declares as `...`. */
#define OPTIONAL(type, ret, last)                                                                  \
    type ret;                                                                                      \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, last);                                                                      \
        ret = va_arg(args, type);                                                                  \
        va_end(args);                                                                              \
    }

CALL(int, -1, ENOSPC, mkdir, (const char *path, mode_t mode), (path, mode))
CALL(int, -1, ENOSPC, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
CALL(int, -1, EIO, fstat64, (int fd, struct stat64 *st), (fd, st))
CALL(int, -1, EIO, lstat64, (const char *path, struct stat64 *st), (path, st))
CALL(int, -1, EIO, fstatat64, (int fd, const char *path, struct stat64 *st, int flags),
     (fd, path, st, flags))
CALL(ssize_t, -1, EIO, read, (int fd, void *data, size_t len), (fd, data, len))
CALL(ssize_t, -1, ENOSPC, write, (int fd, const void *data, size_t len), (fd, data, len))
CALL(ssize_t, -1, EIO, readlinkat, (int fd, const char *path, char *data, size_t len),
     (fd, path, data, len))
CALL(int, -1, EPERM, fchmod, (int fd, mode_t mode), (fd, mode))
CALL(int, -1, EOPNOTSUPP, fsetxattr,
     (int fd, const char *name, const void *value, size_t size, int flags),
     (fd, name, value, size, flags))
CALL(int, -1, EPERM, futimens, (int fd, const struct timespec times[2]), (fd, times))
CALL(int, -1, ENOSPC, symlinkat, (const char *text, int fd, const char *path), (text, fd, path))
CALL(int, -1, EIO, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
CALL(DIR *, NULL, ENOTDIR, fdopendir, (int fd), (fd))
CALL(struct dirent64 *, NULL, EIO, readdir64, (DIR * folder), (folder))
CALL(ssize_t, -1, ENOSYS, getrandom, (void *data, size_t len, unsigned flags), (data, len, flags))
CALL(int, -1, EMFILE, pipe2, (int ends[2], int flags), (ends, flags))
CALL(int, -1, ENOMEM, poll, (struct pollfd * fds, nfds_t len, int ms), (fds, len, ms))
CALL(int, -1, EINVAL, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
     (type, id, info, options))
CALL(pid_t, -1, ECHILD, wait4, (pid_t pid, int *status, int options, struct rusage *usage),
     (pid, status, options, usage))
CALL(int, -1, EPERM, kill, (pid_t pid, int number), (pid, number))
CALL(int, -1, EPERM, setpgid, (pid_t pid, pid_t group), (pid, group))
CALL(int, -1, EBADF, dup2, (int from, int to), (from, to))
CALL(int, -1, EACCES, chdir, (const char *path), (path))
CALL(int, -1, ENOEXEC, execve, (const char *path, char *const *argv, char *const *envp),
     (path, argv, envp))
CALL(int, -1, EINVAL, getgroups, (int len, gid_t *groups), (len, groups))
CALL(int, -1, EFAULT, getresuid, (uid_t * a, uid_t *b, uid_t *c), (a, b, c))
CALL(int, -1, EFAULT, getresgid, (gid_t * a, gid_t *b, gid_t *c), (a, b, c))
CALL(int, EIO, EIO, getpwnam_r,
     (const char *name, struct passwd *entry, char *data, size_t len, struct passwd **ret),
     (name, entry, data, len, ret))
CALL(int, EIO, EIO, getgrnam_r,
     (const char *name, struct group *entry, char *data, size_t len, struct group **ret),
     (name, entry, data, len, ret))
CALL(int, -1, ENOMEM, getgrouplist, (const char *name, gid_t group, gid_t *groups, int *len),
     (name, group, groups, len))

static int (*real_clock_gettime)(clockid_t id, struct timespec *ret);

int
clock_gettime(clockid_t id, struct timespec *ret)
{
    if (real_clock_gettime == NULL)
        *(void **)&real_clock_gettime = next("clock_gettime");
    if (is_hit("clock_gettime", EINVAL))
        return -1;
    int rc = real_clock_gettime(id, ret);
    if (rc == 0 && id == CLOCK_REALTIME && state != NULL)
        ret->tv_sec += state->ahead;
    return rc;
}

/* Nothing but RUNDIR is written to, and /dev/null. */
static void
watch(int folder, const char *path, int flags)
{
    char link[64], where[PATH_MAX] = "";

    if (state == NULL || !state->active || (flags & (O_WRONLY | O_RDWR | O_CREAT)) == 0 ||
        strcmp(path, "/dev/null") == 0)
        return;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
    if (path[0] != '/' && readlink(link, where, sizeof(where) - 1) > 0)
        path = where;
    if (strncmp(path, TS_RUNDIR, strlen(TS_RUNDIR)) != 0)
        state->strays++;
}

static int (*real_openat64)(int folder, const char *path, int flags, ...);

int
openat64(int folder, const char *path, int flags, ...)
{
    OPTIONAL(mode_t, mode, flags)
    if (real_openat64 == NULL)
        *(void **)&real_openat64 = next("openat64");
    if (is_hit("openat64", EMFILE))
        return -1;
    watch(folder, path, flags);
    return real_openat64(folder, path, flags, mode);
}

static int (*real_open64)(const char *path, int flags, ...);

int
open64(const char *path, int flags, ...)
{
    OPTIONAL(mode_t, mode, flags)
    if (real_open64 == NULL)
        *(void **)&real_open64 = next("open64");
    if (is_hit("open64", EMFILE))
        return -1;
    watch(AT_FDCWD, path, flags);
    return real_open64(path, flags, mode);
}

static int (*real_fcntl64)(int fd, int command, ...);

int
fcntl64(int fd, int command, ...)
{
    OPTIONAL(long, argument, command)
    if (real_fcntl64 == NULL)
        *(void **)&real_fcntl64 = next("fcntl64");
    return is_hit("fcntl64", EMFILE) ? -1 : real_fcntl64(fd, command, argument);
}

static int (*real_prctl)(int option, ...);

int prctl(int option, ...);
int
prctl(int option, ...)
{
    OPTIONAL(unsigned long, argument, option)
    if (real_prctl == NULL)
        *(void **)&real_prctl = next("prctl");
    return is_hit("prctl", EINVAL) ? -1 : real_prctl(option, argument, 0UL, 0UL, 0UL);
}

/* clone, setgroups and its kin, close_range, getdents64 */
long
syscall(long number, ...)
{
    va_list args;
    long a[5];

    va_start(args, number);
    for (int i = 0; i < 5; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (is_hit("syscall", number == SYS_clone ? EAGAIN : EPERM))
        return -1;
    return real_syscall(number, a[0], a[1], a[2], a[3], a[4]);
}

void
fault_init(void)
{
    void *memory =
        mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        err(2, "mmap");
    *(void **)&real_syscall = next("syscall");
    state = memory;
    state->watcher = getpid();
}

void
fault_begin(const struct fault_plan *plan)
{
    state->plan = *plan;
    state->host = getpid();
    state->calls = 0;
    state->hit[0] = '\0';
    state->active = 1;
}

void
fault_end(void)
{
    state->active = 0;
}

int
fault_pause(void)
{
    int active = state->active;

    state->active = 0;
    return active;
}

void
fault_resume(int paused)
{
    state->active = paused;
}

long
fault_calls(void)
{
    return state->calls;
}

const char *
fault_hit(void)
{
    return state->hit;
}

long
fault_strays(void)
{
    return state->strays;
}

void
fault_set_clock(long ahead)
{
    state->ahead = ahead;
}
