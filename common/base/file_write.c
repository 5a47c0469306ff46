/* The writing half of file.h. */
#include "common/base/cleanup.h"
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

bool
ts_file_make_folder(const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return true;
    const char *slash = strrchr(path, '/');
    if (errno != ENOENT || slash == NULL || slash == path)
        return false;
    TS_CLEANUP(ts_string_free) char *parent = strndup(path, (size_t)(slash - path));
    return parent != NULL && ts_file_make_folder(parent) &&
           (mkdir(path, 0700) == 0 || errno == EEXIST);
}

int
ts_file_check_writer(const char *path, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *place = strdup(path);
    char *slash = NULL;
    struct stat st;

    if (place == NULL)
        return ts_err_nomem(err);
    while (lstat(place, &st) != 0) {
        slash = strrchr(place, '/');
        if (slash == NULL || slash == place)
            return 0;
        *slash = '\0';
    }
    if (geteuid() != 0 || st.st_uid == 0)
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "%s belongs to user %u: run this as that user (sudo -u '#%u'), or set HOME",
                      place, st.st_uid, st.st_uid);
}

static bool
write_file_draft(const struct ts_file_place *place, const char *draft, const struct ts_secret *text)
{
    TS_CLEANUP(ts_fd_close)
    int file =
        openat(place->folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    /* The umask has no say. */
    return file >= 0 &&
           (place->owner == NULL ||
            fchown(file, place->owner->st_uid, place->owner->st_gid) == 0) &&
           fchmod(file, place->mode) == 0 && ts_write_all(file, text->data, text->len) == 0 &&
           fsync(file) == 0;
}

static int
report_write_error(const struct ts_file_place *place, struct ts_err *err)
{
    bool forbidden = errno == EACCES || errno == EPERM || errno == EROFS;

    return ts_err_errno(err, forbidden ? TS_ERR_UNSAFE : TS_ERR_SYSTEM, "%s cannot be written",
                        place->shown);
}

int
ts_file_replace(const struct ts_file_place *place, const struct ts_secret *text, struct ts_err *err)
{
    char draft[NAME_MAX + 1];
    unsigned long long random = 0;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return report_write_error(place, err);
    (void)snprintf(draft, sizeof(draft), ".%.200s.%016llx", place->name, random);
    if (!write_file_draft(place, draft, text) ||
        renameat(place->folder, draft, place->folder, place->name) != 0) {
        (void)report_write_error(place, err);
        (void)unlinkat(place->folder, draft, 0);
        return err->code;
    }
    /* The rename itself; where a file system cannot do that, the file is in place all the same. */
    (void)fsync(place->folder);
    return 0;
}
