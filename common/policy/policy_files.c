/* Which files a policy is read from: policy.conf, and keys.d beside it. */
#include "common/base/cleanup.h"
#include "common/base/conf_dir.h"
#include "common/policy/policy_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
#define INLINE_LEN_MIN 60 /* the shortest public keys of any algorithm in use have so many */

bool
ts_policy_key_is_inline(const struct ts_policy_key *key)
{
    const char *text = key->public_key_text;

    /* DER of 128 bytes or more begins with 0x30 0x8, which is `MI`; shorter keys, of other
     * algorithms, with M. They are told from names of files by their length, to get the right
     * message. */
    return strncmp(text, "MII", 3) == 0 ||
           (text[0] == 'M' && strlen(text) >= INLINE_LEN_MIN && text[strspn(text, BASE64)] == '\0');
}

static int
read_public_key_file(const struct ts_policy *policy, const struct ts_policy_key *key,
                     struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_trusted_folder_release)
    struct ts_trusted_folder folder = TS_TRUSTED_FOLDER_INIT;
    const char *ignored = NULL;
    int rc = ts_trusted_folder_open(key->file, policy->owner, &folder, &ignored, err);

    return rc < 0 ? rc : ts_trusted_read(&folder, key->public_key_text, ret, err);
}

int
ts_policy_key_text(const struct ts_policy *policy, const struct ts_policy_key *key,
                   struct ts_secret *ret, struct ts_err *err)
{
    if (ts_policy_key_is_inline(key))
        return ts_secret_append_string(ret, key->public_key_text) < 0 ? ts_err_nomem(err) : 0;
    int rc = read_public_key_file(policy, key, ret, err);
    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    ts_err_prefix(err, "%s:%u: public_key", key->file, key->public_key_line);
    return ts_err_recode(err, TS_ERR_CONFIG);
}

static int
open_policy(const char *path, uid_t owner, struct ts_trusted_folder *folder, struct ts_secret *text,
            struct ts_err *err)
{
    const char *file = NULL;
    int rc = ts_trusted_folder_open(path, owner, folder, &file, err);

    if (rc == 0)
        rc = ts_trusted_read(folder, file, text, err);
    if (rc == TS_ERR_NOT_FOUND)
        ts_err_set(err, rc,
                   "%s: nobody can log in with a token until it is written; see "
                   "policy.conf(5)",
                   err->text);
    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    if (strncmp(err->text, path, strlen(path)) != 0)
        ts_err_prefix(err, "%s", path);
    return ts_err_recode(err, TS_ERR_CONFIG);
}

static int
init_policy(struct ts_policy *policy, const char *path, const struct ts_policy_trust *trust,
            struct ts_err *err)
{
    memset(policy, 0, sizeof(*policy));
    policy->owner = trust->owner;
    policy->file = strdup(path);
    return policy->file != NULL ? 0 : ts_err_nomem(err);
}

/* A file of keys.d, on its way into the policy. */
struct key_file {
    struct ts_policy *policy;
    const struct ts_trusted_folder *folder;
    const char *name;
    char *path;
};

/* What can be read of a file that is not to be trusted. Returns 0, TS_ERR_TOO_LARGE where there is
 * more than the maximum, or TS_ERR_SYSTEM. */
static int
read_untrusted(const struct key_file *file, struct ts_secret *ret)
{
    TS_CLEANUP(ts_fd_close)
    int fd = openat(file->folder->fd, file->name,
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return TS_ERR_SYSTEM;
    return ts_secret_read_fd(ret, fd);
}

/* The file costs its own keys. Those in it that can be found get the problem; where it cannot be
 * read, any key might be in it. */
static int
add_broken(const struct key_file *file, struct ts_err *problem, bool is_untrusted,
           struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_POLICY_FILE_MAX);
    struct ts_policy *policy = file->policy;

    if (strstr(problem->text, file->path) == NULL)
        ts_err_prefix(problem, "%s", file->path);
    const char *kept = ts_policy_add_problem(policy, problem->text);
    if (kept == NULL)
        return ts_err_nomem(err);
    int rc = read_untrusted(file, &text);
    /* UTF-16, for example, has a NUL in every character. */
    const bool is_text = rc == 0 && memchr(ts_secret_string(&text), '\0', text.len) == NULL;
    if (!is_text && policy->unread == NULL)
        policy->unread = kept;
    return ts_policy_add_broken(policy, &text, file->path, kept, is_untrusted, err);
}

static int
read_key_file(const struct key_file *file, struct ts_secret *text, struct ts_err *err)
{
    int rc = ts_trusted_read(file->folder, file->name, text, err);

    if (rc == 0 && file->policy->texts_bytes + text->len > TS_POLICY_TOTAL_MAX)
        rc = ts_err_set(err, TS_ERR_TOO_LARGE,
                        "%s: " TS_POLICY_KEYS_FOLDER " holds more than %zu bytes", file->path,
                        TS_POLICY_TOTAL_MAX);
    return rc;
}

static int
add_file(const struct key_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_POLICY_FILE_MAX);
    struct ts_err problem = {0};
    struct stat st;
    int rc = read_key_file(file, &text, &problem);

    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    /* It was removed since the folder was read. */
    if (rc == TS_ERR_NOT_FOUND &&
        fstatat(file->folder->fd, file->name, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        return 0;
    if (rc < 0)
        return add_broken(file, &problem, true, err);
    rc = ts_policy_add_text(file->policy, &text, file->path, true, &problem);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    return rc < 0 ? add_broken(file, &problem, false, err) : 0;
}

static int
add_files(struct ts_policy *policy, const struct ts_trusted_folder *folder, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list names = {NULL, 0};
    int rc = ts_conf_dir_list(folder->fd, folder->name, &names, err);

    for (size_t i = 0; i < names.len && rc == 0; i++) {
        TS_CLEANUP(ts_string_free) char *path = NULL;

        if (asprintf(&path, "%s/%s", folder->name, names.items[i]) < 0) {
            path = NULL;
            return ts_err_nomem(err);
        }
        const struct key_file file = {policy, folder, names.items[i], path};
        rc = add_file(&file, err);
    }
    return rc;
}

int
ts_policy_add_folder(struct ts_policy *policy, const struct ts_trusted_folder *beside,
                     struct ts_err *err)
{
    TS_CLEANUP(ts_trusted_folder_release)
    struct ts_trusted_folder folder = TS_TRUSTED_FOLDER_INIT;
    int rc = ts_trusted_folder_enter(beside, TS_POLICY_KEYS_FOLDER, &folder, err);

    if (rc == TS_ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = add_files(policy, &folder, err);
    return rc == 0 || rc == TS_ERR_NOMEM ? rc : ts_err_recode(err, TS_ERR_CONFIG);
}

/* A policy.conf with its keys.d, or one file of keys. */
static int
load_policy_file(const char *path, const struct ts_policy_trust *trust, bool keys_only,
                 struct ts_policy *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_trusted_folder_release)
    struct ts_trusted_folder folder = TS_TRUSTED_FOLDER_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_POLICY_FILE_MAX);
    int rc = init_policy(ret, path, trust, err);

    if (rc == 0)
        rc = open_policy(path, trust->owner, &folder, &text, err);
    if (rc == 0)
        rc = ts_policy_add_text(ret, &text, path, keys_only, err);
    if (rc == 0 && !keys_only)
        rc = ts_policy_add_folder(ret, &folder, err);
    return rc < 0 ? rc : ts_policy_finish(ret, err);
}

int
ts_policy_load(const char *path, const struct ts_policy_trust *trust, struct ts_policy *ret,
               struct ts_err *err)
{
    return load_policy_file(path, trust, false, ret, err);
}

int
ts_policy_load_keys(const char *path, const struct ts_policy_trust *trust, struct ts_policy *ret,
                    struct ts_err *err)
{
    return load_policy_file(path, trust, true, ret, err);
}
