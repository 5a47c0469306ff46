#include "common/worker/import.h"
#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/worker/ask.h"
#include "common/worker/harden.h"
#include "common/worker/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A link of somebody else's could lead anywhere, and this may be root. */
static int
check_link(const char *path, uid_t owner, const struct stat *link, struct ts_err *err)
{
    if (!S_ISLNK(link->st_mode) || link->st_uid == owner || link->st_uid == 0)
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "%s is a symbolic link of user %u: remove it, or have key_file name the file",
                      path, (unsigned)link->st_uid);
}

/* The path with every symbolic link resolved; a file that is missing has its own path. */
static int
resolve(const char *path, uid_t owner, char **ret, struct ts_err *err)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        if (errno != ENOENT)
            return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be examined", path);
        *ret = strdup(path);
        return *ret != NULL ? 0 : ts_err_nomem(err);
    }
    int rc = check_link(path, owner, &st, err);
    if (rc < 0)
        return rc;
    *ret = realpath(path, NULL);
    if (*ret != NULL)
        return 0;
    return ts_err_errno(err, TS_ERR_CONFIG, "%s leads nowhere: remove the link, or make its target",
                        path);
}

/* Who else can write to a folder can exchange the key in it. */
static int
check_key_folder(int folder, const char *path, uid_t owner, struct ts_err *err)
{
    struct stat st;

    if (fstat(folder, &st) != 0)
        return ts_err_errno(err, TS_ERR_CONFIG, "folder %s cannot be examined", path);
    if (st.st_uid != owner && st.st_uid != 0)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "folder %s is owned by user %u: a key of user %u cannot be stored there",
                          path, (unsigned)st.st_uid, (unsigned)owner);
    if ((st.st_mode & 022) != 0 && (st.st_mode & S_ISVTX) == 0)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "folder %s is writable by group or others (mode %04o): chmod go-w %s",
                          path, (unsigned)(st.st_mode & 07777), path);
    return 0;
}

static int
open_key_folder(const char *path, uid_t owner, int *ret, struct ts_err *err)
{
    if (!ts_file_make_folder(path))
        return ts_err_errno(err, TS_ERR_CONFIG, "folder %s cannot be made", path);
    TS_CLEANUP(ts_fd_close) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return ts_err_errno(err, TS_ERR_CONFIG, "folder %s cannot be opened", path);
    int rc = check_key_folder(folder, path, owner, err);
    if (rc < 0)
        return rc;
    *ret = folder;
    folder = -1;
    return 0;
}

/* rename(2) replaces a FIFO or a socket without a word, and fails on a folder with a strange one.
 */
static int
check_replaced(int folder, const char *name, const char *path, struct ts_err *err)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISREG(st.st_mode))
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG, "%s is not a regular file, and is left alone", path);
}

static int
put_in_place(const char *key_file, const struct ts_secret *text, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    TS_CLEANUP(ts_fd_close) int fd = -1;
    const uid_t owner = getuid();

    int rc = resolve(key_file, owner, &path, err);
    if (rc == 0)
        rc = ts_path_folder(path, &folder, err);
    if (rc == 0)
        rc = open_key_folder(folder, owner, &fd, err);
    if (rc != 0)
        return rc;
    const char *name = strrchr(path, '/') + 1;
    const struct ts_file_place place = {fd, name, path, 0600};
    rc = check_replaced(fd, name, path, err);
    if (rc == 0)
        rc = ts_harden_allow_file(text->len, err);
    if (rc == 0)
        rc = ts_file_replace(&place, text, err);
    return rc == TS_ERR_UNSAFE ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

int
ts_import(const struct ts_job *job, int64_t deadline_ms, struct ts_api_key *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_API_KEY_FILE_MAX);
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    const struct ts_request *request = &job->request;

    ts_trace(request, "reading the download %s", job->import_file);
    int rc = ts_api_key_read_download(job->import_file, getuid(), &text, err);
    if (rc == 0)
        rc = ts_api_key_parse(&text, job->import_file, request->key.key_id, ret, err);
    if (rc == 0)
        rc = ts_ask(request, ret, deadline_ms, &grant, err);
    if (rc < 0)
        return rc;
    ts_trace(request, "the key works; writing %s", request->key.key_file);
    return put_in_place(request->key.key_file, &text, err);
}
