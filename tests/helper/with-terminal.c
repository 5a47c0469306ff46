/*
 * Runs a command on a terminal of its own, as a shell's foreground job is, and types:
 *     with-terminal [WAIT_FOR TYPED]... -- COMMAND [ARGUMENT]...
 * When WAIT_FOR has been printed, behind what was waited for before, TYPED is typed, in which ^C
 * and ^D stand for those keys and the end for Return. What the terminal shows goes to standard
 * output. Exits as the command does, 128 and the number where a signal ended it, or 125 where a
 * text does not come in 20 seconds, or not before the command's end.
 */
#include <err.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static char screen[65536];
static size_t screen_len;

/* Adds what is shown; false at the end. */
static int
read_more(int terminal)
{
    struct pollfd ready = {.fd = terminal, .events = POLLIN};

    if (screen_len >= sizeof(screen) - 1 || poll(&ready, 1, PATIENCE_MS) <= 0)
        return 0;
    ssize_t got = read(terminal, screen + screen_len, sizeof(screen) - 1 - screen_len);
    if (got <= 0)
        return 0;
    (void)!write(STDOUT_FILENO, screen + screen_len, (size_t)got);
    screen_len += (size_t)got;
    return 1;
}

static void
type(int terminal, const char *text)
{
    const char *typed = strcmp(text, "^C") == 0 ? "\003" : strcmp(text, "^D") == 0 ? "\004" : text;

    if (write(terminal, typed, strlen(typed)) < 0 ||
        (typed == text && write(terminal, "\n", 1) < 0))
        err(125, "the terminal");
}

int
main(int argc, char **argv)
{
    int terminal;
    int status;
    int command = 1;
    const char *from = screen;

    while (command < argc && strcmp(argv[command], "--") != 0)
        command += 2;
    if (++command >= argc)
        errx(125, "usage: with-terminal [WAIT_FOR TYPED]... -- COMMAND [ARGUMENT]...");
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    if (pid < 0)
        err(125, "forkpty");
    if (pid == 0) {
        execvp(argv[command], argv + command);
        err(126, "%s", argv[command]);
    }
    for (int i = 1; i < command - 1; i += 2) {
        const char *found;

        while ((found = strstr(from, argv[i])) == NULL)
            if (!read_more(terminal)) {
                (void)kill(pid, SIGKILL);
                errx(125, "'%s' does not come", argv[i]);
            }
        from = found + strlen(argv[i]);
        type(terminal, argv[i + 1]);
    }
    while (read_more(terminal))
        ;
    if (waitpid(pid, &status, 0) != pid)
        err(125, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
