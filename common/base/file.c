#include "common/base/file.h"
#include "common/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>

/* Root with a user's HOME (sudo -E, su) is not to take the user's file away from them. */
static bool
is_home_of(const char *home, uid_t user)
{
    struct stat st;

    return home != NULL && stat(home, &st) == 0 && st.st_uid == user;
}

static bool
is_roots(const struct stat *st, const struct ts_file_rules *rules)
{
    return st->st_uid == 0 || (rules->root_owner != NULL && st->st_uid == rules->root_owner());
}

static int
check_owner(const struct stat *st, const char *name, const struct ts_file_rules *rules,
            struct ts_err *err)
{
    if (st->st_uid == rules->owner || is_roots(st, rules))
        return 0;
    if (rules->owner == 0 && is_home_of(rules->home, st->st_uid))
        return ts_err_set(err, TS_ERR_UNSAFE,
                          "%s is owned by user %u, whose home HOME is: run this as that user "
                          "(sudo -u '#%u'), or set HOME",
                          name, (unsigned)st->st_uid, (unsigned)st->st_uid);
    if (rules->owner == 0)
        return ts_err_set(err, TS_ERR_UNSAFE, "%s is owned by user %u, not by root: chown root %s",
                          name, (unsigned)st->st_uid, name);
    return ts_err_set(err, TS_ERR_UNSAFE,
                      "%s is owned by user %u, not by user %u or root: chown %u %s", name,
                      (unsigned)st->st_uid, (unsigned)rules->owner, (unsigned)rules->owner, name);
}

static int
check_mode(const struct stat *st, const char *name, const struct ts_file_rules *rules,
           struct ts_err *err)
{
    mode_t forbidden = rules->forbidden;

    if (rules->root_allowed != 0 && is_roots(st, rules))
        forbidden &= ~rules->root_allowed;
    mode_t bad = st->st_mode & forbidden & 0777;
    if (bad == 0)
        return 0;
    const char *what = (bad & 044) != 0   ? "readable by group or others"
                       : (bad & 022) != 0 ? "writable by group or others"
                                          : "open to group or others";
    const char *fix = (rules->forbidden & 044) != 0 ? "go=" : "go-w";
    return ts_err_set(err, TS_ERR_UNSAFE, "%s is %s (mode %04o): chmod %s %s", name, what,
                      (unsigned)(st->st_mode & 07777), fix, name);
}

int
ts_file_check_stat(const struct stat *st, const char *name, const struct ts_file_rules *rules,
                   struct ts_err *err)
{
    int rc = check_owner(st, name, rules, err);

    return rc < 0 ? rc : check_mode(st, name, rules, err);
}

int
ts_file_check(int fd, const char *name, const struct ts_file_rules *rules, struct stat *ret_stat,
              struct ts_err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return ts_err_errno(err, TS_ERR_SYNTAX, "%s: cannot be examined", name);
    if (!S_ISREG(st.st_mode))
        return ts_err_set(err, TS_ERR_SYNTAX, "%s is not a regular file", name);
    int rc = ts_file_check_stat(&st, name, rules, err);
    if (rc == 0 && ret_stat != NULL)
        *ret_stat = st;
    return rc;
}

static int
report_open_failure(const char *name, struct ts_err *err)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return ts_err_set(err, TS_ERR_NOT_FOUND, "%s does not exist", name);
    case ELOOP:
        return ts_err_set(err, TS_ERR_SYNTAX, "%s is a symbolic link", name);
    case ENOMEM:
        return ts_err_nomem(err);
    default:
        return ts_err_errno(err, TS_ERR_SYNTAX, "%s cannot be opened", name);
    }
}

int
ts_file_open(int dirfd, const char *path, const char *name, const struct ts_file_rules *rules,
             int *ret_fd, struct stat *ret_stat, struct ts_err *err)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

    if (!rules->follow_symlink)
        flags |= O_NOFOLLOW;
    TS_CLEANUP(ts_fd_close) int fd = openat(dirfd, path, flags);
    if (fd < 0)
        return report_open_failure(name, err);
    int rc = ts_file_check(fd, name, rules, ret_stat, err);
    if (rc < 0)
        return rc;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int
ts_file_report_read(int rc, const char *name, size_t max, struct ts_err *err)
{
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, rc, "%s is larger than %zu bytes", name, max);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    return rc < 0 ? ts_err_errno(err, TS_ERR_SYNTAX, "%s cannot be read", name) : 0;
}

int
ts_file_read(int dirfd, const char *path, const char *name, const struct ts_file_rules *rules,
             struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = -1;
    struct stat st;

    int rc = ts_file_open(dirfd, path, name, rules, &fd, &st, err);
    if (rc != 0)
        return rc;
    if (st.st_size > 0 && (size_t)st.st_size > ret->max - ret->len)
        return ts_err_set(err, TS_ERR_TOO_LARGE, "%s is larger than %zu bytes", name, ret->max);
    rc = st.st_size > 0 ? ts_secret_reserve(ret, ret->len + (size_t)st.st_size) : 0;
    if (rc == 0)
        rc = ts_secret_read_fd(ret, fd);
    return ts_file_report_read(rc, name, ret->max, err);
}
