#include "common/base/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"

#define TRIES 5
#define FOREIGN_SECONDS 86400
#define BOOT_LETTERS 8

/* The file, a draft of it that a killed writer left, and kubectl's lock. */
static bool
is_of_file(const char *name, const char *file)
{
    size_t len = strlen(file);

    if (name[0] == '.')
        return strncmp(name + 1, file, len) == 0 && name[1 + len] == '.';
    return strncmp(name, file, len) == 0 && (name[len] == '\0' || strcmp(name + len, ".lock") == 0);
}

void
ts_scratch_release(struct ts_scratch *scratch)
{
    DIR *list = scratch->fd >= 0 ? fdopendir(scratch->fd) : NULL;
    const struct dirent *entry = NULL;

    if (list != NULL) {
        while ((entry = readdir(list)) != NULL)
            if (is_of_file(entry->d_name, scratch->kind->file))
                (void)unlinkat(dirfd(list), entry->d_name, 0);
        (void)closedir(list);
        scratch->fd = -1;
    }
    ts_fd_close(&scratch->fd);
    if (scratch->folder != NULL)
        (void)rmdir(scratch->folder);
    ts_string_free(&scratch->folder);
}

/* Takes the folder for this process. False where another holds it, or has just removed it. */
static bool
lock_folder(int fd)
{
    struct stat st;

    return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static bool
is_unchanged(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && ts_clock_wall() - st.st_mtime > FOREIGN_SECONDS;
}

static void
remove_leftover(const struct ts_scratch_kind *kind, const char *path, bool is_same_boot)
{
    TS_CLEANUP(ts_fd_close)
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 || !lock_folder(fd) || (!is_same_boot && !is_unchanged(fd)))
        return;
    struct ts_scratch left = {kind, strdup(path), fd};
    fd = -1;
    ts_scratch_release(&left);
}

/* `own` is how the names of this boot begin. */
static void
remove_leftovers(const struct ts_scratch_kind *kind, const char *parent, const char *own)
{
    TS_CLEANUP(ts_folder_close) DIR *list = opendir(parent);
    const struct dirent *entry = NULL;

    while (list != NULL && (entry = readdir(list)) != NULL) {
        TS_CLEANUP(ts_string_free) char *path = NULL;

        if (strncmp(entry->d_name, kind->prefix, strlen(kind->prefix)) != 0)
            continue;
        if (asprintf(&path, "%s/%s", parent, entry->d_name) < 0)
            path = NULL;
        else
            remove_leftover(kind, path, strncmp(entry->d_name, own, strlen(own)) == 0);
    }
}

static int
make_locked_folder(struct ts_scratch *scratch, const char *parent, const char *own,
                   struct ts_err *err)
{
    if (asprintf(&scratch->folder, "%s/%sXXXXXX", parent, own) < 0) {
        scratch->folder = NULL;
        return ts_err_nomem(err);
    }
    if (mkdtemp(scratch->folder) == NULL) {
        ts_string_free(&scratch->folder);
        return ts_err_errno(err, TS_ERR_OUTPUT, "no folder can be made in %s", parent);
    }
    scratch->fd = open(scratch->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (scratch->fd >= 0 && lock_folder(scratch->fd))
        return 0;
    return ts_err_errno(err, TS_ERR_OUTPUT, "%s cannot be used", scratch->folder);
}

int
ts_scratch_make(const struct ts_scratch_kind *kind, const char *parent, struct ts_scratch *ret,
                struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *own = NULL;
    struct ts_clock now;
    int rc = ts_clock_read(&now, err);

    if (rc < 0)
        return ts_err_recode(err, TS_ERR_OUTPUT);
    /* Without an id, no boot is known to be the same. */
    if (asprintf(&own, "%s%.*s-", kind->prefix, BOOT_LETTERS, now.boot_id) < 0) {
        own = NULL;
        return ts_err_nomem(err);
    }
    remove_leftovers(kind, parent, now.boot_id[0] != '\0' ? own : "/");
    ret->kind = kind;
    /* Another process may take a folder for a leftover before it is locked. */
    rc = TS_ERR_OUTPUT;
    for (int i = 0; i < TRIES && rc == TS_ERR_OUTPUT; i++) {
        ts_scratch_release(ret);
        rc = make_locked_folder(ret, parent, own, err);
    }
    return rc;
}
