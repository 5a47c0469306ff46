/*
 * A client's configuration file as `setup` changes it: read whole, kept as a backup beside itself
 * (FILE.thrivestack-backup, made once and never overwritten, and removed when `--remove` has taken
 * the last of ours out), replaced by rename.
 */
#ifndef HELPER_SETUP_FILE_H
#define HELPER_SETUP_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define SETUP_FILE_MAX ((size_t)1024 * 1024)

/* What is known about files of one kind. */
struct setup_kind {
    /* Whether nothing is left in a file that `setup` made. */
    bool (*is_empty)(const struct ts_secret *text);
    /* Whether anything that `setup` wrote is in the file. */
    bool (*has_ours)(const struct ts_secret *text);
    /* The suffix of the name under which a new version is written. `.lock` is how git keeps another
     * git away; NULL: one that only `setup` uses, so that a file left by a crash is replaced. */
    const char *lock;
    /* The whole file is ours: no backup, and an empty text removes the file. */
    bool owned;
    mode_t mode; /* of a new file; 0: 0600 */
    /* Its folder is the system's and stays, empty or not. */
    bool keeps_folder;
};

struct setup_file {
    const struct setup_kind *kind;
    char *name; /* as messages name it */
    char *path; /* where it really is: symbolic links on the way are followed */
    char *backup_path;
    bool exists;
    bool has_backup;
    struct stat st;
    struct ts_secret text; /* its contents, or empty */
    struct ts_secret backup;
};

#define SETUP_FILE_INIT                                                                            \
    ((struct setup_file){.text = TS_SECRET_INIT(SETUP_FILE_MAX),                                   \
                         .backup = TS_SECRET_INIT(SETUP_FILE_MAX)})

void setup_file_release(struct setup_file *file);

/* Reads a file, which may be missing, and its backup. `kind` may be NULL for one that is only
 * read. Returns 0, TS_ERR_CONFIG or TS_ERR_NOMEM. */
int setup_file_read(const char *path, const struct setup_kind *kind, struct setup_file *ret,
                    struct ts_err *err);

/* Whether this user should write there: TS_ERR_CONFIG where the home folder is missing, and for
 * root in a folder of somebody else, who could not write to a file of root's afterwards. */
int setup_file_check_folder(const struct setup_file *file, struct ts_err *err);

/* Makes the backup, with the file's own mode and access control list, of a file that setup has not
 * changed yet. An empty one says that there was no file; an empty file needs none. */
int setup_file_back_up(const struct setup_file *file, struct ts_err *err);

/* Puts `text` in the file's place, with its mode, owner and access control list (a new file: its
 * kind's), its folder made where missing. Refused where the file has changed since it was read. */
int setup_file_replace(const struct setup_file *file, const struct ts_secret *text,
                       struct ts_err *err);

/* After a removal: where no change of setup is left in the file, its backup is removed, because it
 * may hold a password that the file no longer holds. If the backup says that there was no file and
 * nothing is in it now, the file is removed, too, and its folder where nothing else is in that. */
int setup_file_tidy(const struct setup_file *file, struct ts_err *err);

/* Nothing but white space. */
bool setup_file_is_blank(const struct ts_secret *text);

/* Whether two texts differ in nothing but newlines at their end. */
bool setup_file_same_lines(const struct ts_secret *a, const struct ts_secret *b);

#endif
