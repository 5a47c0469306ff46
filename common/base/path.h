/*
 * Paths as they stand in configuration: absolute, `~/...` under the home folder, or relative to a
 * folder that depends on where the path was written.
 */
#ifndef TS_PATH_H
#define TS_PATH_H

#include <stdbool.h>

#include "common/base/error.h"

struct ts_path_base {
    const char *folder; /* absolute; NULL: the working directory */
    const char *home;   /* absolute; NULL: there is none */
};

/* The absolute form of `path`; *ret is the caller's to free, and whatever it held is
 * freed first. Returns 0, TS_ERR_SYNTAX (empty, `~/` without a home, no working directory) or
 * TS_ERR_NOMEM. Nothing is looked up and no symlink or `..` is resolved. */
int ts_path_resolve(const char *path, const struct ts_path_base *base, char **ret,
                    struct ts_err *err);

/* FOLDER/NAME, without doubling a '/' at the end of FOLDER. Returns 0 or TS_ERR_NOMEM. */
int ts_path_join(const char *folder, const char *name, char **ret, struct ts_err *err);

/* Whether `..` is a component of the path. */
bool ts_path_has_parent(const char *path);

/* The folder that an absolute path's last component is in. Returns 0 or TS_ERR_NOMEM. */
int ts_path_folder(const char *path, char **ret, struct ts_err *err);

#endif
