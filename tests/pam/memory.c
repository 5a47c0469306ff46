/*
 * What processes have in their memory when they end, and a search through it. Needs root.
 *
 *     memory dump FOLDER COMMAND [ARGUMENT...]   runs it; each of its processes leaves a file in
 *                                                FOLDER, named PROGRAM.PID
 *     memory search FOLDER NAME=FILE...          looks in the files of FOLDER for what is in FILE:
 *                                                any CHUNK bytes of it at a multiple of CHUNK, and
 *                                                the same backwards, as libcrypto keeps numbers
 *
 * `search` prints a line for each find and ends with how much it has searched.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 16
#define PATTERN_MAX 16384
#define SHOWN_MAX 5 /* finds of one pattern in one file */

/* Code and what else was only read from a file tells nothing. */
static bool
is_of_interest(const char *line)
{
    const char *flags = strchr(line, ' ');

    if (flags == NULL || flags[1] != 'r' || strstr(line, "[v") != NULL)
        return false;
    return flags[2] == 'w' || strchr(line, '/') == NULL;
}

static void
copy_range(int memory, FILE *to, unsigned long start, unsigned long end)
{
    static char page[65536];

    while (start < end) {
        size_t len = end - start < sizeof(page) ? end - start : sizeof(page);
        ssize_t got = pread(memory, page, len, (off_t)start);

        if (got <= 0)
            return;
        fwrite(page, 1, (size_t)got, to);
        start += (size_t)got;
    }
}

static FILE *
open_of(pid_t pid, const char *what)
{
    char path[64];
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
    file = fopen(path, "re");
    if (file == NULL)
        err(2, "%s", path);
    return file;
}

static void
dump_process(const char *folder, pid_t pid)
{
    char line[4096], program[32] = "", path[4096];
    FILE *comm = open_of(pid, "comm"), *maps = open_of(pid, "maps"), *memory = open_of(pid, "mem");

    if (fgets(program, sizeof(program), comm) != NULL)
        program[strcspn(program, "\n")] = '\0';
    (void)snprintf(path, sizeof(path), "%s/%s.%d", folder, program, pid);
    FILE *to = fopen(path, "we");
    if (to == NULL)
        err(2, "%s", path);
    while (fgets(line, sizeof(line), maps) != NULL) {
        char *end;
        unsigned long start = strtoul(line, &end, 16);

        if (is_of_interest(line))
            copy_range(fileno(memory), to, start, strtoul(end + 1, NULL, 16));
    }
    if (fclose(to) != 0)
        err(2, "%s", path);
    fclose(memory);
    fclose(maps);
    fclose(comm);
}

static void __attribute__((noreturn)) run(char **command)
{
    /* Until the tracer has come. */
    (void)raise(SIGSTOP);
    execvp(command[0], command);
    err(127, "%s", command[0]);
}

/* Returns the status of the command itself. */
static int
trace_all(const char *folder, pid_t command)
{
    int status, result = 1;
    pid_t pid;

    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        int event = WIFSTOPPED(status) ? status >> 16 : 0;
        int number = WIFSTOPPED(status) && event == 0 ? WSTOPSIG(status) : 0;

        if (pid == command && WIFEXITED(status))
            result = WEXITSTATUS(status);
        if (!WIFSTOPPED(status))
            continue;
        if (event == PTRACE_EVENT_EXIT)
            dump_process(folder, pid);
        (void)ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)(number == SIGSTOP ? 0 : number));
    }
    return result;
}

static int
dump(const char *folder, char **command)
{
    const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                         PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;
    int status;
    pid_t pid = fork();

    if (pid < 0)
        err(2, "fork");
    if (pid == 0)
        run(command);
    if (waitpid(pid, &status, WUNTRACED) != pid ||
        ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) != 0)
        err(2, "ptrace");
    (void)kill(pid, SIGCONT);
    return trace_all(folder, pid);
}

struct text {
    char *data;
    size_t len;
};

static struct text
map_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        err(2, "%s", path);
    struct text text = {NULL, (size_t)st.st_size};
    text.data = mmap(NULL, text.len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text.data == MAP_FAILED)
        err(2, "%s", path);
    close(fd);
    return text;
}

static void
reverse(char *data, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        char c = data[i];
        data[i] = data[len - 1 - i];
        data[len - 1 - i] = c;
    }
}

/* How many chunks of the pattern are there. */
static unsigned
find_chunks(const struct text *in, const char *where, const char *name, const char *pattern,
            size_t len)
{
    unsigned found = 0;

    for (size_t at = 0; at + CHUNK <= len; at += CHUNK) {
        const char *hit = memmem(in->data, in->len, pattern + at, CHUNK);

        if (hit == NULL)
            continue;
        if (found++ < SHOWN_MAX)
            printf("found %s, from its byte %zu, in %s at %zu\n", name, at, where,
                   (size_t)(hit - in->data));
    }
    return found;
}

static unsigned
search_one(const struct text *in, const char *where, const char *argument)
{
    char name[64], backwards[80], pattern[PATTERN_MAX];
    const char *path = strchr(argument, '=');

    if (path == NULL || (size_t)(path - argument) >= sizeof(name))
        errx(2, "%s is not NAME=FILE", argument);
    (void)snprintf(name, sizeof(name), "%.*s", (int)(path - argument), argument);
    (void)snprintf(backwards, sizeof(backwards), "%s backwards", name);
    struct text file = map_file(path + 1);
    if (file.len > sizeof(pattern) || file.len < CHUNK)
        errx(2, "%s is too long or too short", path + 1);
    memcpy(pattern, file.data, file.len);
    unsigned found = find_chunks(in, where, name, pattern, file.len);
    reverse(pattern, file.len);
    found += find_chunks(in, where, backwards, pattern, file.len);
    munmap(file.data, file.len);
    return found;
}

static int
search(const char *folder, char **patterns)
{
    DIR *list = opendir(folder);
    const struct dirent *entry;
    size_t bytes = 0, files = 0;
    unsigned found = 0;

    if (list == NULL || chdir(folder) != 0)
        err(2, "%s", folder);
    while ((entry = readdir(list)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        struct text in = map_file(entry->d_name);
        for (char **pattern = patterns; *pattern != NULL; pattern++)
            found += search_one(&in, entry->d_name, *pattern);
        files++;
        bytes += in.len;
        munmap(in.data, in.len);
    }
    closedir(list);
    printf("%zu processes, %zu KiB, %u finds\n", files, bytes / 1024, found);
    return found == 0 && files > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "dump") == 0)
        return dump(argv[2], argv + 3);
    if (argc >= 4 && strcmp(argv[1], "search") == 0)
        return search(argv[2], argv + 3);
    errx(2, "usage: memory dump FOLDER COMMAND... | memory search FOLDER NAME=FILE...");
}
