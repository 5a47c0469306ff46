/*
 * key_command: the user's shell command that prints the API key. It runs in the home folder, so
 * that nothing in the folder that somebody calls git in can have a part in it.
 *
 * It may ask on the terminal. Where this process is in the terminal's foreground, the command stays
 * in its process group: then it may read, and ^C and ^Z reach it and its callers alike. The
 * terminal gets its settings back however the command ends, and where a signal ends this process,
 * too.
 */
#ifndef TS_KEY_COMMAND_H
#define TS_KEY_COMMAND_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/config/request.h"
#include "common/process/spawn.h"

/* At most one at a time in a process. */
struct ts_key_command {
    struct ts_child child;
};

#define TS_KEY_COMMAND_INIT ((struct ts_key_command){.child = TS_CHILD_INIT})

/* Starts the request's key_command with its output going to `stdout_fd`, which stays the caller's.
 * Returns as ts_spawn_start. */
int ts_key_command_start(const struct ts_request *request, int stdout_fd,
                         struct ts_key_command *ret, struct ts_err *err);

/*
 * Waits until it ends, or kills it at `deadline_ms` (CLOCK_BOOTTIME); *command is reset in every
 * case. Returns 0 where it succeeded, or where it died of SIGPIPE because its reader had read
 * enough; else TS_ERR_KEY, or TS_ERR_SYSTEM.
 */
int ts_key_command_finish(struct ts_key_command *command, int64_t deadline_ms, struct ts_err *err);

/* Kills it, where it was not waited for. For TS_CLEANUP. */
void ts_key_command_release(struct ts_key_command *command);

#endif
