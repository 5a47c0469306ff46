/*
 * A client's configuration file as `setup` changes it: read whole, kept as a backup beside itself
 * (FILE.thrivestack-backup, made once and never overwritten), replaced by rename.
 */
#ifndef HELPER_SETUP_FILE_H
#define HELPER_SETUP_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define SETUP_FILE_MAX ((size_t)1024 * 1024)

struct setup_file {
    char *name; /* as messages name it */
    char *path; /* where it is in truth: symbolic links on the way are followed */
    char *backup_path;
    bool exists;
    bool has_backup;
    struct stat st;
    struct ts_secret text; /* what it holds, or empty */
    struct ts_secret backup;
};

#define SETUP_FILE_INIT                                                                            \
    {                                                                                              \
        .text = TS_SECRET_INIT(SETUP_FILE_MAX), .backup = TS_SECRET_INIT(SETUP_FILE_MAX)           \
    }

void setup_file_release(struct setup_file *file);

/*
 * Reads a file, which may be missing, and its backup. `strict`: for a file of root's, which may be
 * no symbolic link, and writable by root alone. Returns 0, TS_ERR_CONFIG or TS_ERR_NOMEM.
 */
int setup_file_read(const char *path, bool strict, struct setup_file *ret, struct ts_err *err);

/* Makes the backup, with the file's own mode, where there is none; an empty one where there is no
 * file. */
int setup_file_back_up(const struct setup_file *file, struct ts_err *err);

/* Puts `text` in the file's place, mode and owner as they were (a new file: `mode`), its folder
 * made where missing. Refused where the file has changed since it was read. */
int setup_file_replace(const struct setup_file *file, const struct ts_secret *text, mode_t mode,
                       struct ts_err *err);

/* After an undoing: the backup goes where the file holds the same. Where the backup says that there
 * was no file, and nothing but ours was in it (`is_empty`), the file goes, too. */
int setup_file_tidy(const char *path, bool (*is_empty)(const struct ts_secret *text),
                    struct ts_err *err);

/* Nothing but white space. */
bool setup_file_is_blank(const struct ts_secret *text);

/* Whether two texts differ in nothing but newlines at their end. */
bool setup_file_same_lines(const struct ts_secret *a, const struct ts_secret *b);

#endif
