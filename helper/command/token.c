/* `token`: prints one, for scripts and people. */
#include <fcntl.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/config/host.h"
#include "common/json/json_write.h"
#include "helper/client/client_request.h"
#include "helper/helper.h"

static int
print_json(const struct ts_grant *grant, struct ts_secret *answer, struct ts_err *err)
{
    struct ts_json_writer json = ts_json_begin(answer);
    struct ts_clock now;
    char expires_at[32];
    int rc = ts_clock_read(&now, err);

    if (rc < 0)
        return rc;
    ts_text_rfc3339(expires_at, ts_grant_expires_at(grant, &now));
    ts_json_write_string(&json, "token", ts_secret_string(&grant->token));
    ts_json_write_string(&json, "expires_at", expires_at);
    ts_json_write_integer(&json, "expires_in", ts_grant_remaining(grant, &now));
    ts_json_write_list(&json, "scopes", &grant->scopes);
    ts_json_write_string(&json, "key_id", grant->key_id);
    ts_json_write_string(&json, "response_id", grant->response_id);
    return ts_json_end_line(&json) < 0 ? ts_err_nomem(err) : 0;
}

/* How the token is printed. */
enum format { PLAIN, HEADER, JSON, NETRC };

static int
find_format(const struct options *options, enum format *ret, struct ts_err *err)
{
    bool has_format = (options->given & OPTION_FORMAT) != 0;
    bool is_netrc = has_format && strcmp(options->format, "netrc") == 0;
    uint64_t kinds = options->given & (OPTION_JSON | OPTION_HEADER | OPTION_FORMAT);

    if ((kinds & (kinds - 1)) != 0)
        return helper_usage(err, "--json, --header and --format exclude each other");
    if (has_format && !is_netrc && strcmp(options->format, "plain") != 0)
        return helper_usage(err, "--format: '%s' is not plain or netrc", options->format);
    if (is_netrc && options->host == NULL)
        return helper_usage(err, "--format netrc needs --host");
    *ret = kinds == OPTION_JSON ? JSON : kinds == OPTION_HEADER ? HEADER : is_netrc ? NETRC : PLAIN;
    return 0;
}

/* Without --host, what the profile gets. */
static int
find_token(struct helper *helper, enum format format, struct client_answer *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    const char *host = helper->options.host;
    struct client_question question = {.wants = format == NETRC    ? CLIENT_LOGIN
                                                : format == HEADER ? CLIENT_AUTH
                                                                   : CLIENT_TOKEN,
                                       .bound_host = helper->options.bound_host,
                                       .takes_api_key = true};

    if (question.bound_host != NULL && !ts_host_is_name(question.bound_host))
        return helper_usage(err,
                            "--for: '%.253s' is not a host's name in lower case without a port",
                            question.bound_host);
    int rc = host != NULL ? client_parse_host(host, &question, &storage, err) : 0;

    if (rc == TS_ERR_USAGE)
        return helper_usage(err, "--host: %s", err->text);
    return rc < 0 ? rc : client_get(helper, &question, ret, err);
}

/* A netrc file has no ports, and no quotes that all of its readers know. */
static int
print_netrc(const char *host, const struct client_answer *found, struct ts_secret *answer,
            struct ts_err *err)
{
    const char *scheme_end = strstr(host, "://");
    const char *start = scheme_end != NULL ? scheme_end + 3 : host;
    char name[TS_HOST_NAME_MAX + 1] = "";
    unsigned port = 0;

    if (strpbrk(found->username, " \t\"\\#") != NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "a netrc file cannot hold the user name '%.100s'",
                          found->username);
    (void)ts_host_split_len(start, strcspn(start, "/?#"), name, &port);
    return ts_secret_append_strings(answer, "machine ", name, " login ", found->username,
                                    " password ", ts_secret_string(&found->grant.token), "\n",
                                    NULL) < 0
               ? ts_err_nomem(err)
               : 0;
}

static int
print_line(const struct client_answer *found, bool is_header, struct ts_secret *answer,
           struct ts_err *err)
{
    int rc = is_header ? ts_secret_append_string(answer, "Authorization: ") : 0;

    if (rc == 0)
        rc = is_header ? client_print_header(found, answer)
                       : ts_secret_append(answer, found->grant.token.data, found->grant.token.len);
    return rc < 0 || ts_secret_append_string(answer, "\n") < 0 ? ts_err_nomem(err) : 0;
}

/* The file is replaced, readable by its owner alone; a reader sees the old token or the new one. */
static int
write_file(const char *file, struct ts_secret *answer, struct ts_err *err)
{
    const struct ts_path_base base = {NULL, NULL};
    TS_CLEANUP(ts_string_free) char *path = NULL;
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    TS_CLEANUP(ts_fd_close) int fd = -1;
    int rc = ts_path_resolve(file, &base, &path, err);

    if (rc == 0)
        rc = ts_path_folder(path, &folder, err);
    if (rc < 0)
        return rc;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ts_err_errno(err, TS_ERR_OUTPUT, "%s cannot be written", path);
    const struct ts_file_place place = {
        .folder = fd, .name = strrchr(path, '/') + 1, .shown = path, .mode = 0600};
    if (ts_file_replace(&place, answer, err) < 0)
        return ts_err_recode(err, TS_ERR_OUTPUT);
    ts_secret_clear(answer);
    return 0;
}

int
command_token(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    enum format format = PLAIN;
    const struct options *options = &helper->options;

    int rc = find_format(options, &format, err);
    if (rc == 0)
        rc = find_token(helper, format, &found, err);
    if (rc < 0)
        return rc;
    if (format == JSON)
        rc = print_json(&found.grant, answer, err);
    else if (format == NETRC)
        rc = print_netrc(options->host, &found, answer, err);
    else
        rc = print_line(&found, format == HEADER, answer, err);
    return rc < 0 || options->out == NULL ? rc : write_file(options->out, answer, err);
}
