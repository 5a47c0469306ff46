/*
 * The memory of a program when it ends: `memory-at-exit FILE-FOR-STDIN PROGRAM [ARGUMENT]...`
 * prints resident and proportional set size (Rss and Pss of smaps_rollup) in KiB, separated by a
 * tab.
 *
 * The kernel keeps a process's counters, ru_maxrss among them, in batches of pages per thread,
 * which is more than the difference between two small programs. smaps_rollup walks the page tables.
 * It is read where ptrace stops the program on its way out, everything still mapped; a program that
 * gives nothing back before it ends has its peak there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void
give_up(const char *what)
{
    fprintf(stderr, "memory-at-exit: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void
become(char **args, const char *input)
{
    int in = open(input, O_RDONLY | O_CLOEXEC), out = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
        ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(126);
    execv(args[0], args);
    _exit(127);
}

static void
print_memory(pid_t pid)
{
    char path[64], line[256];
    long rss = -1, pss = -1;

    snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        give_up("smaps_rollup");
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "Rss:", 4) == 0)
            rss = strtol(line + 4, NULL, 10);
        if (strncmp(line, "Pss:", 4) == 0)
            pss = strtol(line + 4, NULL, 10);
    }
    fclose(file);
    printf("%ld\t%ld\n", rss, pss);
}

/* Lets it go on until it has ended; returns its status. */
static int
follow(pid_t pid)
{
    int status = 0, signal = 0;

    for (;;) {
        if (ptrace(PTRACE_CONT, pid, NULL, signal) != 0 || waitpid(pid, &status, 0) != pid)
            give_up("ptrace");
        if (!WIFSTOPPED(status))
            return status;
        signal = 0;
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
            print_memory(pid);
        else
            signal = WSTOPSIG(status);
    }
}

int
main(int argc, char **argv)
{
    int status = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: memory-at-exit FILE-FOR-STDIN PROGRAM [ARGUMENT]...\n");
        return 64;
    }
    pid_t pid = fork();
    if (pid < 0)
        give_up("fork");
    if (pid == 0)
        become(argv + 2, argv[1]);
    /* It has stopped behind its exec. */
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL) != 0)
        give_up(argv[2]);
    return follow(pid) == 0 ? 0 : 1;
}
