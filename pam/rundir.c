#include "pam/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"

static int
check_run_folder(int fd, const char *name, mode_t sticky_allowed, mode_t *ret_mode,
                 struct ts_err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "folder %s cannot be examined", name);
    if (!S_ISDIR(st.st_mode) || st.st_uid != 0)
        return ts_err_set(err, TS_ERR_UNSAFE, "%s is not a folder owned by root", name);
    if ((st.st_mode & 022) != 0 && (st.st_mode & sticky_allowed) == 0)
        return ts_err_set(err, TS_ERR_UNSAFE, "folder %s is writable by others (mode %04o)", name,
                          (unsigned)(st.st_mode & 07777));
    *ret_mode = st.st_mode & 07777;
    return 0;
}

/* Other than /run, a folder named at build time may not be there yet. */
static int
open_base(bool create, int *ret_fd, struct ts_err *err)
{
    bool made = create && mkdir(TS_RUNDIR, 0755) == 0;

    if (create && !made && errno != EEXIST)
        return ts_err_errno(err, TS_ERR_SYSTEM, "folder " TS_RUNDIR " cannot be made");
    TS_CLEANUP(ts_fd_close) int fd = open(TS_RUNDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mode_t mode = 0;

    if (fd < 0)
        return ts_err_errno(err, errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_SYSTEM,
                            "folder " TS_RUNDIR " cannot be opened");
    int rc = check_run_folder(fd, TS_RUNDIR, S_ISVTX, &mode, err);
    if (rc < 0)
        return rc;
    if (made && fchmod(fd, 0755) != 0) /* whatever the host's umask is */
        return ts_err_errno(err, TS_ERR_SYSTEM, "folder " TS_RUNDIR " cannot be given its mode");
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* Replaces *fd by a folder in it. */
static int
descend(int *fd, const struct ts_rundir_folder *folder, bool create, struct ts_err *err)
{
    mode_t mode = 0;

    if (create && mkdirat(*fd, folder->name, folder->mode) != 0 && errno != EEXIST)
        return ts_err_errno(err, TS_ERR_SYSTEM, "folder %s cannot be made", folder->name);
    TS_CLEANUP(ts_fd_close)
    int next = openat(*fd, folder->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0)
        return ts_err_errno(err, errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_SYSTEM,
                            "folder %s cannot be opened", folder->name);
    int rc = check_run_folder(next, folder->name, 0, &mode, err);
    if (rc < 0)
        return rc;
    /* Root's own folder, with the mode that the host's umask left. */
    if (create && mode != folder->mode && fchmod(next, folder->mode) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "folder %s cannot be given its mode", folder->name);
    ts_fd_close(fd);
    *fd = next;
    next = -1;
    return 0;
}

int
ts_rundir_open(const struct ts_rundir_folder *folders, bool create, int *ret_fd, struct ts_err *err)
{
    static const struct ts_rundir_folder own = {"thrivestack", 0711};
    TS_CLEANUP(ts_fd_close) int fd = -1;

    int rc = open_base(create, &fd, err);
    if (rc == 0)
        rc = descend(&fd, &own, create, err);
    for (; rc == 0 && folders->name != NULL; folders++)
        rc = descend(&fd, folders, create, err);
    if (rc < 0)
        return rc;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static void
folder_release(DIR **folder)
{
    if (*folder != NULL)
        (void)closedir(*folder);
    *folder = NULL;
}

/* The caller's descriptor is left as it is: fdopendir would take it over. */
static int
open_list(int fd, DIR **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own >= 0 ? fdopendir(own) : NULL;

    if (folder == NULL && errno == ENOMEM)
        return ts_err_nomem(err);
    if (folder == NULL)
        return ts_err_errno(err, TS_ERR_SYSTEM, "a folder cannot be listed");
    own = -1;
    *ret = folder;
    return 0;
}

struct ts_rundir_now
ts_rundir_now(void)
{
    int64_t boot_ms = ts_clock_boot_ms();

    return (struct ts_rundir_now){.wall = ts_clock_wall(),
                                  .boot = boot_ms < 0 ? -1 : boot_ms / 1000};
}

static bool
removes(int fd, const char *name, ts_rundir_is_over *is_over, const struct ts_rundir_now *now)
{
    struct stat st;

    return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_over(fd, name, &st, now) &&
           unlinkat(fd, name, 0) == 0;
}

int
ts_rundir_prune(int fd, ts_rundir_is_over *is_over, const struct ts_rundir_now *now,
                size_t *ret_count, struct ts_err *err)
{
    TS_CLEANUP(folder_release) DIR *folder = NULL;
    const struct dirent *entry;
    size_t count = 0;

    int rc = open_list(fd, &folder, err);
    if (rc != 0)
        return rc;
    for (errno = 0; (entry = readdir(folder)) != NULL; errno = 0)
        if (entry->d_name[0] != '.' && !removes(fd, entry->d_name, is_over, now))
            count++;
    if (errno != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "a folder cannot be listed");
    *ret_count = count;
    return 0;
}

int
ts_rundir_random_name(char ret[TS_RANDOM_NAME_LEN + 1], struct ts_err *err)
{
    unsigned char bytes[TS_RANDOM_NAME_LEN / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return ts_err_errno(err, TS_ERR_SYSTEM, "no random numbers");
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

bool
ts_rundir_is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}
