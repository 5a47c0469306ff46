/*
 * The file in which a session finds its token: RUNDIR/thrivestack/UID/session-HEX, both folders
 * root's and 0711, so that nobody but root can make, rename or link anything there.
 *
 * The file is root's as well, and a POSIX ACL lets its user read it. A file of the user's own on
 * RUNDIR, which is a small file system in memory, would let that user fill it for the whole host.
 * Where RUNDIR's file system has no ACLs there is no file. Its mtime is the time at which the token
 * expires.
 */
#ifndef PAM_TOKEN_FILE_H
#define PAM_TOKEN_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "build-config.h"
#include "common/base/error.h"
#include "common/base/secret.h"

#define TS_TOKEN_FILE_VARIABLE "THRIVESTACK_TOKEN_FILE"
#define TS_TOKEN_FILE_PATH_MAX (sizeof(TS_RUNDIR) + 80)

/* Files of one user that there may be at once; beyond, a login gets none. */
#define TS_TOKEN_FILES_MAX 1024

/* Whether a path is one that ts_token_file_create gives for this user. Checks the text only. */
bool ts_token_file_is_path(const char *path, uid_t uid);

/* Writes the file for this user to read, and removes files of this user that crashes left behind.
 * On success *ret_path names it. Returns TS_ERR_NOMEM, TS_ERR_NOT_FOUND, TS_ERR_UNSAFE,
 * TS_ERR_TOO_LARGE or TS_ERR_SYSTEM, and then there is no file. */
int ts_token_file_create(uid_t uid, const struct ts_secret *token, int64_t expires,
                         char ret_path[TS_TOKEN_FILE_PATH_MAX], struct ts_err *err);

/* Removes the file. One that is not there is no error. */
int ts_token_file_remove(const char *path, uid_t uid, struct ts_err *err);

#endif
