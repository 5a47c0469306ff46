#include "common/base/conf_dir.h"
#include "common/base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SUFFIX ".conf"
#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bool
ts_conf_dir_is_name(const char *name)
{
    size_t len = strlen(name), suffix = strlen(SUFFIX);

    return len > suffix && strspn(name, LETTERS_AND_DIGITS "._-") == len &&
           strchr("._-", name[0]) == NULL && strcmp(name + len - suffix, SUFFIX) == 0;
}

int
ts_conf_dir_list(int fd, const char *path, struct ts_list *ret, struct ts_err *err)
{
    /* closedir closes the descriptor that it was given, so it gets one of its own. */
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    TS_CLEANUP(ts_folder_close) DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;
    int rc = 0;

    if (stream == NULL) {
        rc = ts_err_errno(err, errno == ENOMEM ? TS_ERR_NOMEM : TS_ERR_SYNTAX, "%s cannot be read",
                          path);
        ts_fd_close(&copy);
        return rc;
    }
    while (errno = 0, (entry = readdir(stream)) != NULL && rc == 0)
        if (ts_conf_dir_is_name(entry->d_name))
            rc = ts_list_add(ret, entry->d_name, err);
    if (rc == 0 && errno != 0)
        rc = ts_err_errno(err, TS_ERR_SYNTAX, "%s cannot be read", path);
    ts_list_normalize(ret);
    return rc;
}

int
ts_conf_dir_open(const char *path, const struct ts_file_rules *rules, struct ts_conf_dir *ret,
                 struct ts_err *err)
{
    struct stat st;

    *ret = TS_CONF_DIR_INIT;
    ret->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret->fd < 0 && errno == ENOENT)
        return 0;
    if (ret->fd < 0 || fstat(ret->fd, &st) != 0)
        return ts_err_errno(err, TS_ERR_SYNTAX, "%s cannot be opened", path);
    int rc = ts_file_check_stat(&st, path, rules, err);
    return rc < 0 ? rc : ts_conf_dir_list(ret->fd, path, &ret->names, err);
}

void
ts_conf_dir_release(struct ts_conf_dir *dir)
{
    ts_fd_close(&dir->fd);
    ts_list_release(&dir->names);
}
