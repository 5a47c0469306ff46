#include "helper/setup/setup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "helper/tool.h"

#define BACKUP_SUFFIX ".thrivestack-backup"
#define NEW_SUFFIX ".thrivestack-new"

void
setup_file_release(struct setup_file *file)
{
    free(file->name);
    free(file->path);
    free(file->backup_path);
    ts_secret_release(&file->text);
    ts_secret_release(&file->backup);
}

static int
add_suffix(const char *path, const char *suffix, char **ret, struct ts_err *err)
{
    free(*ret);
    return asprintf(ret, "%s%s", path, suffix) >= 0 ? 0 : (*ret = NULL, ts_err_nomem(err));
}

/* Reads what is there, and says whether it was. */
static int
read_if_there(const char *path, bool strict, struct ts_secret *ret, bool *ret_exists,
              struct stat *ret_stat, struct ts_err *err)
{
    const struct ts_file_rules rules = {.owner = strict ? 0 : geteuid(),
                                        .forbidden = 022,
                                        .root_allowed = strict ? 0 : 022,
                                        .follow_symlink = !strict,
                                        .home = strict ? NULL : tool_home()};
    TS_CLEANUP(ts_fd_close) int fd = -1;
    int rc = ts_file_open(AT_FDCWD, path, path, &rules, &fd, ret_stat, err);

    *ret_exists = false;
    if (rc == TS_ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = ts_secret_read_fd(ret, fd);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_CONFIG, "%s is larger than %zu bytes", path, ret->max);
    if (rc == TS_ERR_SYSTEM)
        return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be read", path);
    *ret_exists = true;
    return rc < 0 ? ts_err_recode(err, TS_ERR_CONFIG) : 0;
}

/* A symbolic link stays one, and the file that it leads to is changed. */
static int
resolve(const char *path, bool strict, char **ret, struct ts_err *err)
{
    *ret = strict ? strdup(path) : realpath(path, NULL);
    if (*ret == NULL && errno == ENOENT) {
        struct stat st;

        if (lstat(path, &st) == 0)
            return ts_err_set(err, TS_ERR_CONFIG, "%s is a symbolic link that leads nowhere", path);
        *ret = strdup(path);
    }
    if (*ret == NULL && errno != ENOMEM)
        return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be reached", path);
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

int
setup_file_read(const char *path, bool strict, struct setup_file *ret, struct ts_err *err)
{
    struct stat ignored;

    ret->name = strdup(path);
    if (ret->name == NULL)
        return ts_err_nomem(err);
    int rc = resolve(path, strict, &ret->path, err);
    if (rc == 0)
        rc = add_suffix(ret->path, BACKUP_SUFFIX, &ret->backup_path, err);
    if (rc == 0)
        rc = read_if_there(ret->path, strict, &ret->text, &ret->exists, &ret->st, err);
    if (rc == 0)
        rc = read_if_there(ret->backup_path, strict, &ret->backup, &ret->has_backup, &ignored, err);
    return rc;
}

/* Writes a file that must not be there yet, and sees it onto the disk. */
static int
write_new(const struct setup_file *file, const char *path, const struct ts_secret *text,
          mode_t mode, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be made", path);
    bool foreign = file->exists && file->st.st_uid != geteuid();
    if ((foreign && fchown(fd, file->st.st_uid, file->st.st_gid) != 0) || fchmod(fd, mode) != 0 ||
        ts_write_all(fd, ts_secret_string(text), text->len) < 0 || fsync(fd) != 0) {
        int rc = ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be written", path);

        (void)unlink(path);
        return rc;
    }
    return 0;
}

/* The file's folder, and the one above it, as of a home that has never seen such a file. */
static int
make_folder(const char *path, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    TS_CLEANUP(ts_string_free) char *above = NULL;

    int rc = ts_path_folder(path, &folder, err);
    if (rc == 0)
        rc = ts_path_folder(folder, &above, err);
    if (rc != 0 || access(folder, F_OK) == 0)
        return rc;
    if (mkdir(above, 0700) != 0 && errno != EEXIST)
        return ts_err_errno(err, TS_ERR_CONFIG, "folder %s cannot be made", above);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return ts_err_errno(err, TS_ERR_CONFIG, "folder %s cannot be made", folder);
    return 0;
}

int
setup_file_back_up(const struct setup_file *file, struct ts_err *err)
{
    /* One that is there by now is a step before this one's, in the same file. */
    if (file->has_backup || access(file->backup_path, F_OK) == 0)
        return 0;
    int rc = make_folder(file->path, err);
    if (rc < 0)
        return rc;
    return write_new(file, file->backup_path, &file->text,
                     file->exists ? file->st.st_mode & 07777 : 0600, err);
}

static int
check_unchanged(const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret now = TS_SECRET_INIT(SETUP_FILE_MAX);
    bool exists = false;
    struct stat st;
    int rc = read_if_there(file->path, false, &now, &exists, &st, err);

    if (rc == 0 && (exists != file->exists || !ts_secret_equal(&now, &file->text)))
        return ts_err_set(err, TS_ERR_CONFIG,
                          "%s has just been changed by somebody else: try again", file->name);
    return rc;
}

int
setup_file_replace(const struct setup_file *file, const struct ts_secret *text, mode_t mode,
                   struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *new_path = NULL;

    int rc = make_folder(file->path, err);
    if (rc == 0)
        rc = add_suffix(file->path, NEW_SUFFIX, &new_path, err);
    if (rc == 0)
        rc = write_new(file, new_path, text, file->exists ? file->st.st_mode & 07777 : mode, err);
    if (rc != 0)
        return rc;
    rc = check_unchanged(file, err);
    if (rc == 0 && rename(new_path, file->path) != 0)
        rc = ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be replaced", file->path);
    if (rc < 0)
        (void)unlink(new_path);
    return rc;
}

static int
drop(const char *path, struct ts_err *err)
{
    return unlink(path) == 0 ? 0 : ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be removed", path);
}

int
setup_file_tidy(const char *path, bool (*is_empty)(const struct ts_secret *text),
                struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    int rc = setup_file_read(path, false, &file, err);

    if (rc < 0 || !file.exists)
        return rc;
    bool was_made = file.has_backup && file.backup.len == 0;
    if (was_made && is_empty(&file.text)) {
        rc = drop(file.path, err);
        return rc < 0 ? rc : drop(file.backup_path, err);
    }
    if (file.has_backup && ts_secret_equal(&file.text, &file.backup))
        return drop(file.backup_path, err);
    return 0;
}

bool
setup_file_is_blank(const struct ts_secret *text)
{
    return strspn(ts_secret_string(text), " \t\r\n") == text->len;
}

static size_t
len_without_newlines(const struct ts_secret *text)
{
    size_t len = text->len;

    while (len > 0 && text->data[len - 1] == '\n')
        len--;
    return len;
}

bool
setup_file_same_lines(const struct ts_secret *a, const struct ts_secret *b)
{
    size_t len = len_without_newlines(a);

    return len == len_without_newlines(b) &&
           memcmp(ts_secret_string(a), ts_secret_string(b), len) == 0;
}
