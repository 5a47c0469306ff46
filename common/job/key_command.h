/* key_command: the user's shell command that prints the API key. */
#ifndef TS_KEY_COMMAND_H
#define TS_KEY_COMMAND_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/config/request.h"
#include "common/process/spawn.h"

/* Starts the request's key_command with its output going to `stdout_fd`, which stays the caller's.
 * Returns as ts_spawn_start. */
int ts_key_command_start(const struct ts_request *request, int stdout_fd, struct ts_child *ret,
                         struct ts_err *err);

/*
 * Waits until it ends, or kills it at `deadline_ms` (CLOCK_BOOTTIME); *command is reset in every
 * case. Returns 0 where it succeeded, or where it died of SIGPIPE because its reader had read
 * enough; else TS_ERR_KEY, or TS_ERR_SYSTEM.
 */
int ts_key_command_finish(struct ts_child *command, int64_t deadline_ms, struct ts_err *err);

#endif
