/*
 * Files that decide who gets in: opened by walking from "/" one folder at a time, each folder held
 * by a descriptor and checked by fstat, so that nothing can be exchanged between check and use.
 *
 * Every folder and the file itself must belong to root (or the one other owner allowed) and be
 * writable by nobody else. A sticky folder may be writable by others, since they can neither rename
 * nor remove what is not theirs in it. A symbolic link is followed only where the link itself
 * passes as a file would and lies in a folder that others cannot write to; where it leads is walked
 * and checked in the same way.
 */
#ifndef TS_TRUSTED_PATH_H
#define TS_TRUSTED_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define TS_TRUSTED_LINKS_MAX 8 /* symbolic links on one way */

/* A folder that was reached by such a walk. */
struct ts_trusted_folder {
    int fd;      /* O_PATH */
    bool shared; /* sticky and writable by others */
    char *name;  /* for messages */
    uid_t owner; /* whose files pass beside root's; 0: nobody's */
};

#define TS_TRUSTED_FOLDER_INIT ((struct ts_trusted_folder){.fd = -1})

/*
 * Walks to the folder that holds the file `path`, which is absolute, has no `..` and does not end
 * in a slash. On success *ret is the caller's to release and *ret_file points to the file's own
 * name within `path`. Returns 0; TS_ERR_UNSAFE (the text names the chmod or chown that fixes it),
 * TS_ERR_NOT_FOUND, TS_ERR_SYNTAX (the path, or a thing on the way that is neither folder nor link,
 * or cannot be reached) or TS_ERR_NOMEM.
 */
int ts_trusted_folder_open(const char *path, uid_t owner, struct ts_trusted_folder *ret,
                           const char **ret_file, struct ts_err *err);
/* Walks on from a folder to one below it, `name` being relative and neither `.` nor with `..`.
 * Returns as ts_trusted_folder_open. */
int ts_trusted_folder_enter(const struct ts_trusted_folder *from, const char *name,
                            struct ts_trusted_folder *ret, struct ts_err *err);
void ts_trusted_folder_release(struct ts_trusted_folder *folder);

/*
 * Appends the contents of a file to `ret`. `path` is absolute, or relative to the folder; it has no
 * `..` and does not end in a slash. Returns as ts_trusted_folder_open, and TS_ERR_TOO_LARGE.
 */
int ts_trusted_read(const struct ts_trusted_folder *folder, const char *path, struct ts_secret *ret,
                    struct ts_err *err);

#endif
