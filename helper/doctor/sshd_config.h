/* What `sshd -T` prints: one setting a line, its name in lower case. */
#ifndef HELPER_SSHD_CONFIG_H
#define HELPER_SSHD_CONFIG_H

#include <stdbool.h>

#include "common/base/secret.h"

/* Whether a line is there; `line` ends in its newline. */
bool sshd_config_says(const struct ts_secret *output, const char *line);

#endif
