#include "common/cache/cache_files.h"
#include "common/cache/cache.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
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
is_proof(const char *name)
{
    return starts_with(name, TS_CACHE_PROOF) && is_hash_with(name + strlen(TS_CACHE_PROOF), "");
}

static bool
is_mark(const char *name)
{
    return starts_with(name, TS_CACHE_ASKED) && is_hash_with(name + strlen(TS_CACHE_ASKED), "");
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

static bool
is_lock(const char *name)
{
    return is_hash_with(name, TS_CACHE_LOCK) || is_hash_with(name, TS_CACHE_SPARE_LOCK);
}

/* Whoever waits for a lock that is removed here notices, and makes another; see lock.c. */
static void
remove_lock(int fd, const char *name)
{
    TS_CLEANUP(ts_fd_close)
    int lock = openat(fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        (void)ts_cache_file_remove(fd, name);
}

static void
remove_file(int fd, const char *name)
{
    (void)ts_cache_file_remove(fd, name);
}

/* Kinds of file, and how long after its last change one may be removed. */
static const struct {
    bool (*is)(const char *name);
    void (*remove)(int fd, const char *name);
    int64_t seconds;
} kinds[] = {
    {ts_cache_is_token, remove_file, (int64_t)2 * 86400},
    {is_failure, remove_file, (int64_t)2 * 86400},
    {is_lock, remove_lock, (int64_t)2 * 86400},
    {ts_cache_is_parts, remove_file, 120},
    {is_proof, remove_file, 120},
    {is_draft, remove_file, 600},
    {is_mark, remove_file, 600},
};

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool
is_folder_ours(const struct stat *st)
{
    return st->st_uid == geteuid() && (st->st_mode & 022) == 0;
}

int
ts_cache_open(const char *folder)
{
    struct stat st;

    if (folder == NULL)
        return -1;
    TS_CLEANUP(ts_fd_close) int fd = open(folder, FOLDER_FLAGS);
    if (fd < 0 && errno == ENOENT && ts_file_make_folder(folder))
        fd = open(folder, FOLDER_FLAGS);
    if (fd < 0 || fstat(fd, &st) != 0 || !is_folder_ours(&st))
        return -1;
    int ret = fd;
    fd = -1;
    return ret;
}

/* A folder that cannot be opened: 0 where nothing of this user's can be in it. */
static int
report_unopened(const char *folder, int error, struct ts_err *err)
{
    struct stat st;
    bool exists = lstat(folder, &st) == 0;

    if (exists && S_ISLNK(st.st_mode))
        return ts_err_set(err, TS_ERR_CONFIG,
                          "the cache folder %s is a symbolic link, which is not followed: remove "
                          "the link and what it leads to",
                          folder);
    if (!exists || error == ENOENT || error == ENOTDIR ||
        (error == EACCES && st.st_uid != geteuid()))
        return 0;
    errno = error;
    return ts_err_errno(err, TS_ERR_SYSTEM, "the cache folder %s cannot be opened", folder);
}

int
ts_cache_find(const char *folder, int *ret_fd, struct ts_err *err)
{
    struct stat st;

    *ret_fd = -1;
    if (folder == NULL)
        return 0;
    TS_CLEANUP(ts_fd_close) int fd = open(folder, FOLDER_FLAGS);
    if (fd < 0)
        return report_unopened(folder, errno, err);
    if (fstat(fd, &st) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the cache folder %s cannot be opened", folder);
    if (st.st_uid == geteuid()) {
        *ret_fd = fd;
        fd = -1;
    }
    return 0;
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
write_cache_draft(int fd, const char *draft, const struct ts_secret *text)
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
    if (write_cache_draft(fd, draft, text) && renameat(fd, draft, fd, name) == 0)
        return true;
    (void)unlinkat(fd, draft, 0);
    return false;
}

bool
ts_cache_file_remove(int fd, const char *name)
{
    return unlinkat(fd, name, 0) == 0 || errno == ENOENT;
}

static bool
is_cache_file(const char *name)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(kinds); i++)
        if (kinds[i].is(name))
            return true;
    return false;
}

/* Only errno distinguishes an error of readdir from the end. */
static const struct dirent *
next_entry(DIR *folder)
{
    errno = 0;
    return readdir(folder);
}

bool
ts_cache_files_walk(int fd, ts_cache_files_fn callback, void *context)
{
    /* A descriptor of its own, as closedir closes it and readdir moves its offset. */
    TS_CLEANUP(ts_fd_close) int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    TS_CLEANUP(ts_folder_close) DIR *folder = own >= 0 ? fdopendir(own) : NULL;
    const struct dirent *entry;

    if (folder == NULL)
        return false;
    own = -1;
    while ((entry = next_entry(folder)) != NULL)
        if (is_cache_file(entry->d_name) && !callback(context, fd, entry->d_name))
            return true;
    return errno == 0;
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
            kinds[i].remove(fd, name);
    return true;
}

void
ts_cache_files_prune(int fd)
{
    int64_t now = ts_clock_wall();

    (void)ts_cache_files_walk(fd, prune_one, &now);
}

static bool
remove_one(void *context, int fd, const char *name)
{
    bool *all = context;

    *all &= ts_cache_file_remove(fd, name);
    return true;
}

bool
ts_cache_remove_all(int fd)
{
    bool all = true;

    return ts_cache_files_walk(fd, remove_one, &all) && all;
}

static bool
remove_note(void *context, int fd, const char *name)
{
    bool *all = context;

    if (ts_cache_is_parts(name) || is_proof(name) || is_failure(name))
        *all &= ts_cache_file_remove(fd, name);
    return true;
}

bool
ts_cache_remove_notes(int fd)
{
    bool all = true;

    return ts_cache_files_walk(fd, remove_note, &all) && all;
}

int64_t
ts_cache_quiet_ms(int fd)
{
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return -1;
    return ts_clock_wall_ms() - ((int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000);
}

bool
ts_cache_touch(int fd)
{
    return futimens(fd, NULL) == 0;
}

bool
ts_cache_mark(int fd, uint64_t hash)
{
    char name[TS_CACHE_NAME_MAX];

    (void)snprintf(name, sizeof(name), TS_CACHE_ASKED "%016llx", (unsigned long long)hash);
    TS_CLEANUP(ts_fd_close)
    int file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return file >= 0 || errno != EEXIST;
}
