/*
 * Times whole programs against each other. Each line of stdin describes one:
 *
 *     LABEL <TAB> FILE-FOR-STDIN or - <TAB> PROGRAM <TAB> ARGUMENT <TAB> ...
 *
 * They run in turn, RUNS rounds of all of them, so that whatever else the machine does hits them
 * alike. Prints LABEL and median wall time in microseconds, separated by a tab. A program that
 * fails ends the measurement: a fast failure is no result.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAMS_MAX 16
#define ARGS_MAX 32
#define RUNS_MAX 2000

struct program {
    char line[2048];
    char *args[ARGS_MAX + 1];
    const char *input;
    int64_t us[RUNS_MAX];
};

static struct program programs[PROGRAMS_MAX];
static size_t programs_len;

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
read_program(struct program *program)
{
    size_t count = 0;

    if (fgets(program->line, sizeof(program->line), stdin) == NULL)
        return 0;
    program->line[strcspn(program->line, "\n")] = '\0';
    for (char *rest = program->line, *word; (word = strsep(&rest, "\t")) != NULL; count++) {
        if (count == 1)
            program->input = strcmp(word, "-") == 0 ? "/dev/null" : word;
        else if (count >= 2 && count - 2 < ARGS_MAX)
            program->args[count - 2] = word;
    }
    return count >= 3;
}

static void
run_once(struct program *program, size_t round)
{
    posix_spawn_file_actions_t actions;
    int status;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, program->input, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    int64_t start = now_us();
    int rc = posix_spawn(&pid, program->args[0], &actions, NULL, program->args, environ);
    if (rc != 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "spawn-times: %s failed (%s, status %d)\n", program->line, strerror(rc),
                rc == 0 ? status : -1);
        exit(1);
    }
    program->us[round] = now_us() - start;
    posix_spawn_file_actions_destroy(&actions);
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
    size_t runs = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

    if (runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: spawn-times RUNS < programs\n");
        return 64;
    }
    while (programs_len < PROGRAMS_MAX && read_program(&programs[programs_len]))
        programs_len++;
    for (size_t round = 0; round < runs; round++)
        for (size_t i = 0; i < programs_len; i++)
            run_once(&programs[i], round);
    for (size_t i = 0; i < programs_len; i++) {
        qsort(programs[i].us, runs, sizeof(programs[i].us[0]), compare);
        printf("%s\t%lld\n", programs[i].line, (long long)programs[i].us[runs / 2]);
    }
    return programs_len > 0 ? 0 : 64;
}
