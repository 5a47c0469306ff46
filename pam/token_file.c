#include "pam/token_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "common/base/cleanup.h"
#include "pam/rundir.h"

#define NAME_PREFIX "session-"
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
open_token_folder(uid_t uid, bool create, int *ret_fd, struct ts_err *err)
{
    char name[16];
    const struct ts_rundir_folder folders[] = {{name, 0711}, {NULL, 0}};

    (void)snprintf(name, sizeof(name), "%u", (unsigned)uid);
    return ts_rundir_open(folders, create, ret_fd, err);
}

static bool
is_over(int folder, const char *name, const struct stat *st, const struct ts_rundir_now *now)
{
    (void)folder;
    return is_name(name) && (int64_t)st->st_mtim.tv_sec + EXPIRY_SLACK < now->wall;
}

/* Lets one user read the file, and nobody else but root: acl(5), in the form of
 * linux/posix_acl_xattr.h. The mode shows the mask, 0440; the owning group has no permission. */
static int
let_read(int file, uid_t uid, struct ts_err *err)
{
    static const uint32_t nobody = (uint32_t)ACL_UNDEFINED_ID;
    const struct {
        struct posix_acl_xattr_header header;
        struct posix_acl_xattr_entry entries[5];
    } acl = {
        .header = {.a_version = htole32(POSIX_ACL_XATTR_VERSION)},
        .entries =
            {
                {htole16(ACL_USER_OBJ), htole16(ACL_READ), htole32(nobody)},
                {htole16(ACL_USER), htole16(ACL_READ), htole32(uid)},
                {htole16(ACL_GROUP_OBJ), 0, htole32(nobody)},
                {htole16(ACL_MASK), htole16(ACL_READ), htole32(nobody)},
                {htole16(ACL_OTHER), 0, htole32(nobody)},
            },
    };

    if (uid == 0 || fsetxattr(file, "system.posix_acl_access", &acl, sizeof(acl), 0) == 0)
        return 0;
    if (errno == EOPNOTSUPP)
        return ts_err_set(err, TS_ERR_SYSTEM, "the file system of " TS_RUNDIR " has no ACLs");
    return ts_err_errno(err, TS_ERR_SYSTEM, "user %u cannot be allowed to read it", (unsigned)uid);
}

static int
fill(int file, uid_t uid, const struct ts_secret *token, int64_t expires, struct ts_err *err)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = (time_t)expires}};

    if (ts_write_all(file, token->data, token->len) < 0 || fchmod(file, 0400) != 0 ||
        futimens(file, times) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the session's token file cannot be written");
    return let_read(file, uid, err);
}

static int
create_in(int fd, const char *name, uid_t uid, const struct ts_secret *token, int64_t expires,
          struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close)
    int file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);

    if (file < 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the session's token file cannot be made");
    int rc = fill(file, uid, token, expires, err);
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

    int rc = open_token_folder(uid, true, &fd, err);
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
    rc = create_in(fd, path + len, uid, token, expires, err);
    if (rc == 0)
        memcpy(ret_path, path, sizeof(path));
    return rc;
}

int
ts_token_file_remove(const char *path, uid_t uid, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = -1;

    if (!ts_token_file_is_path(path, uid))
        return ts_err_set(err, TS_ERR_UNSAFE, "this module did not make that path");
    int rc = open_token_folder(uid, false, &fd, err);
    if (rc < 0)
        return rc == TS_ERR_NOT_FOUND ? 0 : rc;
    if (unlinkat(fd, name_of(path), 0) != 0 && errno != ENOENT)
        return ts_err_errno(err, TS_ERR_SYSTEM, "it cannot be removed");
    return 0;
}
