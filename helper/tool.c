#include "helper/tool.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/path.h"
#include "common/process/spawn.h"

#define TOOL_DEADLINE_MS 10000

static bool
is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

int
tool_find(const char *name, char **ret, struct ts_err *err)
{
    const char *variable = secure_getenv("PATH");

    for (const char *at = variable; at != NULL && *at != '\0';) {
        size_t len = strcspn(at, ":");
        TS_CLEANUP(ts_string_free) char *folder = strndup(at, len);
        TS_CLEANUP(ts_string_free) char *path = NULL;

        if (folder == NULL || ts_path_join(folder, name, &path, err) < 0)
            return ts_err_nomem(err);
        if (path[0] == '/' && is_program(path)) {
            *ret = TS_TAKE(path);
            return 0;
        }
        at += len + (at[len] == ':');
    }
    return ts_err_set(err, TS_ERR_NOT_FOUND, "%s is not in PATH", name);
}

int
tool_find_server(const char *name, char **ret, struct ts_err *err)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/local/sbin"};
    int rc = tool_find(name, ret, err);

    for (size_t i = 0; i < TS_ARRAY_LEN(folders) && rc == TS_ERR_NOT_FOUND; i++) {
        TS_CLEANUP(ts_string_free) char *path = NULL;
        int joined = ts_path_join(folders[i], name, &path, err);

        if (joined < 0)
            return joined;
        if (access(path, X_OK) == 0) {
            *ret = TS_TAKE(path);
            rc = 0;
        }
    }
    return rc;
}

const char *
tool_home(void)
{
    const char *home = secure_getenv("HOME");

    if (home == NULL || home[0] != '/') {
        const struct passwd *entry = getpwuid(geteuid());
        home = entry != NULL ? entry->pw_dir : NULL;
    }
    return home != NULL && home[0] == '/' ? home : NULL;
}

int
tool_variable_path(const char *variable, const char *name, char **ret, struct ts_err *err)
{
    const char *folder = secure_getenv(variable);

    if (folder == NULL || folder[0] != '/')
        return ts_err_set(err, TS_ERR_NOT_FOUND, "%s is not set", variable);
    return ts_path_join(folder, name, ret, err);
}

int
tool_run(const struct tool_call *call, struct ts_secret *output, int *ret_exit, struct ts_err *err)
{
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    const struct ts_spawn spec = {
        .path = call->path,
        .argv = call->argv,
        .envp = (const char *const *)environ,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = call->show_errors ? STDERR_FILENO : -1,
        .extra_fd = -1,
    };
    int status = 0;

    int rc = ts_spawn_exchange(&spec, &nothing, output, ts_clock_boot_ms() + TOOL_DEADLINE_MS,
                               &status, err);
    if (rc < 0)
        return ts_err_prefix(err, "%s", call->path);
    *ret_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return 0;
}
