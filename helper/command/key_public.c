/* `key public`: what a host has to be told to accept this key's tokens. */
#include "helper/command/key.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/cache/refresh.h"

/* What the section is made of. */
struct stanza {
    const struct ts_request *request;
    const struct ts_key_info *info;
    const char *user;
};

/* In the largest unit that divides it, as people write durations. */
static int
print_duration(struct ts_secret *ret, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    while (seconds % units[i].seconds != 0)
        i++;
    return ts_secret_append_format(ret, "max_lifetime = %" PRId64 "%c\n",
                                   seconds / units[i].seconds, units[i].unit);
}

static int
print_expiry(struct ts_secret *ret, int64_t expires)
{
    char last[32];

    if (expires <= 0)
        return 0;
    ts_text_rfc3339(last, expires);
    return ts_secret_append_format(ret, "expires      = %.10s\n", last);
}

/*
 * The section is complete as it stands: a policy with one incomplete section is no policy at all,
 * and would lock out everybody else on the host. So `services`, which nobody here can know, gets
 * the one that most hosts have.
 */
static int
print_stanza(const struct stanza *stanza, struct ts_secret *ret)
{
    const struct ts_key_info *info = stanza->info;
    int rc = ts_secret_append_format(ret,
                                     "[key %s]\n"
                                     "public_key   = keys/%s.pem\n"
                                     "users        = %s\n"
                                     "# The PAM services that this key may open, for example:\n"
                                     "# services   = sshd sudo git-nginx\n"
                                     "services     = sshd\n"
                                     "scopes       = ",
                                     info->key_id, info->key_id, stanza->user);

    if (rc == 0)
        rc = ts_list_join(&stanza->request->scopes, ' ', ret);
    if (rc == 0)
        rc = ts_secret_append_string(ret, "\n");
    if (rc == 0)
        rc = print_duration(ret, stanza->request->lifetime);
    return rc < 0 ? rc : print_expiry(ret, info->expires);
}

static int
print_both(const struct stanza *stanza, struct ts_secret *answer, struct ts_err *err)
{
    const struct ts_key_info *info = stanza->info;

    if (ts_secret_append_string(answer, "# For " TS_SYSCONFDIR "/policy.conf on the host:\n") < 0 ||
        print_stanza(stanza, answer) < 0 ||
        ts_secret_append_format(answer, "\n# For " TS_SYSCONFDIR "/keys/%s.pem there:\n",
                                info->key_id) < 0 ||
        ts_secret_append(answer, info->public_key.data, info->public_key.len) < 0)
        return ts_err_nomem(err);
    return 0;
}

struct output_folder {
    int fd;
    const char *path;
};

/* Writes ID and ending, and says so. */
static int
write_file(const struct output_folder *folder, const char *name, const struct ts_secret *text,
           struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    int rc = ts_path_join(folder->path, name, &path, err);

    if (rc < 0)
        return rc;
    const struct ts_file_place place = {folder->fd, name, path, 0644};
    rc = ts_file_replace(&place, text, err);
    if (rc < 0)
        return ts_err_recode(err, TS_ERR_OUTPUT);
    return ts_secret_append_format(answer, "%s\n", path) < 0 ? ts_err_nomem(err) : 0;
}

static int
write_both(const struct stanza *stanza, const char *path, struct ts_secret *answer,
           struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret section = TS_SECRET_INIT(OUTPUT_MAX);
    TS_CLEANUP(ts_fd_close) int fd = -1;
    const struct ts_key_info *info = stanza->info;
    char name[TS_KEY_ID_MAX + sizeof(".conf")];

    if (print_stanza(stanza, &section) < 0)
        return ts_err_nomem(err);
    if (ts_file_make_folder(path))
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ts_err_errno(err, TS_ERR_OUTPUT, "folder %s cannot be used", path);
    const struct output_folder folder = {fd, path};
    (void)snprintf(name, sizeof(name), "%.*s.pem", TS_KEY_ID_MAX, info->key_id);
    int rc = write_file(&folder, name, &info->public_key, answer, err);
    (void)snprintf(name, sizeof(name), "%.*s.conf", TS_KEY_ID_MAX, info->key_id);
    if (rc == 0)
        rc = write_file(&folder, name, &section, answer, err);
    /* Two files or none that are told of. */
    if (rc < 0)
        ts_secret_clear(answer);
    return rc;
}

static int
tell_key(const struct ts_request *request, struct ts_key_info *ret, struct ts_err *err)
{
    int rc = ts_refresh_key_info(request, ret, err);

    if (rc < 0)
        (void)ts_err_prefix(err, "profile %s", request->profile);
    return rc;
}

int
key_public(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    TS_CLEANUP(ts_string_free) char *user = NULL;

    int rc = helper_request(helper, NULL, false, &request, err);
    if (rc == 0 && request.scopes.len == 0)
        rc = ts_err_set(err, TS_ERR_CONFIG,
                        "profile %s: set 'scopes', or THRIVESTACK_SCOPES: hosts demand some",
                        request.profile);
    if (rc == 0)
        rc = tell_key(&request, &info, err);
    if (rc == 0)
        rc = helper_local_user(&user, err);
    if (rc < 0)
        return rc;
    const struct stanza stanza = {&request, &info, user};
    if ((helper->options.given & OPTION_OUT) != 0)
        return write_both(&stanza, helper->options.out, answer, err);
    return print_both(&stanza, answer, err);
}
