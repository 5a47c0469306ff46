/* What `sshd -T` prints (one setting a line, its name in lower case), and sshd_config(5) itself. */
#ifndef HELPER_SSHD_CONFIG_H
#define HELPER_SSHD_CONFIG_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

/* Whether a line of `sshd -T` is there; `line` ends in its newline. */
bool sshd_config_says(const struct ts_secret *output, const char *line);

/* Whether AuthenticationMethods in the output of `sshd -T` allow a method in one of their lists. */
bool sshd_config_allows(const struct ts_secret *output, const char *method);

/* Adds the users that `Match User` names in a file of sshd_config(5), without patterns, each once.
 * 0 or TS_ERR_NOMEM. */
int sshd_config_match_users(const struct ts_secret *text, struct ts_list *ret, struct ts_err *err);

#endif
