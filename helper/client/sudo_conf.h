/*
 * Edits of the text of sudo.conf(5) that leave everything else in it as it is, and can be undone:
 * a `Path askpass` line with a mark of ours above it.
 */
#ifndef HELPER_SUDO_CONF_H
#define HELPER_SUDO_CONF_H

#include "common/base/error.h"
#include "common/base/secret.h"

/* Appends to `ret` the text with the line; unchanged where it is there. The text has no NUL; `file`
 * is how messages name it. 0, TS_ERR_CONFIG where there is another such line, or TS_ERR_NOMEM. */
int sudo_conf_add(const struct ts_secret *text, const char *file, const char *line,
                  struct ts_secret *ret, struct ts_err *err);

/* The text without the line that has the mark above it; one without a mark is not ours to take. 0
 * or TS_ERR_NOMEM. */
int sudo_conf_remove(const struct ts_secret *text, const char *line, struct ts_secret *ret,
                     struct ts_err *err);

#endif
