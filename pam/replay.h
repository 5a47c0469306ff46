/*
 * single_use: a token opens one login on this host. One symlink per token, in folders that are
 * root's alone. It leads nowhere: its text is the time until which it must be kept, in seconds on
 * the wall clock and on CLOCK_BOOTTIME:
 *
 *     RUNDIR/thrivestack/replay/KEYID/3/3f2a... -> 1790000000.86400
 *
 * (64 hex digits of the SHA-256 of header and payload). A symlink is made with its text in one
 * step, which fails where the name exists. So two processes with one token cannot both succeed,
 * whatever dies when, no process ever sees a record without its times, and one that is killed
 * leaves nothing half made. Each key has 16 folders of its own, because each use counts and prunes
 * one: the work is bounded, and the holder of a key can use up their own records only.
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

#define TS_REPLAY_FOLDER_MAX 256 /* records in one of a key's 16 folders */

struct ts_replay_entry {
    const char *key_id; /* the caller's; whose token it is, by its signature */
    unsigned char digest[32];
    int64_t keep_until; /* Unix seconds, a day and 180 s from now at the most */
};

/*
 * Records a token. Returns 0 where it is new, TS_ERR_REFUSED where it was there already. Every
 * other result means that it is not known and nothing may be accepted: TS_ERR_NOMEM, TS_ERR_UNSAFE,
 * TS_ERR_TOO_LARGE (this key's records are full), TS_ERR_SYSTEM.
 */
int ts_replay_record(const struct ts_replay_entry *entry, const struct ts_rundir_now *now,
                     struct ts_err *err);

#endif
