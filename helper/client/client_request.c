#include "helper/client/client_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/config/host.h"

/* `rest` begins with the host. */
static int
split_rest(const char *rest, struct client_question *ret, char **storage, struct ts_err *err)
{
    size_t host_len = strcspn(rest, "/?#");
    size_t path_len = strcspn(rest + host_len, "?#");
    char name[TS_HOST_NAME_MAX + 1];
    unsigned port = 0;

    if (!ts_host_split_len(rest, host_len, name, &port))
        return ts_err_set(err, TS_ERR_USAGE, "'%.*s' is not a host",
                          (int)(host_len < 300 ? host_len : 300), rest);
    /* Both parts, each with a NUL of its own. */
    *storage = calloc(1, host_len + path_len + 2);
    if (*storage == NULL)
        return ts_err_nomem(err);
    memcpy(*storage, rest, host_len);
    memcpy(*storage + host_len + 1, rest + host_len, path_len);
    ret->host = *storage;
    ret->path = *storage + host_len + 1;
    return 0;
}

int
client_parse_url(const char *url, struct client_question *ret, char **storage, struct ts_err *err)
{
    bool is_https = strncasecmp(url, "https://", 8) == 0;

    if (!is_https && strncasecmp(url, "http://", 7) != 0)
        return ts_err_set(err, TS_ERR_USAGE, "'%.300s' is not an https URL", url);
    ret->protocol = is_https ? "https" : "http";
    return split_rest(strstr(url, "://") + 3, ret, storage, err);
}

int
client_parse_host(const char *text, struct client_question *ret, char **storage, struct ts_err *err)
{
    if (strstr(text, "://") != NULL)
        return client_parse_url(text, ret, storage, err);
    ret->protocol = "https";
    return split_rest(text, ret, storage, err);
}

int
client_parse_object(const char *text, size_t len, struct ts_json **ret, struct ts_err *err)
{
    int rc = ts_json_parse_object(text, len, ret, err);

    if (rc != TS_ERR_SYNTAX)
        return rc;
    (void)ts_err_prefix(err, "standard input");
    return ts_err_recode(err, TS_ERR_USAGE);
}

int
client_read_input(struct ts_secret *ret, struct ts_err *err)
{
    int rc = ts_secret_read_fd(ret, STDIN_FILENO);

    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_USAGE, "more than %zu bytes on standard input", ret->max);
    if (rc == TS_ERR_SYSTEM)
        return ts_err_errno(err, TS_ERR_USAGE, "cannot read standard input");
    return rc < 0 ? ts_err_nomem(err) : 0;
}

int
client_read_object(struct ts_json **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret input = TS_SECRET_INIT(CLIENT_INPUT_MAX);
    int rc = client_read_input(&input, err);

    return rc < 0 ? rc : client_parse_object(ts_secret_string(&input), input.len, ret, err);
}

int
client_find_version(const char *const versions[CLIENT_VERSIONS], const char *asked,
                    const char **ret, struct ts_err *err)
{
    for (size_t i = 0; asked != NULL && i < CLIENT_VERSIONS; i++)
        if (strcmp(asked, versions[i]) == 0) {
            *ret = versions[i];
            return 0;
        }
    return ts_err_set(err, TS_ERR_USAGE, "apiVersion is '%.100s', but %s and %s are known",
                      asked != NULL ? asked : "", versions[0], versions[1]);
}
