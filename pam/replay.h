/*
 * single_use: a token opens one login on this host. One empty file per token, in folders that are
 * root's alone, its mtime the time until which it must be kept, its atime the same on
 * CLOCK_BOOTTIME:
 *
 *     RUNDIR/thrivestack/replay/3f/3f2a...  (64 hex digits of the SHA-256 of header and payload)
 *
 * The file gets its mtime under a name of its own and then its final one by link(2), which fails
 * where that exists. So two processes with one token cannot both succeed, whatever dies when, and
 * no other process ever sees a record without its time. Spread over 256 folders, because each look
 * into one counts and prunes it: the work is bounded, and so is the number of records.
 *
 * A record goes only when both clocks say so. With the wall clock alone, one that jumps ahead by
 * hours and then back would forget tokens that are good still. What no record can help against is a
 * clock that is set back to before a token's expiry once the token has really run out.
 */
#ifndef PAM_REPLAY_H
#define PAM_REPLAY_H

#include <stdint.h>

#include "common/base/error.h"
#include "pam/rundir.h"

#define TS_REPLAY_FOLDER_MAX 256 /* records in one of the 256 folders */

struct ts_replay_entry {
    unsigned char digest[32];
    int64_t keep_until; /* Unix seconds, a day and 180 s from now at the most */
};

/*
 * Records a token. Returns 0 where it is new, TS_ERR_REFUSED where it was there already. Every
 * other result means that nobody can tell and nothing may be accepted: TS_ERR_NOMEM, TS_ERR_UNSAFE,
 * TS_ERR_TOO_LARGE (full), TS_ERR_SYSTEM.
 */
int ts_replay_record(const struct ts_replay_entry *entry, const struct ts_rundir_now *now,
                     struct ts_err *err);

#endif
