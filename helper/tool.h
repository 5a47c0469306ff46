/* Programs of others that `setup` and `doctor` ask: git and sshd. */
#ifndef HELPER_TOOL_H
#define HELPER_TOOL_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define TOOL_OUTPUT_MAX ((size_t)1024 * 1024)

/* The first executable of that name in PATH, of which only absolute folders count; *ret is the
 * caller's to free. Returns 0, TS_ERR_NOT_FOUND or TS_ERR_NOMEM. */
int tool_find(const char *name, char **ret, struct ts_err *err);

/* The same for a server, which may also be in /usr/sbin or /usr/local/sbin: PATH often lacks them.
 */
int tool_find_server(const char *name, char **ret, struct ts_err *err);

/* The user's home folder: HOME, else what the user database says; NULL where there is none. */
const char *tool_home(void);

/* FOLDER/NAME of an environment variable's folder, where that is absolute; else TS_ERR_NOT_FOUND.
 */
int tool_variable_path(const char *variable, const char *name, char **ret, struct ts_err *err);

struct tool_call {
    const char *path;        /* absolute */
    const char *const *argv; /* NULL-terminated, with the name */
    bool show_errors;        /* what it says on standard error goes to ours; else nowhere */
};

/* Runs it in this environment, with an empty standard input, and appends what it prints. Returns 0
 * with *ret_exit set (over 128: by a signal), TS_ERR_TIMEOUT, TS_ERR_TOO_LARGE, TS_ERR_NOMEM or
 * TS_ERR_SYSTEM. */
int tool_run(const struct tool_call *call, struct ts_secret *output, int *ret_exit,
             struct ts_err *err);

#endif
