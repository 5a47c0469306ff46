/* `key public`: the section that makes a host accept this key's tokens. */
#include "helper/command/key.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/cache/refresh.h"
#include "common/policy/policy_schema.h"

/* What the section is made of. */
struct stanza {
    const struct ts_request *request;
    const struct ts_key_info *info;
    const char *users;
    const char *services;
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

/* What is between the first and the last line of a PEM file, joined. */
static int
print_inline(const struct ts_secret *pem, struct ts_secret *ret)
{
    const char *line = ts_secret_string(pem);
    int rc = 0;

    while (*line != '\0' && rc == 0) {
        size_t len = strcspn(line, "\n");

        if (line[0] != '-')
            rc = ts_secret_append(ret, line, len);
        line += len + (line[len] == '\n');
    }
    return rc;
}

/* Which key this is, for people who read a list of them. */
static int
print_comment(const struct stanza *stanza, struct ts_secret *ret)
{
    char host[256] = "";

    if (stanza->info->name[0] != '\0')
        return ts_secret_append_format(ret, "# %s\n", stanza->info->name);
    if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
        return 0;
    return ts_secret_append_format(ret, "# on %s\n", host);
}

/* The section is complete, so `services`, which cannot be known here, has the one that
 * most hosts have. */
static int
print_stanza(const struct stanza *stanza, struct ts_secret *ret)
{
    const struct ts_key_info *info = stanza->info;
    int rc = print_comment(stanza, ret);

    if (rc == 0)
        rc = ts_secret_append_format(ret, "[key %s]\npublic_key   = ", info->key_id);
    if (rc == 0)
        rc = print_inline(&info->public_key, ret);
    if (rc == 0)
        rc = ts_secret_append_format(ret, "\nusers        = %s\nservices     = %s\nscopes       = ",
                                     stanza->users, stanza->services);
    if (rc == 0)
        rc = ts_list_join(&stanza->request->scopes, ' ', ret);
    if (rc == 0)
        rc = ts_secret_append_string(ret, "\n");
    if (rc == 0)
        rc = print_duration(ret, stanza->request->lifetime);
    return rc < 0 ? rc : print_expiry(ret, info->expires);
}

/* A mistake in --users or --services is one of this command's, and not for the host to find. */
static int
check_stanza(const struct ts_secret *section, struct ts_err *err)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {.file = NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret copy = TS_SECRET_INIT(OUTPUT_MAX);

    if (ts_secret_append(&copy, section->data, section->len) < 0)
        return ts_err_nomem(err);
    int rc = ts_policy_add_text(&policy, &copy, "--users or --services, in line", true, err);
    return rc == TS_ERR_CONFIG ? ts_err_recode(err, TS_ERR_USAGE) : rc;
}

static int
make_section(const struct stanza *stanza, struct ts_secret *ret, struct ts_err *err)
{
    return print_stanza(stanza, ret) < 0 ? ts_err_nomem(err) : check_stanza(ret, err);
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

    int rc = make_section(stanza, &section, err);
    if (rc < 0)
        return rc;
    if (ts_file_make_folder(path))
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ts_err_errno(err, TS_ERR_OUTPUT, "folder %s cannot be used", path);
    const struct output_folder folder = {fd, path};
    (void)snprintf(name, sizeof(name), "%.*s.pem", TS_KEY_ID_MAX, info->key_id);
    rc = write_file(&folder, name, &info->public_key, answer, err);
    (void)snprintf(name, sizeof(name), "%.*s.conf", TS_KEY_ID_MAX, info->key_id);
    if (rc == 0)
        rc = write_file(&folder, name, &section, answer, err);
    /* Two files or none that are told of. */
    if (rc < 0)
        ts_secret_clear(answer);
    return rc;
}

static int
print_key_note(const struct ts_request *request, struct ts_key_info *ret, struct ts_err *err)
{
    int rc = ts_refresh_key_info(request, ret, err);

    if (rc < 0)
        (void)ts_err_prefix(err, "profile %s", request->profile);
    return rc;
}

int
key_public(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    const struct options *options = &helper->options;
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    TS_CLEANUP(ts_string_free) char *user = NULL;

    int rc = helper_request(helper, NULL, false, &request, err);
    if (rc == 0 && request.scopes.len == 0)
        rc = ts_err_set(
            err, TS_ERR_CONFIG,
            "profile %s: set 'scopes', or THRIVESTACK_SCOPES: hosts require at least one",
            request.profile);
    if (rc == 0)
        rc = print_key_note(&request, &info, err);
    if (rc == 0)
        rc = helper_local_user(&user, err);
    if (rc < 0)
        return rc;
    const struct stanza stanza = {&request, &info, options->users != NULL ? options->users : user,
                                  options->services != NULL ? options->services : "sshd"};
    if ((options->given & OPTION_OUT) != 0)
        return write_both(&stanza, options->out, answer, err);
    return make_section(&stanza, answer, err);
}
