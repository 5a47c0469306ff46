#include "cache_state.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "common/policy/token.h"
#include "common/policy/verify.h"

#define FILE_MAX_LEN ((size_t)256 * 1024)

typedef void (*file_fn)(int folder, const char *name, void *context);

static int
open_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        err(2, "%s", path);
    return fd;
}

static void
for_each(const char *path, file_fn function, void *context)
{
    int fd = open_folder(path);
    DIR *folder = fdopendir(fd);
    const struct dirent *entry;

    if (folder == NULL)
        err(2, "%s", path);
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            function(fd, entry->d_name, context);
    (void)closedir(folder);
}

static bool
ends_in(const char *name, const char *ending)
{
    size_t len = strlen(name);

    return len > strlen(ending) && strcmp(name + len - strlen(ending), ending) == 0;
}

static void
remove_file(int folder, const char *name, void *context)
{
    (void)context;
    if (unlinkat(folder, name, 0) != 0)
        err(2, "%s", name);
}

static void
read_file(int folder, const char *name, struct ts_secret *ret)
{
    TS_CLEANUP(ts_fd_close) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || ts_secret_read_fd(ret, fd) < 0)
        err(2, "%s cannot be read", name);
}

static void
copy_file(int folder, const char *name, void *context)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(FILE_MAX_LEN);
    const int *to = context;

    read_file(folder, name, &text);
    TS_CLEANUP(ts_fd_close)
    int fd = openat(*to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ts_write_all(fd, text.data, text.len) < 0)
        err(2, "%s cannot be written", name);
}

void
cache_state_set(const char *folder, const char *saved)
{
    TS_CLEANUP(ts_fd_close) int fd = open_folder(folder);

    for_each(folder, remove_file, NULL);
    for_each(saved, copy_file, &fd);
}

bool
is_signed(const char *text, size_t len, struct evp_pkey_st *key)
{
    TS_CLEANUP(ts_token_release) struct ts_token token = {.text = NULL};
    struct ts_err ignored = {.code = 0};

    return ts_token_split(&token, text, len, &ignored) == 0 &&
           ts_token_verify(&token, key, &ignored) == 0;
}

bool
is_signed_token(const char *text, size_t len, struct evp_pkey_st *key)
{
    TS_CLEANUP(ts_token_release) struct ts_token token = {.text = NULL};
    struct ts_err ignored = {.code = 0};

    return ts_token_split(&token, text, len, &ignored) == 0 &&
           ts_token_read_header(&token, &ignored) == 0 &&
           ts_token_verify(&token, key, &ignored) == 0 &&
           ts_token_read_payload(&token, &ignored) == 0;
}

static void
remove_token(int folder, const char *name, void *context)
{
    if (ends_in(name, ".json"))
        remove_file(folder, name, context);
}

void
cache_state_drop_tokens(const char *folder)
{
    for_each(folder, remove_token, NULL);
}

struct reading {
    struct cache_state *state;
    struct evp_pkey_st *key;
};

__attribute__((format(printf, 2, 3))) static void
complain(struct cache_state *state, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(state->problem, sizeof(state->problem), format, args);
    va_end(args);
}

static void
check_lock(int folder, const char *name, struct cache_state *state)
{
    TS_CLEANUP(ts_fd_close) int fd = openat(folder, name, O_RDWR | O_CLOEXEC);

    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
        complain(state, "the lock %s is held", name);
}

static void
check_json(int folder, const char *name, struct reading *reading)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(FILE_MAX_LEN);
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err ignored = {.code = 0};

    read_file(folder, name, &text);
    if (ts_json_parse_object(ts_secret_string(&text), text.len, &object, &ignored) < 0) {
        complain(reading->state, "%s is not whole: %zu bytes", name, text.len);
        return;
    }
    const char *token = ts_json_string(object, "token");
    if (token == NULL)
        return;
    reading->state->tokens++;
    if (!is_signed_token(token, strlen(token), reading->key))
        complain(reading->state, "%s holds a token that is none", name);
}

static void
check_file(int folder, const char *name, void *context)
{
    struct reading *reading = context;
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
        (st.st_mode & 077) != 0)
        complain(reading->state, "%s is not the user's alone", name);
    else if (ends_in(name, ".lock"))
        check_lock(folder, name, reading->state);
    else if (ends_in(name, ".json") || ends_in(name, ".fail"))
        check_json(folder, name, reading);
    else if (strncmp(name, "draft-", 6) == 0)
        reading->state->drafts++;
    else
        complain(reading->state, "%s has no business there", name);
}

void
cache_state_read(const char *folder, struct evp_pkey_st *key, struct cache_state *ret)
{
    struct reading reading = {ret, key};

    memset(ret, 0, sizeof(*ret));
    for_each(folder, check_file, &reading);
}

static void
age_file(int folder, const char *name, void *context)
{
    const long *seconds = context;
    struct stat st;

    if (fstatat(folder, name, &st, 0) != 0)
        err(2, "%s", name);
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT},
                                     {.tv_sec = st.st_mtim.tv_sec - *seconds}};
    if (utimensat(folder, name, times, 0) != 0)
        err(2, "%s", name);
}

void
cache_state_age(const char *folder, long seconds)
{
    for_each(folder, age_file, &seconds);
}
