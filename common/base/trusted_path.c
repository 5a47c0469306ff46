#include "common/base/trusted_path.h"
#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One more than the longest name, so that a name that was cut is still too long to be found. */
#define PART_SIZE (NAME_MAX + 2)

/* What a walk has reached and what is left of it. */
struct walk {
    int at;         /* the folder reached, O_PATH */
    int own;        /* the same, where the walk itself opened it; else -1 */
    bool shared;    /* others may write to it: it is sticky */
    unsigned links; /* followed so far */
    uid_t owner;
    char name[PATH_MAX]; /* of the folder reached, for messages; "" is the root */
    char rest[PATH_MAX];
};

static void
walk_release(struct walk *walk)
{
    ts_fd_close(&walk->own);
}

/* The name of something in the folder reached; messages cut it, the walk never uses it. */
static void
name_part(const struct walk *walk, const char *part, char ret[PATH_MAX])
{
    (void)snprintf(ret, PATH_MAX, "%.*s/%s", PATH_MAX - PART_SIZE - 1, walk->name, part);
}

static int
check_owner_and_mode(const struct stat *st, uid_t owner, const char *name, struct ts_err *err)
{
    bool sticky_folder = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

    if (st->st_uid != 0 && st->st_uid != owner)
        return ts_err_set(err, TS_ERR_UNSAFE, "%s is owned by user %u, not by root: chown root %s",
                          name, (unsigned)st->st_uid, name);
    /* A link has no mode of its own. */
    if (S_ISLNK(st->st_mode) || sticky_folder || (st->st_mode & 022) == 0)
        return 0;
    return ts_err_set(err, TS_ERR_UNSAFE,
                      "%s is writable by group or others (mode %04o): chmod go-w %s", name,
                      (unsigned)(st->st_mode & 07777), name);
}

static int
fail_opening(const char *name, struct ts_err *err)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return ts_err_set(err, TS_ERR_NOT_FOUND, "%s does not exist", name);
    case ENOMEM:
        return ts_err_nomem(err);
    case EACCES:
    case EPERM:
        return ts_err_set(err, TS_ERR_SYNTAX, "%s is not readable for user %u: chmod or chgrp it",
                          name, (unsigned)geteuid());
    default:
        return ts_err_errno(err, TS_ERR_SYNTAX, "%s cannot be opened", name);
    }
}

/* Not with snprintf: gcc 12 replaces it with strcpy here. */
static void
set_name(struct walk *walk, const char *name)
{
    size_t len = strnlen(name, sizeof(walk->name) - 1);

    memcpy(walk->name, name, len);
    walk->name[len] = '\0';
}

static void
enter(struct walk *walk, int *fd, const struct stat *st, const char *name)
{
    ts_fd_close(&walk->own);
    walk->own = *fd;
    walk->at = *fd;
    *fd = -1;
    walk->shared = (st->st_mode & 022) != 0;
    set_name(walk, name);
}

static int
enter_root(struct walk *walk, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return fail_opening("/", err);
    int rc = check_owner_and_mode(&st, walk->owner, "/", err);
    if (rc == 0)
        enter(walk, &fd, &st, "");
    return rc;
}

/* Takes the next component off what is left, past any `.`. False where none is left. */
static bool
next_part(struct walk *walk, char ret_part[PART_SIZE])
{
    const char *next = walk->rest;
    size_t len;

    do {
        next += strspn(next, "/");
        len = strcspn(next, "/");
        next += len;
    } while (len == 1 && next[-1] == '.');
    (void)snprintf(ret_part, PART_SIZE, "%.*s", (int)len, next - len);
    memmove(walk->rest, next, strlen(next) + 1);
    return len > 0;
}

static bool
is_last(const struct walk *walk)
{
    return walk->rest[strspn(walk->rest, "/")] == '\0';
}

/* Puts the target of a link in front of what is left. */
static int
splice_link(struct walk *walk, int link, const char *name, struct ts_err *err)
{
    char target[PATH_MAX];
    size_t rest_len = strlen(walk->rest);
    ssize_t len = readlinkat(link, "", target, sizeof(target));

    if (len < 0)
        return fail_opening(name, err);
    if ((size_t)len + 1 + rest_len >= sizeof(walk->rest))
        return ts_err_set(err, TS_ERR_SYNTAX, "%s leads to a path that is too long", name);
    memmove(walk->rest + len + 1, walk->rest, rest_len + 1);
    memcpy(walk->rest, target, (size_t)len);
    walk->rest[len] = '/';
    return walk->rest[0] == '/' ? enter_root(walk, err) : 0;
}

static int
follow(struct walk *walk, int link, const struct stat *st, const char *name, struct ts_err *err)
{
    if (walk->shared)
        return ts_err_set(err, TS_ERR_UNSAFE,
                          "%s is a symbolic link in a folder that others may write to", name);
    if (++walk->links > TS_TRUSTED_LINKS_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "%s is one of more than %d symbolic links", name,
                          TS_TRUSTED_LINKS_MAX);
    int rc = check_owner_and_mode(st, walk->owner, name, err);
    return rc < 0 ? rc : splice_link(walk, link, name, err);
}

/* Into a folder, or along a link. */
static int
step(struct walk *walk, const char *part, struct ts_err *err)
{
    char name[PATH_MAX];
    TS_CLEANUP(ts_fd_close) int fd = openat(walk->at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    name_part(walk, part, name);
    if (fd < 0 || fstat(fd, &st) != 0)
        return fail_opening(name, err);
    if (S_ISLNK(st.st_mode))
        return follow(walk, fd, &st, name, err);
    if (!S_ISDIR(st.st_mode))
        return ts_err_set(err, TS_ERR_SYNTAX, "%s is not a folder", name);
    int rc = check_owner_and_mode(&st, walk->owner, name, err);
    if (rc == 0)
        enter(walk, &fd, &st, name);
    return rc;
}

/* What is read in the end. */
struct opened {
    int fd;
    struct stat st;
};

static void
close_opened(struct opened *opened)
{
    ts_fd_close(&opened->fd);
}

/* ret->fd stays -1 where the last component turns out to be a link: the walk goes on there. */
static int
open_last(struct walk *walk, const char *part, struct opened *ret, struct ts_err *err)
{
    char name[PATH_MAX];
    TS_CLEANUP(close_opened)
    struct opened file = {
        .fd = openat(walk->at, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};

    if (file.fd < 0 && errno == ELOOP)
        return step(walk, part, err);
    name_part(walk, part, name);
    if (file.fd < 0 || fstat(file.fd, &file.st) != 0)
        return fail_opening(name, err);
    if (!S_ISREG(file.st.st_mode))
        return ts_err_set(err, TS_ERR_SYNTAX, "%s is not a regular file", name);
    int rc = check_owner_and_mode(&file.st, walk->owner, name, err);
    if (rc < 0)
        return rc;
    *ret = file;
    file.fd = -1;
    return 0;
}

static int
open_file(struct walk *walk, struct opened *ret, struct ts_err *err)
{
    char part[PART_SIZE];
    int rc = 0;

    while (rc == 0 && ret->fd < 0 && next_part(walk, part))
        rc = is_last(walk) ? open_last(walk, part, ret, err) : step(walk, part, err);
    if (rc == 0 && ret->fd < 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "%s is not a regular file", walk->name);
    return rc;
}

static int
check_spelling(const char *path, struct ts_err *err)
{
    size_t len = strlen(path);

    if (len == 0 || path[len - 1] == '/')
        return ts_err_set(err, TS_ERR_SYNTAX, "'%s' is not the path of a file", path);
    if (len >= PATH_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "a path of over %d bytes", PATH_MAX - 1);
    if (ts_path_has_parent(path))
        return ts_err_set(err, TS_ERR_SYNTAX, "'%s' has '..' in it: write the path without", path);
    return 0;
}

/* Makes the folder that was reached the caller's. */
static int
keep_folder(struct walk *walk, struct ts_trusted_folder *ret, struct ts_err *err)
{
    char *name = strdup(walk->name);

    if (name == NULL)
        return ts_err_nomem(err);
    *ret = (struct ts_trusted_folder){walk->own, walk->shared, name, walk->owner};
    walk->own = -1;
    return 0;
}

int
ts_trusted_folder_open(const char *path, uid_t owner, struct ts_trusted_folder *ret,
                       const char **ret_file, struct ts_err *err)
{
    TS_CLEANUP(walk_release) struct walk walk = {.at = -1, .own = -1, .owner = owner};
    char part[PART_SIZE];
    int rc = check_spelling(path, err);

    if (rc == 0 && path[0] != '/')
        rc = ts_err_set(err, TS_ERR_SYNTAX, "'%s' is not an absolute path", path);
    if (rc < 0)
        return rc;
    const char *file = strrchr(path, '/') + 1;
    memcpy(walk.rest, path, (size_t)(file - path));
    rc = enter_root(&walk, err);
    while (rc == 0 && next_part(&walk, part))
        rc = step(&walk, part, err);
    if (rc == 0)
        rc = keep_folder(&walk, ret, err);
    if (rc == 0)
        *ret_file = file;
    return rc;
}

int
ts_trusted_folder_enter(const struct ts_trusted_folder *from, const char *name,
                        struct ts_trusted_folder *ret, struct ts_err *err)
{
    TS_CLEANUP(walk_release)
    struct walk walk = {.at = from->fd, .own = -1, .shared = from->shared, .owner = from->owner};
    char part[PART_SIZE];
    int rc = check_spelling(name, err);

    if (rc < 0)
        return rc;
    memcpy(walk.rest, name, strlen(name) + 1);
    (void)snprintf(walk.name, sizeof(walk.name), "%s", from->name);
    while (rc == 0 && next_part(&walk, part))
        rc = step(&walk, part, err);
    return rc < 0 ? rc : keep_folder(&walk, ret, err);
}

void
ts_trusted_folder_release(struct ts_trusted_folder *folder)
{
    ts_fd_close(&folder->fd);
    ts_string_free(&folder->name);
}

static int
read_opened(const struct opened *file, const char *path, struct ts_secret *ret, struct ts_err *err)
{
    if ((uintmax_t)file->st.st_size > ret->max - ret->len)
        return ts_err_set(err, TS_ERR_TOO_LARGE, "%s is larger than %zu bytes", path, ret->max);
    return ts_file_report_read(ts_secret_read_file(ret, file->fd, (size_t)file->st.st_size), path,
                               ret->max, err);
}

int
ts_trusted_read(const struct ts_trusted_folder *folder, const char *path, struct ts_secret *ret,
                struct ts_err *err)
{
    TS_CLEANUP(walk_release)
    struct walk walk = {
        .at = folder->fd, .own = -1, .shared = folder->shared, .owner = folder->owner};
    TS_CLEANUP(close_opened) struct opened file = {.fd = -1};
    int rc = check_spelling(path, err);

    if (rc < 0)
        return rc;
    memcpy(walk.rest, path, strlen(path) + 1);
    set_name(&walk, folder->name);
    if (path[0] == '/')
        rc = enter_root(&walk, err);
    if (rc == 0)
        rc = open_file(&walk, &file, err);
    return rc < 0 ? rc : read_opened(&file, path, ret, err);
}
