#include "helper/setup/setup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "helper/tool.h"

#define BACKUP_SUFFIX ".thrivestack-backup"
#define NEW_SUFFIX ".thrivestack-new"
#define ACL "system.posix_acl_access" /* acl(5) */
#define ACL_MAX 8192                  /* more than the entries of any file system take */
#define FOLDERS_MADE 3                /* .config/thrivestack/credential.conf.d */

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

static int
read_if_there(const char *path, struct ts_secret *ret, bool *ret_exists, struct stat *ret_stat,
              struct ts_err *err)
{
    const struct ts_file_rules rules = {.owner = geteuid(),
                                        .forbidden = 022,
                                        .root_allowed = 022,
                                        .follow_symlink = true,
                                        .home = tool_home()};
    TS_CLEANUP(ts_fd_close) int fd = -1;
    int rc = ts_file_open(AT_FDCWD, path, path, &rules, &fd, ret_stat, err);

    *ret_exists = false;
    if (rc == TS_ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = ts_file_report_read(ts_secret_read_fd(ret, fd), path, ret->max, err);
    *ret_exists = rc == 0;
    return rc < 0 && rc != TS_ERR_NOMEM ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

/* A symbolic link stays one, and the file that it leads to is changed. */
static int
resolve(const char *path, char **ret, struct ts_err *err)
{
    *ret = realpath(path, NULL);
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
setup_file_read(const char *path, const struct setup_kind *kind, struct setup_file *ret,
                struct ts_err *err)
{
    struct stat ignored;

    ret->kind = kind;
    ret->name = strdup(path);
    if (ret->name == NULL)
        return ts_err_nomem(err);
    int rc = resolve(path, &ret->path, err);
    if (rc == 0)
        rc = add_suffix(ret->path, BACKUP_SUFFIX, &ret->backup_path, err);
    if (rc == 0)
        rc = read_if_there(ret->path, &ret->text, &ret->exists, &ret->st, err);
    if (rc == 0 && kind != NULL && !kind->owned)
        rc = read_if_there(ret->backup_path, &ret->backup, &ret->has_backup, &ignored, err);
    return rc;
}

/* The file's folder, or the nearest one above it that exists, and who owns it. */
static int
find_folder(const char *path, char **ret, struct stat *ret_stat, struct ts_err *err)
{
    int rc = ts_path_folder(path, ret, err);

    while (rc == 0 && stat(*ret, ret_stat) != 0) {
        TS_CLEANUP(ts_string_free) char *below = *ret;

        *ret = NULL;
        if (strcmp(below, "/") == 0)
            return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be reached", path);
        rc = ts_path_folder(below, ret, err);
    }
    return rc;
}

static bool
is_in_folder(const char *path, const char *folder)
{
    size_t len = folder != NULL ? strlen(folder) : 0;

    return len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/';
}

int
setup_file_check_folder(const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    const char *home = tool_home();
    struct stat st;

    if (is_in_folder(file->path, home) && access(home, F_OK) != 0)
        return ts_err_set(err, TS_ERR_CONFIG, "the home folder %s does not exist", home);
    int rc = find_folder(file->path, &folder, &st, err);
    if (rc < 0 || geteuid() != 0 || st.st_uid == 0)
        return rc;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "folder %s belongs to user %u: run this as that user (sudo -u '#%u'), or set "
                      "HOME",
                      folder, st.st_uid, st.st_uid);
}

/*
 * Gives a new file the access control list of the one that it replaces, which sets the mode, too. A
 * file without one gets none, although its folder may have one for new files. Returns 0 or -1 with
 * errno set; *ret_has_acl says whether there is one.
 */
static int
copy_acl(const char *from, int to, bool *ret_has_acl)
{
    char acl[ACL_MAX];
    ssize_t len = getxattr(from, ACL, acl, sizeof(acl));

    *ret_has_acl = len > 0;
    if (len > 0)
        return fsetxattr(to, ACL, acl, (size_t)len, 0);
    if (len < 0 && errno != ENODATA && errno != EOPNOTSUPP)
        return -1;
    return fremovexattr(to, ACL) == 0 || errno == ENODATA || errno == EOPNOTSUPP ? 0 : -1;
}

/* Before there is anything in the file. Returns 0 or -1 with errno set. */
static int
set_access(const struct setup_file *file, int fd, mode_t mode)
{
    bool has_acl = false;

    if (file->exists && (file->st.st_uid != geteuid() || file->st.st_gid != getegid()) &&
        fchown(fd, file->st.st_uid, file->st.st_gid) != 0)
        return -1;
    if (file->exists && copy_acl(file->path, fd, &has_acl) != 0)
        return -1;
    /* With a list, the mode of the group is its mask. */
    return has_acl ? 0 : fchmod(fd, mode);
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
    if (set_access(file, fd, mode) != 0 ||
        ts_write_all(fd, ts_secret_string(text), text->len) < 0 || fsync(fd) != 0) {
        int rc = ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be written", path);

        (void)unlink(path);
        return rc;
    }
    return 0;
}

/* The file's folder, and up to two above it that are missing. */
static int
make_folder(const char *path, int depth, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;

    int rc = ts_path_folder(path, &folder, err);
    if (rc != 0 || access(folder, F_OK) == 0)
        return rc;
    if (depth > 1)
        rc = make_folder(folder, depth - 1, err);
    if (rc == 0 && mkdir(folder, 0700) != 0 && errno != EEXIST)
        return ts_err_errno(err, TS_ERR_CONFIG, "folder %s cannot be made", folder);
    return rc;
}

int
setup_file_back_up(const struct setup_file *file, struct ts_err *err)
{
    bool is_empty = file->exists && file->text.len == 0;

    if (file->has_backup || file->kind->owned || is_empty || file->kind->has_ours(&file->text))
        return 0;
    int rc = make_folder(file->path, FOLDERS_MADE, err);
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
    int rc = read_if_there(file->path, &now, &exists, &st, err);

    if (rc == 0 && (exists != file->exists || !ts_secret_equal(&now, &file->text)))
        return ts_err_set(err, TS_ERR_CONFIG,
                          "%s has just been changed by somebody else: try again", file->name);
    return rc;
}

static int
remove_path(const char *path, struct ts_err *err)
{
    return unlink(path) == 0 ? 0 : ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be removed", path);
}

/* Writes the new version beside the file, where git or a crash may have left one. */
static int
write_setup_draft(const struct setup_file *file, const char *path, const struct ts_secret *text,
                  struct ts_err *err)
{
    struct stat st;

    if (lstat(path, &st) == 0 && file->kind->lock != NULL)
        return ts_err_set(
            err, TS_ERR_CONFIG,
            "%s exists: something else is changing %s, or has crashed; then remove it", path,
            file->name);
    if (lstat(path, &st) == 0 && remove_path(path, err) < 0)
        return TS_ERR_CONFIG;
    mode_t made = file->kind->mode != 0 ? file->kind->mode : 0600;
    return write_new(file, path, text, file->exists ? file->st.st_mode & 07777 : made, err);
}

/* A folder with nothing else in it was made for the file. */
static int
remove_empty_folder(const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    int rc = ts_path_folder(file->path, &folder, err);

    if (rc == 0)
        (void)rmdir(folder);
    return rc;
}

static int
remove_owned(const struct setup_file *file, struct ts_err *err)
{
    int rc = check_unchanged(file, err);

    if (rc == 0)
        rc = remove_path(file->path, err);
    return rc < 0 || file->kind->keeps_folder ? rc : remove_empty_folder(file, err);
}

int
setup_file_replace(const struct setup_file *file, const struct ts_secret *text, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *draft = NULL;

    if (file->kind->owned && text->len == 0)
        return remove_owned(file, err);
    int rc = make_folder(file->path, FOLDERS_MADE, err);
    if (rc == 0)
        rc = add_suffix(file->path, file->kind->lock != NULL ? file->kind->lock : NEW_SUFFIX,
                        &draft, err);
    if (rc == 0)
        rc = write_setup_draft(file, draft, text, err);
    if (rc != 0)
        return rc;
    rc = check_unchanged(file, err);
    if (rc == 0 && rename(draft, file->path) != 0)
        rc = ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be replaced", file->path);
    if (rc < 0)
        (void)unlink(draft);
    return rc;
}

int
setup_file_tidy(const struct setup_file *before, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    int rc = setup_file_read(before->path, before->kind, &file, err);

    if (rc < 0 || !file.has_backup || file.kind->has_ours(&file.text))
        return rc;
    bool was_made = file.exists && file.backup.len == 0 && file.kind->is_empty(&file.text);
    if (was_made)
        rc = remove_path(file.path, err);
    if (rc == 0)
        rc = remove_path(file.backup_path, err);
    return rc == 0 && was_made ? remove_empty_folder(&file, err) : rc;
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
