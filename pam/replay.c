#include "pam/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/policy/decide.h"
#include "common/policy/token.h"

#define RECORD_NAME_LEN ((size_t)64)
#define UNTIL_LEN_MAX 48

/* The longest that a record is kept, counted from when it was made: a token lives a day at most,
 * and its iat may be ahead of this host's clock by the tolerance. */
#define KEEP_MAX (TS_TOKEN_LIFE_MAX + 3 * TS_CLOCK_TOLERANCE)

struct until {
    int64_t wall;
    int64_t boot;
};

static bool
parse_until(const char *text, struct until *ret)
{
    char *end = NULL;

    ret->wall = strtoll(text, &end, 10);
    if (end == text || *end != '.')
        return false;
    text = end + 1;
    ret->boot = strtoll(text, &end, 10);
    return end != text && *end == '\0';
}

/* Returns false for anything that is not a record. */
static bool
read_until(int folder, const char *name, struct until *ret)
{
    char text[UNTIL_LEN_MAX];
    ssize_t len = readlinkat(folder, name, text, sizeof(text) - 1);

    if (len <= 0 || !ts_rundir_is_hex(name, RECORD_NAME_LEN))
        return false;
    text[len] = '\0';
    return parse_until(text, ret);
}

/* Whether as much time has gone by as there was to go, whatever the wall clock did meanwhile. More
 * than there can be is of another boot, where the folder outlived it, and says nothing. */
static bool
is_over_by_boot(int64_t until, int64_t boot)
{
    int64_t left = until - boot;

    return left < 0 || left > KEEP_MAX;
}

static bool
is_over(int folder, const char *name, const struct stat *st, const struct ts_rundir_now *now)
{
    struct until until;

    return S_ISLNK(st->st_mode) && read_until(folder, name, &until) && until.wall < now->wall &&
           is_over_by_boot(until.boot, now->boot);
}

static int
add(int fd, const char *record, const struct until *until, struct ts_err *err)
{
    char text[UNTIL_LEN_MAX];

    (void)snprintf(text, sizeof(text), "%" PRId64 ".%" PRId64, until->wall, until->boot);
    if (symlinkat(text, fd, record) == 0)
        return 0;
    return errno == EEXIST ? ts_err_set(err, TS_ERR_REFUSED, "the token has opened a login already")
                           : ts_err_errno(err, TS_ERR_SYSTEM, "the replay store cannot be written");
}

/* A key's holder fills only their own records: those of each key are in a folder of its own. */
static int
open_shard(const char *key_id, const char *record, int *ret_fd, struct ts_err *err)
{
    const char shard[] = {record[0], '\0'};
    const struct ts_rundir_folder folders[] = {
        {"replay", 0700}, {key_id, 0700}, {shard, 0700}, {NULL, 0}};

    /* The policy has this id, so it is one; a path is made of nothing else. */
    if (!ts_text_is_key_id(key_id))
        return ts_err_set(err, TS_ERR_SYSTEM, "the replay store needs a key id");
    return ts_rundir_open(folders, true, ret_fd, err);
}

int
ts_replay_record(const struct ts_replay_entry *entry, const struct ts_rundir_now *now,
                 struct ts_err *err)
{
    const struct until until = {entry->keep_until, now->boot + entry->keep_until - now->wall};
    TS_CLEANUP(ts_fd_close) int fd = -1;
    char record[RECORD_NAME_LEN + 1];
    size_t count = 0;

    if (now->wall <= 0 || now->boot < 0)
        return ts_err_set(err, TS_ERR_SYSTEM, "the clock cannot be read");
    for (size_t i = 0; i < sizeof(entry->digest); i++)
        (void)snprintf(record + 2 * i, 3, "%02x", entry->digest[i]);
    int rc = open_shard(entry->key_id, record, &fd, err);
    if (rc == 0)
        rc = ts_rundir_prune(fd, is_over, now, &count, err);
    if (rc == 0 && count >= TS_REPLAY_FOLDER_MAX)
        rc = ts_err_set(err, TS_ERR_TOO_LARGE, "the replay store of key %s is full", entry->key_id);
    if (rc == 0)
        rc = add(fd, record, &until, err);
    return rc;
}
