/*
 * A user who wants to put a forged token in the place of ThriveStack's answer: tries on every
 * process called sudo or thrivestack-* all that the kernel might let another process do to it,
 * until SIGTERM. Arguments: the forged token, the file for the tally.
 *
 * `own` and `other` are processes met that are the attacker's and somebody else's; every other line
 * of the tally counts attempts that succeeded.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OWN, OTHER, PTRACE, MEMORY, VM_WRITE, DESCRIPTOR, GETFD, SIGNAL_OTHER, LIMIT_OTHER, COUNTS };
static const char *const names[COUNTS] = {"own",    "other",        "ptrace",
                                          "memory", "vm_write",     "descriptor",
                                          "getfd",  "signal_other", "limit_other"};
static unsigned long counts[COUNTS];
static volatile sig_atomic_t ended;

static void
end(int number)
{
    (void)number;
    ended = 1;
}

/* The first line of /proc/PID/NAME that begins with `start`, without that; false where none is. */
static int
read_line(pid_t pid, const char *name, const char *start, char ret[64])
{
    char path[64];
    int found = 0;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && fgets(ret, 64, file) != NULL)
        found = strncmp(ret, start, strlen(start)) == 0;
    if (file != NULL)
        (void)fclose(file);
    return found;
}

static int
try_open(pid_t pid, const char *name, const char *token)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_WRONLY | O_NONBLOCK);
    if (fd < 0)
        return 0;
    ssize_t ignored = write(fd, token, strlen(token));
    (void)ignored;
    close(fd);
    return 1;
}

static int
try_ptrace(pid_t pid)
{
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0)
        return 0;
    (void)ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
    (void)waitpid(pid, NULL, __WALL);
    (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
    return 1;
}

/* No address is likely to be right; but a wrong one is another error than a refusal. */
static int
try_vm_write(pid_t pid)
{
    char byte = 0;
    struct iovec here = {&byte, 1};
    struct iovec there = {(void *)4096, 1};

    return process_vm_writev(pid, &here, 1, &there, 1, 0) == 1 || errno == EFAULT;
}

static int
try_getfd(pid_t pid, const char *token)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, 1, 0);

    if (pidfd >= 0)
        close(pidfd);
    if (fd < 0)
        return 0;
    ssize_t ignored = write(fd, token, strlen(token));
    (void)ignored;
    close(fd);
    return 1;
}

static void
attack(pid_t pid, const char *token)
{
    static const struct rlimit small = {4, 4};
    char line[64];
    unsigned ids[3] = {0, 0, 0};

    if (!read_line(pid, "status", "Uid:", line))
        return;
    char *at = line + 4;
    for (int i = 0; i < 3; i++)
        ids[i] = (unsigned)strtoul(at, &at, 10);
    int own = ids[0] == getuid() && ids[1] == getuid() && ids[2] == getuid();
    int mixed = ids[0] == getuid() && !own; /* sudo: it may be stopped, as any setuid program may */
    counts[own ? OWN : OTHER] += !mixed;
    counts[PTRACE] += (unsigned long)try_ptrace(pid);
    counts[MEMORY] += (unsigned long)try_open(pid, "mem", "");
    counts[VM_WRITE] += (unsigned long)try_vm_write(pid);
    for (int fd = 1; fd < 8; fd++) {
        char name[16];

        snprintf(name, sizeof(name), "fd/%d", fd);
        counts[DESCRIPTOR] += (unsigned long)try_open(pid, name, token);
    }
    counts[GETFD] += (unsigned long)try_getfd(pid, token);
    int stopped = kill(pid, SIGSTOP) == 0;
    int limited = prlimit(pid, RLIMIT_NOFILE, own ? NULL : &small, NULL) == 0;
    (void)kill(pid, SIGCONT);
    counts[SIGNAL_OTHER] += (unsigned long)(stopped && !own && !mixed);
    counts[LIMIT_OTHER] += (unsigned long)(limited && !own);
}

static void
attack_all(const char *token)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    char comm[64];

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid > 1 &&
            (read_line(pid, "comm", "thrivestack-", comm) || read_line(pid, "comm", "sudo", comm)))
            attack(pid, token);
    }
    if (folder != NULL)
        closedir(folder);
}

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    (void)signal(SIGTERM, end);
    (void)signal(SIGPIPE, SIG_IGN);
    while (!ended) {
        attack_all(argv[1]);
        usleep(500);
    }
    FILE *tally = fopen(argv[2], "w");
    for (int i = 0; tally != NULL && i < COUNTS; i++)
        fprintf(tally, "%s %lu\n", names[i], counts[i]);
    return tally != NULL && fclose(tally) == 0 ? 0 : 1;
}
