#include "trace.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* glibc's header and the kernel's exclude each other. */
#include <linux/ptrace.h>

#include "set_call.h"

#define TRACEES_MAX 32
#define HANGS_AFTER_S 30

struct tracee {
    pid_t pid;
    enum fault_who who;
    bool stopped_once; /* a new one begins with a SIGSTOP that is not for it */
    bool armed;
    int pending; /* the errno that the call in progress is to have, or 0 */
};

struct trace {
    const struct trace_spec *spec;
    struct trace_report *report;
    struct tracee tracees[TRACEES_MAX];
    size_t len;
    pid_t root;
    unsigned seen;
    bool root_ends;
};

static volatile sig_atomic_t alarmed;

static void
on_alarm(int signal)
{
    (void)signal;
    alarmed = 1;
}

const char *
trace_who(enum fault_who who)
{
    static const char *const names[] = {"program", "child", "worker"};

    return names[who];
}

static struct tracee *
find(struct trace *trace, pid_t pid)
{
    for (size_t i = 0; i < trace->len; i++)
        if (trace->tracees[i].pid == pid)
            return &trace->tracees[i];
    return NULL;
}

static struct tracee *
add(struct trace *trace, pid_t pid, const struct tracee *parent)
{
    struct tracee *tracee = find(trace, pid);

    if (tracee == NULL) {
        if (trace->len == TRACEES_MAX)
            errx(2, "more processes than were thought possible");
        tracee = &trace->tracees[trace->len++];
        *tracee = (struct tracee){.pid = pid, .who = WHO_CHILD, .armed = true};
    }
    if (parent != NULL && parent->who == WHO_WORKER)
        tracee->who = WHO_WORKER;
    return tracee;
}

static void
drop(struct trace *trace, struct tracee *tracee)
{
    *tracee = trace->tracees[--trace->len];
}

static void
read_string(pid_t pid, unsigned long address, char *ret, size_t size)
{
    size_t got = 0;

    while (got + sizeof(long) < size) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, pid, address + got, NULL);
        if (errno != 0)
            break;
        memcpy(ret + got, &word, sizeof(word));
        if (memchr(&word, '\0', sizeof(word)) != NULL)
            return;
        got += sizeof(word);
    }
    ret[got] = '\0';
}

static void
read_link(pid_t pid, long fd, char *ret, size_t size)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/fd/%ld", (int)pid, fd);
    ssize_t len = readlink(path, ret, size - 1);
    ret[len > 0 ? len : 0] = '\0';
}

/* The program's own standard descriptors go by their names. */
static void
name_descriptor(const struct trace *trace, pid_t pid, long fd, char *ret, size_t size)
{
    char ours[200];

    read_link(pid, fd, ret, size);
    for (int i = 0; i < 3; i++) {
        read_link(getpid(), trace->spec->fds[i], ours, sizeof(ours));
        if (ret[0] != '\0' && strcmp(ours, ret) == 0)
            (void)snprintf(ret, size, "%s", trace->spec->fd_names[i]);
    }
}

/* A name relative to a folder is shown below it. */
static void
name_object(const struct trace *trace, pid_t pid, const __u64 *args, char *ret, size_t size)
{
    const struct fault_call *call = trace->report->call;
    char folder[200] = "", name[200] = "";

    ret[0] = '\0';
    if (call->kind == OBJECT_FD)
        name_descriptor(trace, pid, (long)(int)args[call->object], ret, size);
    if (call->kind != OBJECT_PATH)
        return;
    read_string(pid, (unsigned long)args[call->object], name, sizeof(name));
    if (call->object > 0 && name[0] != '/')
        read_link(pid, (long)(int)args[call->object - 1], folder, sizeof(folder));
    (void)snprintf(ret, size, "%s%s%s", folder, folder[0] != '\0' && name[0] != '\0' ? "/" : "",
                   name);
}

static int
error_of(const struct fault_call *call, unsigned variant)
{
    return call != NULL && variant < FAULT_ERRORS_MAX ? call->errors[variant] : 0;
}

static void
inject(struct trace *trace, struct tracee *tracee, const struct fault_call *call,
       const struct ptrace_syscall_info *info)
{
    struct trace_report *report = trace->report;

    report->injected = true;
    report->call = call;
    report->who = tracee->who;
    if (call != NULL)
        name_object(trace, tracee->pid, info->entry.args, report->object, sizeof(report->object));
    if (trace->spec->fault.kind == FAULT_KILL) {
        (void)kill(tracee->pid, SIGKILL);
        return;
    }
    report->error = error_of(call, trace->spec->fault.variant);
    tracee->pending = report->error;
    if (call != NULL && !call->happens)
        set_call(tracee->pid, -1);
}

/* The program's first own step is to switch core dumps off; what comes before is the loader's. */
static void
arm(struct tracee *tracee, const struct ptrace_syscall_info *info)
{
    if (info->entry.nr == SYS_prctl && info->entry.args[0] == PR_SET_DUMPABLE)
        tracee->armed = true;
}

static void
on_call(struct trace *trace, struct tracee *tracee)
{
    const struct fault *fault = &trace->spec->fault;
    struct ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(info), &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && tracee->pending != 0) {
        set_result(tracee->pid, -tracee->pending);
        tracee->pending = 0;
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return;
    /* One that was killed calls nothing any more, though it may take a while to be gone. */
    if (trace->root_ends && tracee->pid != trace->root)
        trace->report->left = true;
    arm(tracee, &info);
    const struct fault_call *call = fault_call_find((long)info.entry.nr);
    if (!tracee->armed || trace->report->injected ||
        (fault->kind == FAULT_ERROR && error_of(call, fault->variant) == 0))
        return;
    if (++trace->seen == fault->at)
        inject(trace, tracee, call, &info);
}

/* Adds to report->leaks what is open from `first` on. */
static void
look_for_leaks(struct trace *trace, pid_t pid, int first, const char *when)
{
    char path[64], target[200];
    struct dirent *entry;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        char *leaks = trace->report->leaks;
        size_t len = strlen(leaks);
        long fd = strtol(entry->d_name, NULL, 10);

        if (entry->d_name[0] == '.' || fd < first)
            continue;
        read_link(pid, fd, target, sizeof(target));
        (void)snprintf(leaks + len, sizeof(trace->report->leaks) - len, " %s:%ld=%.80s", when, fd,
                       target);
    }
    (void)closedir(folder);
}

static void
on_exec(struct trace *trace, struct tracee *tracee)
{
    if (tracee->pid == trace->root)
        return;
    tracee->who = WHO_WORKER;
    look_for_leaks(trace, tracee->pid, 3, "exec");
}

static void
on_event(struct trace *trace, struct tracee *tracee, int event)
{
    unsigned long message = 0;

    switch (event) {
    case PTRACE_EVENT_CLONE:
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
        if (ptrace(PTRACE_GETEVENTMSG, tracee->pid, 0, &message) == 0)
            (void)add(trace, (pid_t)message, tracee);
        break;
    case PTRACE_EVENT_EXEC:
        on_exec(trace, tracee);
        break;
    case PTRACE_EVENT_EXIT:
        if (tracee->pid != trace->root)
            break;
        look_for_leaks(trace, tracee->pid, 3, "exit");
        trace->root_ends = true;
        break;
    default:
        break;
    }
}

/* The signal to deliver as it goes on. */
static int
on_stop(struct trace *trace, struct tracee *tracee, int status)
{
    int signal = WSTOPSIG(status);
    int event = status >> 16;

    if (signal == (SIGTRAP | 0x80)) {
        on_call(trace, tracee);
        return 0;
    }
    if (event != 0) {
        on_event(trace, tracee, event);
        return 0;
    }
    if (signal == SIGSTOP && !tracee->stopped_once) {
        tracee->stopped_once = true;
        return 0;
    }
    return signal;
}

static void
kill_all(struct trace *trace)
{
    trace->report->hung = true;
    for (size_t i = 0; i < trace->len; i++)
        (void)kill(trace->tracees[i].pid, SIGKILL);
}

/* One change of state of one process. */
static void
step(struct trace *trace)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, __WALL);

    if (pid < 0 && errno == EINTR) {
        if (alarmed)
            kill_all(trace);
        alarmed = 0;
        return;
    }
    if (pid < 0 && errno == ECHILD) {
        /* One that died before its parent's clone was reported is on the list still. */
        trace->len = 0;
        return;
    }
    if (pid < 0)
        err(2, "waitpid");
    struct tracee *tracee = find(trace, pid);
    if (WIFSTOPPED(status)) {
        if (tracee == NULL)
            tracee = add(trace, pid, NULL);
        int signal = on_stop(trace, tracee, status);
        (void)ptrace(PTRACE_SYSCALL, pid, NULL, (long)signal);
        return;
    }
    if (pid == trace->root)
        trace->report->status = status;
    if (tracee != NULL)
        drop(trace, tracee);
}

static void start_program(const struct trace_spec *spec) __attribute__((noreturn));

static void
start_program(const struct trace_spec *spec)
{
    int fds[3];

    /* First out of each other's way. */
    for (int i = 0; i < 3; i++)
        fds[i] = fcntl(spec->fds[i], F_DUPFD_CLOEXEC, 10);
    for (int i = 0; i < 3; i++)
        if (dup2(fds[i], i) != i)
            _exit(98);
    if (syscall(SYS_close_range, 3, ~0U, 0) != 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 ||
        raise(SIGSTOP) != 0)
        _exit(98);
    execve(spec->argv[0], spec->argv, spec->envp);
    _exit(98);
}

void
trace_run(const struct trace_spec *spec, struct trace_report *ret)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
                         PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
                         PTRACE_O_TRACEEXIT;
    struct sigaction action = {.sa_handler = on_alarm};
    struct trace trace = {.spec = spec, .report = ret};
    int status = 0;

    memset(ret, 0, sizeof(*ret));
    (void)sigaction(SIGALRM, &action, NULL);
    trace.root = fork();
    if (trace.root < 0)
        err(2, "fork");
    if (trace.root == 0)
        start_program(spec);
    if (waitpid(trace.root, &status, 0) != trace.root || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, trace.root, NULL, options) != 0)
        errx(2, "cannot trace a program");
    struct tracee *root = add(&trace, trace.root, NULL);
    *root = (struct tracee){.pid = trace.root, .who = WHO_PROGRAM, .stopped_once = true};
    (void)alarm(HANGS_AFTER_S);
    (void)ptrace(PTRACE_SYSCALL, trace.root, NULL, 0L);
    while (trace.len > 0)
        step(&trace);
    (void)alarm(0);
}
