/*
 * A file is trusted through its descriptor: opened first (never blocking on a FIFO), checked by
 * fstat, then read up to a cap. What may be trusted is a parameter, owner included, so that tests
 * run the same checks as everyone else.
 */
#ifndef TS_FILE_H
#define TS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/base/secret.h"

struct ts_file_rules {
    uid_t owner; /* whose file it may be, beside root's */
    /* Who root is in here, 0 where nobody else is: see userns.h. Asked where it matters; or NULL.
     */
    uid_t (*root_owner)(void);
    mode_t forbidden;    /* permission bits that may not be set, e.g. 022 or 077 */
    mode_t root_allowed; /* bits of `forbidden` that are all right on a file of root's */
    bool follow_symlink; /* follow a symlink in the last component, and check its target */
    const char *home;    /* HOME, or NULL: for the message to root who goes by another user's */
};

/*
 * Opens `path` (relative to `dirfd`, AT_FDCWD allowed) for reading and checks it. `name` is how
 * messages call it. On success *ret_fd is the caller's to close and *ret_stat (may be NULL) has
 * of it. Returns TS_ERR_NOT_FOUND (missing, or a folder on the way is), TS_ERR_UNSAFE (owner, mode;
 * the text names the fix, such as a chmod), or TS_ERR_SYNTAX (not a regular file, or
 * unreadable).
 */
int ts_file_open(int dirfd, const char *path, const char *name, const struct ts_file_rules *rules,
                 int *ret_fd, struct stat *ret_stat, struct ts_err *err);

/* The check alone, on a descriptor that is open already. Returns as ts_file_open. */
int ts_file_check(int fd, const char *name, const struct ts_file_rules *rules,
                  struct stat *ret_stat, struct ts_err *err);

/* Owner and mode alone, of a file or a folder. Returns 0 or TS_ERR_UNSAFE. */
int ts_file_check_stat(const struct stat *st, const char *name, const struct ts_file_rules *rules,
                       struct ts_err *err);

/* ts_file_open, then all of the file appended to `ret`. Also returns TS_ERR_TOO_LARGE (at once,
 * where the size already says so), TS_ERR_NOMEM. */
int ts_file_read(int dirfd, const char *path, const char *name, const struct ts_file_rules *rules,
                 struct ts_secret *ret, struct ts_err *err);

/* What ts_secret_read_fd returned, as an error with its text: 0, TS_ERR_TOO_LARGE, TS_ERR_NOMEM or
 * TS_ERR_SYNTAX. `max` is the largest size. */
int ts_file_report_read(int rc, const char *name, size_t max, struct ts_err *err);

/*
 * Writes a file in place of what has its name, whole or not at all: under another name beside it,
 * forced to the disk, then renamed. On failure nothing is left of it. Returns 0, TS_ERR_UNSAFE
 * where the folder may not be written to, or TS_ERR_SYSTEM.
 */
struct ts_file_place {
    int folder;
    const char *name;  /* in that folder */
    const char *shown; /* how messages call the file */
    mode_t mode;
    const struct stat *owner; /* whose user and group it gets; NULL: the caller's */
};
int ts_file_replace(const struct ts_file_place *place, const struct ts_secret *text,
                    struct ts_err *err);

/* Refuses where the user is root and `path`, or the nearest folder above it that exists, is another
 * user's: root's file there would shut that user out. Returns 0, TS_ERR_CONFIG or TS_ERR_NOMEM. */
int ts_file_check_writer(const char *path, struct ts_err *err);

/* Makes a folder, and those above it that are missing, for the user alone. False, with errno set,
 * where there is none afterwards. */
bool ts_file_make_folder(const char *path);

#endif
