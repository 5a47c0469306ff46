#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/scratch.h"
#include "helper/command/run.h"

#define FILE_NAME "token"

static const struct ts_scratch_kind scratch_kind = {"run-", FILE_NAME};

struct run {
    struct helper *helper;
    struct ts_scratch scratch;
    pid_t command;
    pid_t renewal; /* or 0 */
    sigset_t before;
};

static void
run_release(struct run *run)
{
    ts_scratch_release(&run->scratch);
}

static int
make_folder(struct run *run, struct ts_err *err)
{
    const char *cache = run->helper->config.cache_dir;

    if (cache == NULL || !ts_file_make_folder(cache))
        return ts_err_set(err, TS_ERR_OUTPUT,
                          "there is no folder for the file: set "
                          "XDG_RUNTIME_DIR or THRIVESTACK_CACHE_DIR");
    return ts_scratch_make(&scratch_kind, cache, &run->scratch, err);
}

static int
write_token(const struct run *run, const struct ts_secret *token, struct ts_err *err)
{
    const struct ts_file_place place = {
        .folder = run->scratch.fd, .name = FILE_NAME, .shown = run->scratch.folder, .mode = 0600};

    return ts_file_replace(&place, token, err) < 0 ? ts_err_recode(err, TS_ERR_OUTPUT) : 0;
}

/* In a child: what is cached is good until a while before its end, so this seldom asks anybody. */
static void
renew(struct run *run)
{
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    struct ts_err err = {.code = 0};

    (void)sigprocmask(SIG_SETMASK, &run->before, NULL);
    if (run_get_token(run->helper, &found, &err) < 0 ||
        write_token(run, &found.grant.token, &err) < 0)
        output_error(&err);
}

static void
start_renewal(struct run *run)
{
    if (run->renewal != 0)
        return;
    run->renewal = fork();
    if (run->renewal < 0)
        run->renewal = 0;
    else if (run->renewal == 0) {
        renew(run);
        _exit(0);
    }
}

/* Reaps both children; true, with *ret_status, once the command has ended. */
static bool
reap(struct run *run, int *ret_status)
{
    int status = 0;

    if (run->renewal != 0 && waitpid(run->renewal, &status, WNOHANG) == run->renewal)
        run->renewal = 0;
    return waitpid(run->command, ret_status, WNOHANG) == run->command;
}

/* The terminal sends its signals to the whole group, the command included; others go to this
 * process alone. */
static void
pass_on(const struct run *run, const siginfo_t *info)
{
    if (info->si_signo != SIGCHLD && info->si_code <= 0 && info->si_pid != run->command)
        (void)kill(run->command, info->si_signo);
}

static int
wait_for(struct run *run, const sigset_t *signals, int64_t step_ms)
{
    int64_t due = ts_clock_boot_ms() + step_ms;
    siginfo_t info;
    int status = 0;

    while (!reap(run, &status)) {
        int64_t left = due - ts_clock_boot_ms();

        if (left <= 0) {
            start_renewal(run);
            due = ts_clock_boot_ms() + step_ms;
            continue;
        }
        /* At most a minute, so that a machine that has slept renews soon. */
        const struct timespec pause = {(time_t)(left / 1000), (long)(left % 1000) * 1000000};
        if (sigtimedwait(signals, &info, &pause) > 0)
            pass_on(run, &info);
    }
    if (run->renewal != 0) {
        (void)kill(run->renewal, SIGKILL);
        (void)waitpid(run->renewal, NULL, 0);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Those that a caller may send. Stopping is left to the terminal and to each process. */
static void
choose_signals(sigset_t *ret)
{
    static const int others[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGSEGV, SIGBUS,
                                 SIGFPE,  SIGILL,  SIGABRT, SIGTRAP, SIGSYS};

    (void)sigfillset(ret);
    for (size_t i = 0; i < TS_ARRAY_LEN(others); i++)
        (void)sigdelset(ret, others[i]);
}

/* At least twelve times in a token's life, and at least once a minute. */
static int64_t
find_step_ms(const struct client_answer *found)
{
    int64_t step = (found->expires_at - ts_clock_wall()) / 12;

    return (step < 1 ? 1 : step > 60 ? 60 : step) * 1000;
}

static int
start(struct run *run, const sigset_t *signals, struct ts_err *err)
{
    char path[4096];

    if (snprintf(path, sizeof(path), "%s/" FILE_NAME, run->scratch.folder) >= (int)sizeof(path))
        return ts_err_set(err, TS_ERR_OUTPUT, "%.300s is too long", run->scratch.folder);
    (void)signal(SIGCHLD, SIG_DFL);
    (void)sigprocmask(SIG_BLOCK, signals, &run->before);
    run->command = fork();
    if (run->command < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot start a process");
    if (run->command == 0) {
        (void)sigprocmask(SIG_SETMASK, &run->before, NULL);
        _exit(run_become(run->helper, run->helper->options.file, path));
    }
    return 0;
}

int
run_with_file(struct helper *helper, const struct client_answer *found, int *ret_code,
              struct ts_err *err)
{
    TS_CLEANUP(run_release) struct run run = {.helper = helper, .scratch = TS_SCRATCH_INIT};
    sigset_t signals;
    int rc = make_folder(&run, err);

    choose_signals(&signals);
    if (rc == 0)
        rc = write_token(&run, &found->grant.token, err);
    if (rc == 0)
        rc = start(&run, &signals, err);
    if (rc == 0)
        *ret_code = wait_for(&run, &signals, find_step_ms(found));
    return rc;
}
