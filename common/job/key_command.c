#include "common/job/key_command.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/job/worker_call.h"

int
ts_key_command_start(const struct ts_request *request, int stdout_fd, struct ts_child *ret,
                     struct ts_err *err)
{
    static const char *const no_environment[] = {NULL};
    const char *const argv[] = {"/bin/sh", "-c", request->key.key_command, NULL};
    const char *const *environment = (const char *const *)request->environment;
    const struct ts_spawn spec = {.path = argv[0],
                                  .argv = argv,
                                  .envp = environment != NULL ? environment : no_environment,
                                  .stdin_fd = -1,
                                  .stdout_fd = stdout_fd,
                                  .stderr_fd = STDERR_FILENO,
                                  .extra_fd = -1};

    ts_worker_trace(request, "starting key_command");
    return ts_spawn_start(&spec, ret, err);
}

int
ts_key_command_finish(struct ts_child *command, int64_t deadline_ms, struct ts_err *err)
{
    struct ts_err ended = {.code = 0};
    int status = 0;
    int rc = ts_child_wait(command, deadline_ms, &status, &ended);

    if (rc == TS_ERR_TIMEOUT)
        return ts_err_set(err, TS_ERR_KEY, "key_command did not finish in time: see 'timeout'");
    if (rc < 0) {
        *err = ended;
        return rc;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
        return ts_err_set(err, TS_ERR_KEY, "key_command was ended by signal %d", WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 128 + SIGPIPE)
        return ts_err_set(err, TS_ERR_KEY, "key_command failed with exit status %d",
                          WEXITSTATUS(status));
    return 0;
}
