/* The parts of `run`: the command with a variable, and with a file. */
#ifndef HELPER_RUN_H
#define HELPER_RUN_H

#include "helper/client/client_request.h"
#include "helper/helper.h"

/* The token of --host, or of the profile. Returns as client_get. */
int run_get_token(struct helper *helper, struct client_answer *ret, struct ts_err *err);

/* Becomes the command, with the variable set. Returns only where that fails: 127 where there is no
 * such program, else 126, with the error reported. */
int run_become(const struct helper *helper, const char *variable, const char *value);

/* Runs the command with the name of a private file in --file's variable. *ret_code is the exit code
 * to end with. Negative where the command was not started. */
int run_with_file(struct helper *helper, const struct client_answer *found, int *ret_code,
                  struct ts_err *err);

#endif
