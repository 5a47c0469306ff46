#include "pam/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "pam/rundir.h"

#define WAITING_MODE ((mode_t)0400)
#define HANDED_OVER_MODE ((mode_t)0600)

#define NAME_PREFIX "session-"
#define WAIT_MAX 600    /* seconds that a file may wait for its session */
#define EXPIRY_SLACK 60 /* seconds past a token's expiry; also the time in which one is written */

static void
print_folder(char ret[TS_TOKEN_FILE_PATH_MAX], uid_t uid)
{
    (void)snprintf(ret, TS_TOKEN_FILE_PATH_MAX, TS_RUNDIR "/thrivestack/%u/", (unsigned)uid);
}

static bool
is_name(const char *name)
{
    return strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0 &&
           ts_rundir_is_hex(name + strlen(NAME_PREFIX), TS_RANDOM_NAME_LEN);
}

bool
ts_token_file_is_path(const char *path, uid_t uid)
{
    char folder[TS_TOKEN_FILE_PATH_MAX];

    print_folder(folder, uid);
    return strncmp(path, folder, strlen(folder)) == 0 && is_name(path + strlen(folder));
}

static const char *
name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

static int
open_folder(uid_t uid, bool create, int *ret_fd, struct ts_err *err)
{
    char name[16];
    const struct ts_rundir_folder folders[] = {{name, 0711}, {NULL, 0}};

    (void)snprintf(name, sizeof(name), "%u", (unsigned)uid);
    return ts_rundir_open(folders, create, ret_fd, err);
}

static bool
is_waiting(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_uid == 0 && st->st_nlink == 1 &&
           (st->st_mode & 07777) == WAITING_MODE;
}

/* Once handed over, a file's times are its user's to change, who can only spoil their own. */
static bool
is_over(int folder, const char *name, const struct stat *st, const struct ts_rundir_now *now)
{
    (void)folder;
    if (!is_name(name))
        return false;
    return (int64_t)st->st_mtim.tv_sec + EXPIRY_SLACK < now->wall ||
           (is_waiting(st) && (int64_t)st->st_ctim.tv_sec + WAIT_MAX < now->wall);
}

static int
fill(int file, const struct ts_secret *token, int64_t expires, struct ts_err *err)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = (time_t)expires}};

    if (ts_write_all(file, token->data, token->len) < 0 || fchmod(file, WAITING_MODE) != 0 ||
        futimens(file, times) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the session's token file cannot be written");
    return 0;
}

static int
create_in(int fd, const char *name, const struct ts_secret *token, int64_t expires,
          struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close)
    int file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, WAITING_MODE);

    if (file < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the session's token file cannot be made");
    int rc = fill(file, token, expires, err);
    if (rc < 0)
        (void)unlinkat(fd, name, 0);
    return rc;
}

int
ts_token_file_create(uid_t uid, const struct ts_secret *token, int64_t expires,
                     char ret_path[TS_TOKEN_FILE_PATH_MAX], struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = -1;
    char random[TS_RANDOM_NAME_LEN + 1], path[TS_TOKEN_FILE_PATH_MAX];
    const struct ts_rundir_now now = ts_rundir_now();
    size_t count = 0;

    int rc = open_folder(uid, true, &fd, err);
    if (rc == 0)
        rc = ts_rundir_prune(fd, is_over, &now, &count, err);
    if (rc == 0 && count >= TS_TOKEN_FILES_MAX)
        rc = ts_err_set(err, TS_ERR_TOO_LARGE, "there are %zu token files of user %u already",
                        count, (unsigned)uid);
    if (rc == 0)
        rc = ts_rundir_random_name(random, err);
    if (rc < 0)
        return rc;
    print_folder(path, uid);
    size_t len = strlen(path);
    (void)snprintf(path + len, sizeof(path) - len, NAME_PREFIX "%s", random);
    rc = create_in(fd, path + len, token, expires, err);
    if (rc == 0)
        memcpy(ret_path, path, sizeof(path));
    return rc;
}

bool
ts_token_file_is_waiting(const char *path, uid_t uid)
{
    TS_CLEANUP(ts_fd_close) int fd = -1;
    struct ts_err ignored;
    struct stat st;

    return ts_token_file_is_path(path, uid) && open_folder(uid, false, &fd, &ignored) == 0 &&
           fstatat(fd, name_of(path), &st, AT_SYMLINK_NOFOLLOW) == 0 && is_waiting(&st);
}

int
ts_token_file_hand_over(const char *path, uid_t uid, gid_t gid, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = -1;
    struct stat st;

    if (!ts_token_file_is_path(path, uid))
        return ts_err_set(err, TS_ERR_UNSAFE, "it is not a path of this module's");
    int rc = open_folder(uid, false, &fd, err);
    if (rc < 0)
        return rc;
    TS_CLEANUP(ts_fd_close)
    int file = openat(fd, name_of(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0)
        return ts_err_errno(err, errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_UNSAFE,
                            "it cannot be opened");
    if (fstat(file, &st) != 0 || !is_waiting(&st))
        return ts_err_set(err, TS_ERR_UNSAFE, "it is not a file that waits for its session");
    if (fchown(file, uid, gid) != 0 || fchmod(file, HANDED_OVER_MODE) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "it cannot be given to user %u", (unsigned)uid);
    return 0;
}

int
ts_token_file_remove(const char *path, uid_t uid, bool waiting_only, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = -1;
    struct stat st;

    if (!ts_token_file_is_path(path, uid))
        return ts_err_set(err, TS_ERR_UNSAFE, "it is not a path of this module's");
    int rc = open_folder(uid, false, &fd, err);
    if (rc < 0)
        return rc == TS_ERR_NOT_FOUND ? 0 : rc;
    if (fstatat(fd, name_of(path), &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : ts_err_errno(err, TS_ERR_SYSTEM, "it cannot be examined");
    if (waiting_only && !is_waiting(&st))
        return 0;
    if (unlinkat(fd, name_of(path), 0) != 0 && errno != ENOENT)
        return ts_err_errno(err, TS_ERR_SYSTEM, "it cannot be removed");
    return 0;
}
