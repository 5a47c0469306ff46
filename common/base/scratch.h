/*
 * A private folder for one file with a secret, which is not to outlive its process:
 *
 *     CACHE/run-1a2b3c4d-Xy4fQ2/token
 *
 * The process holds a lock on the folder, and its name begins with the boot that the process runs
 * in. What a killed process has left is removed by the next one of the same kind: that of the same
 * boot when the lock is free, that of another boot, whose locks a network file system need not show
 * here, once the folder has not changed for a day.
 */
#ifndef TS_SCRATCH_H
#define TS_SCRATCH_H

#include "common/base/error.h"

struct ts_scratch_kind {
    const char *prefix; /* of the folder's name: "run-" */
    const char *file;   /* "token"; with it go NAME.lock and the drafts of ts_file_replace */
};

struct ts_scratch {
    const struct ts_scratch_kind *kind;
    char *folder; /* absolute where the parent is; NULL: none */
    int fd;       /* of the folder, which is locked */
};

#define TS_SCRATCH_INIT ((struct ts_scratch){NULL, NULL, -1})

/* Removes what was left in `parent`, and makes a folder there. 0, TS_ERR_OUTPUT or TS_ERR_NOMEM.
 * *ret, initialised by the caller, is released in every case. `kind` outlives it. */
int ts_scratch_make(const struct ts_scratch_kind *kind, const char *parent, struct ts_scratch *ret,
                    struct ts_err *err);

/* Removes the file and the folder. Where something else is in the folder, that stays, and the
 * folder with it. */
void ts_scratch_release(struct ts_scratch *scratch);

#endif
