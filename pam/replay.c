#include "pam/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "pam/rundir.h"

#define RECORD_NAME_LEN ((size_t)64)
#define DRAFT_PREFIX "new-"
#define DRAFT_LIFE 600 /* seconds; a draft lives for microseconds unless its process dies */

/* A draft's mtime is in the future once it is set, so its age goes by when it was last touched. */
static bool
is_over(const char *name, const struct stat *st, int64_t now)
{
    if (ts_rundir_is_hex(name, RECORD_NAME_LEN))
        return (int64_t)st->st_mtim.tv_sec < now;
    return strncmp(name, DRAFT_PREFIX, strlen(DRAFT_PREFIX)) == 0 &&
           (int64_t)st->st_ctim.tv_sec + DRAFT_LIFE < now;
}

static int
write_draft(int fd, const char *draft, int64_t keep_until, struct ts_err *err)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = (time_t)keep_until}};
    TS_CLEANUP(ts_fd_close)
    int file = openat(fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the replay store cannot be written");
    if (futimens(file, times) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the replay store cannot keep times");
    return 0;
}

static int
add(int fd, const char *record, int64_t keep_until, struct ts_err *err)
{
    char random[TS_RANDOM_NAME_LEN + 1];
    char draft[sizeof(DRAFT_PREFIX) + sizeof(random)];
    int rc = ts_rundir_random_name(random, err);

    if (rc < 0)
        return rc;
    (void)snprintf(draft, sizeof(draft), DRAFT_PREFIX "%s", random);
    rc = write_draft(fd, draft, keep_until, err);
    if (rc == 0 && linkat(fd, draft, fd, record, 0) != 0)
        rc = errno == EEXIST
                 ? ts_err_set(err, TS_ERR_REFUSED, "the token has opened a login already")
                 : ts_err_errno(err, TS_ERR_SYSTEM, "the replay store cannot be written");
    (void)unlinkat(fd, draft, 0);
    return rc;
}

int
ts_replay_record(const struct ts_replay_entry *entry, int64_t now, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = -1;
    char record[RECORD_NAME_LEN + 1], shard[3];
    size_t count = 0;

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
        rc = add(fd, record, entry->keep_until, err);
    return rc;
}
