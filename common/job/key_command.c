#include "common/job/key_command.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/job/worker_call.h"

/* The signals by which a terminal, or whoever shuts down a session, ends this process. */
static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/* What a signal handler needs to know. Without a terminal that is ours, fd is -1. */
static struct {
    int fd;
    struct termios settings;
    struct sigaction before[TS_ARRAY_LEN(endings)];
} terminal = {.fd = -1};

static bool
is_foreground(int fd)
{
    return tcgetpgrp(fd) == getpgrp();
}

/* In the background the settings are another program's, and changing them would stop this one. */
static void
restore_settings(void)
{
    if (is_foreground(terminal.fd))
        (void)tcsetattr(terminal.fd, TCSANOW, &terminal.settings);
}

static void
end_by_signal(int number)
{
    restore_settings();
    (void)kill(getpid(), number);
}

static void
guard_settings(void)
{
    struct sigaction action = {.sa_handler = end_by_signal, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGTTOU);
    for (size_t i = 0; i < TS_ARRAY_LEN(endings); i++)
        if (sigaction(endings[i], NULL, &terminal.before[i]) == 0 &&
            terminal.before[i].sa_handler != SIG_IGN)
            (void)sigaction(endings[i], &action, NULL);
}

/* Returns whether this process may use the terminal, and so the command, too. */
static bool
keep_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (!is_foreground(fd) || tcgetattr(fd, &terminal.settings) != 0) {
        close(fd);
        return false;
    }
    terminal.fd = fd;
    guard_settings();
    return true;
}

static void
release_terminal(void)
{
    sigset_t stop;
    sigset_t before;

    if (terminal.fd < 0)
        return;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    (void)sigprocmask(SIG_BLOCK, &stop, &before);
    restore_settings();
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    for (size_t i = 0; i < TS_ARRAY_LEN(endings); i++)
        (void)sigaction(endings[i], &terminal.before[i], NULL);
    ts_fd_close(&terminal.fd);
}

static const char *
find_home(const char *const *environment)
{
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, "HOME=/", 6) == 0 && access(*environment + 5, X_OK) == 0)
            return *environment + 5;
    return "/";
}

int
ts_key_command_start(const struct ts_request *request, int stdout_fd, struct ts_key_command *ret,
                     struct ts_err *err)
{
    static const char *const no_environment[] = {NULL};
    const char *const argv[] = {"/bin/sh", "-c", request->key.key_command, NULL};
    struct ts_spawn spec = {.path = argv[0],
                            .argv = argv,
                            .envp = no_environment,
                            .stdin_fd = -1,
                            .stdout_fd = stdout_fd,
                            .stderr_fd = STDERR_FILENO,
                            .extra_fd = -1};

    ts_worker_trace(request, "starting key_command");
    if (request->environment != NULL)
        spec.envp = (const char *const *)request->environment;
    spec.folder = find_home(spec.envp);
    spec.share_group = keep_terminal();
    int rc = ts_spawn_start(&spec, &ret->child, err);
    if (rc < 0)
        release_terminal();
    return rc;
}

static int
check_exit(int status, struct ts_err *err)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
        return ts_err_set(err, TS_ERR_KEY, "key_command was ended by signal %d", WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 128 + SIGPIPE)
        return ts_err_set(err, TS_ERR_KEY, "key_command failed with exit status %d",
                          WEXITSTATUS(status));
    return 0;
}

int
ts_key_command_finish(struct ts_key_command *command, int64_t deadline_ms, struct ts_err *err)
{
    struct ts_err ended = {.code = 0};
    int status = 0;
    int rc = ts_child_wait(&command->child, deadline_ms, &status, &ended);

    release_terminal();
    if (rc == TS_ERR_TIMEOUT)
        return ts_err_set(err, TS_ERR_KEY, "key_command did not finish in time: see 'timeout'");
    if (rc < 0) {
        *err = ended;
        return rc;
    }
    return check_exit(status, err);
}

void
ts_key_command_release(struct ts_key_command *command)
{
    ts_child_release(&command->child);
    release_terminal();
}
