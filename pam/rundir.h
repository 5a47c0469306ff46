/*
 * Folders of the module's own under RUNDIR/thrivestack, all of them root's. They are reached folder
 * by folder through descriptors, never through a symlink, and one that somebody else could write to
 * is refused. All of this needs effective uid 0.
 */
#ifndef PAM_RUNDIR_H
#define PAM_RUNDIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/base/error.h"

struct ts_rundir_folder {
    const char *name; /* one component */
    mode_t mode;      /* exactly; corrected where a crash or a umask left another */
};

/*
 * Opens RUNDIR/thrivestack/NAME[/NAME...], making what is missing where `create` says so. `folders`
 * ends with a NULL name. *ret_fd is the caller's. Returns 0, TS_ERR_NOT_FOUND, TS_ERR_UNSAFE or
 * TS_ERR_SYSTEM.
 */
int ts_rundir_open(const struct ts_rundir_folder *folders, bool create, int *ret_fd,
                   struct ts_err *err);

/* Seconds on both clocks: the one that can be set, and the one that nobody can. */
struct ts_rundir_now {
    int64_t wall; /* Unix seconds; 0 where it cannot be read */
    int64_t boot; /* CLOCK_BOOTTIME; -1 where it cannot be read */
};

struct ts_rundir_now ts_rundir_now(void);

/* Whether the file `name` in the folder may go. */
typedef bool ts_rundir_is_over(int folder, const char *name, const struct stat *st,
                               const struct ts_rundir_now *now);

/* Removes from the folder `fd` every file that is over, and counts what stays. TS_ERR_NOMEM or
 * TS_ERR_SYSTEM. */
int ts_rundir_prune(int fd, ts_rundir_is_over *is_over, const struct ts_rundir_now *now,
                    size_t *ret_count, struct ts_err *err);

/* Length of ts_rundir_random_name's result, without the final NUL. */
#define TS_RANDOM_NAME_LEN 32

/* Lower-case hex digits of 128 random bits. Returns 0 or TS_ERR_SYSTEM. */
int ts_rundir_random_name(char ret[TS_RANDOM_NAME_LEN + 1], struct ts_err *err);

/* Whether a text is `len` lower-case hex digits and nothing else. */
bool ts_rundir_is_hex(const char *text, size_t len);

#endif
