#include "pam/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/policy/decide.h"
#include "common/policy/token.h"

#define RECORD_NAME_LEN ((size_t)64)
#define DRAFT_PREFIX "new-"
#define DRAFT_LIFE 600 /* seconds; a draft lives for microseconds unless its process dies */

/* The longest that a record is kept, counted from when it was made: a token lives a day at most,
 * and its iat may be ahead of this host's clock by the tolerance. */
#define KEEP_MAX (TS_TOKEN_LIFE_MAX + 3 * TS_CLOCK_TOLERANCE)

/* Whether as much time has gone by as there was to go, whatever the wall clock did meanwhile. More
 * than there can be is of another boot, where the folder outlived it, and tells nothing. */
static bool
is_over_by_boot(const struct stat *st, int64_t boot)
{
    int64_t left = (int64_t)st->st_atim.tv_sec - boot;

    return left < 0 || left > KEEP_MAX;
}

/* A draft's mtime is in the future once it is set, so its age goes by when it was last touched. */
static bool
is_over(const char *name, const struct stat *st, const struct ts_rundir_now *now)
{
    if (ts_rundir_is_hex(name, RECORD_NAME_LEN))
        return (int64_t)st->st_mtim.tv_sec < now->wall && is_over_by_boot(st, now->boot);
    return strncmp(name, DRAFT_PREFIX, strlen(DRAFT_PREFIX)) == 0 &&
           (int64_t)st->st_ctim.tv_sec + DRAFT_LIFE < now->wall;
}

struct until {
    int64_t wall;
    int64_t boot;
};

static int
write_draft(int fd, const char *draft, const struct until *until, struct ts_err *err)
{
    struct timespec times[2] = {{.tv_sec = (time_t)until->boot}, {.tv_sec = (time_t)until->wall}};
    TS_CLEANUP(ts_fd_close)
    int file = openat(fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the replay store cannot be written");
    if (futimens(file, times) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the replay store cannot keep times");
    return 0;
}

static int
add(int fd, const char *record, const struct until *until, struct ts_err *err)
{
    char random[TS_RANDOM_NAME_LEN + 1];
    char draft[sizeof(DRAFT_PREFIX) + sizeof(random)];
    int rc = ts_rundir_random_name(random, err);

    if (rc < 0)
        return rc;
    (void)snprintf(draft, sizeof(draft), DRAFT_PREFIX "%s", random);
    rc = write_draft(fd, draft, until, err);
    if (rc == 0 && linkat(fd, draft, fd, record, 0) != 0)
        rc = errno == EEXIST
                 ? ts_err_set(err, TS_ERR_REFUSED, "the token has opened a login already")
                 : ts_err_errno(err, TS_ERR_SYSTEM, "the replay store cannot be written");
    (void)unlinkat(fd, draft, 0);
    return rc;
}

int
ts_replay_record(const struct ts_replay_entry *entry, const struct ts_rundir_now *now,
                 struct ts_err *err)
{
    const struct until until = {entry->keep_until, now->boot + entry->keep_until - now->wall};
    TS_CLEANUP(ts_fd_close) int fd = -1;
    char record[RECORD_NAME_LEN + 1], shard[3];
    size_t count = 0;

    if (now->wall <= 0 || now->boot < 0)
        return ts_err_set(err, TS_ERR_SYSTEM, "the clock cannot be read");
    for (size_t i = 0; i < sizeof(entry->digest); i++)
        (void)snprintf(record + 2 * i, 3, "%02x", entry->digest[i]);
    memcpy(shard, record, 2);
    shard[2] = '\0';
    const struct ts_rundir_folder folders[] = {{"replay", 0700}, {shard, 0700}, {NULL, 0}};
    int rc = ts_rundir_open(folders, true, &fd, err);
    if (rc == 0)
        rc = ts_rundir_prune(fd, is_over, now, &count, err);
    if (rc == 0 && count >= TS_REPLAY_FOLDER_MAX)
        rc = ts_err_set(err, TS_ERR_TOO_LARGE, "the replay store is full");
    if (rc == 0)
        rc = add(fd, record, &until, err);
    return rc;
}
