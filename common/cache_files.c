#include "common/cache_files.h"
#include "common/cache.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX "0123456789abcdef"

static bool
starts_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool
is_hash_with(const char *name, const char *ending)
{
    return strspn(name, HEX) == TS_IDENTITY_NAME_LEN &&
           strcmp(name + TS_IDENTITY_NAME_LEN, ending) == 0;
}

bool
ts_cache_is_token(const char *name)
{
    return is_hash_with(name, TS_CACHE_TOKEN);
}

bool
ts_cache_is_parts(const char *name)
{
    return starts_with(name, TS_CACHE_PARTS) && is_hash_with(name + strlen(TS_CACHE_PARTS), "");
}

static bool
is_draft(const char *name)
{
    return starts_with(name, TS_CACHE_DRAFT) && is_hash_with(name + strlen(TS_CACHE_DRAFT), "");
}

static bool
is_failure(const char *name)
{
    return is_hash_with(name, TS_CACHE_FAILURE);
}

/* Kinds of file, how to tell them, and how long after its last change one may be removed. */
static const struct {
    bool (*is)(const char *name);
    int64_t seconds;
} kinds[] = {
    {ts_cache_is_token, (int64_t)2 * 86400},
    {is_failure, (int64_t)2 * 86400},
    {ts_cache_is_parts, 120},
    {is_draft, 600},
};

static bool
is_folder_ours(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

int
ts_cache_open(const char *folder)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

    if (folder == NULL)
        return -1;
    TS_CLEANUP(ts_fd_close) int fd = open(folder, flags);
    if (fd < 0 && errno == ENOENT && ts_file_make_folder(folder))
        fd = open(folder, flags);
    if (fd < 0 || !is_folder_ours(fd))
        return -1;
    int ret = fd;
    fd = -1;
    return ret;
}

static bool
is_file_ours(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 077) == 0 && st.st_nlink == 1;
}

bool
ts_cache_file_read(int fd, const char *name, struct ts_secret *ret)
{
    TS_CLEANUP(ts_fd_close)
    int file = openat(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    return file >= 0 && is_file_ours(file) && ts_secret_read_fd(ret, file) == 0;
}

static bool
write_draft(int fd, const char *draft, const struct ts_secret *text)
{
    TS_CLEANUP(ts_fd_close)
    int file = openat(fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0 || ts_write_all(file, text->data, text->len) < 0)
        return false;
    int closing = file;
    file = -1;
    /* A full disk may show only here. */
    return close(closing) == 0;
}

bool
ts_cache_file_write(int fd, const char *name, const struct ts_secret *text)
{
    char draft[TS_CACHE_NAME_MAX];
    unsigned long long random = 0;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return false;
    (void)snprintf(draft, sizeof(draft), TS_CACHE_DRAFT "%016llx", random);
    if (write_draft(fd, draft, text) && renameat(fd, draft, fd, name) == 0)
        return true;
    (void)unlinkat(fd, draft, 0);
    return false;
}

void
ts_cache_file_remove(int fd, const char *name)
{
    (void)unlinkat(fd, name, 0);
}

static void
close_folder(DIR **folder)
{
    if (*folder != NULL)
        (void)closedir(*folder);
}

static bool
is_ours(const char *name)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(kinds); i++)
        if (kinds[i].is(name))
            return true;
    return is_hash_with(name, TS_CACHE_LOCK);
}

void
ts_cache_files_walk(int fd, ts_cache_files_fn callback, void *context)
{
    /* A descriptor of its own, as closedir closes it and readdir moves its offset. */
    TS_CLEANUP(ts_fd_close) int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    TS_CLEANUP(close_folder) DIR *folder = own >= 0 ? fdopendir(own) : NULL;
    const struct dirent *entry;

    if (folder == NULL)
        return;
    own = -1;
    while ((entry = readdir(folder)) != NULL)
        if (is_ours(entry->d_name) && !callback(context, fd, entry->d_name))
            return;
}

static bool
prune_one(void *context, int fd, const char *name)
{
    const int64_t *now = context;
    struct stat st;

    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    for (size_t i = 0; i < TS_ARRAY_LEN(kinds); i++)
        if (kinds[i].is(name) && (int64_t)st.st_mtim.tv_sec + kinds[i].seconds < *now)
            ts_cache_file_remove(fd, name);
    return true;
}

void
ts_cache_files_prune(int fd)
{
    int64_t now = ts_clock_wall();

    ts_cache_files_walk(fd, prune_one, &now);
}

static bool
remove_one(void *context, int fd, const char *name)
{
    (void)context;
    ts_cache_file_remove(fd, name);
    return true;
}

void
ts_cache_remove_all(int fd)
{
    ts_cache_files_walk(fd, remove_one, NULL);
}
