#include "helper/client/client.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "helper/helper.h"

void
client_answer_release(struct client_answer *answer)
{
    free(answer->username);
    ts_grant_release(&answer->grant);
}

static bool
is_allowed(const struct helper *helper, const struct client_question *question)
{
    return strcmp(question->protocol, "https") == 0 ||
           (strcmp(question->protocol, "http") == 0 && helper_allows_http(helper, question->host));
}

int
client_find(struct helper *helper, const struct client_question *question,
            const struct ts_host_rule **ret, struct ts_err *err)
{
    const char *name = helper->command->name;
    int rc = helper_load_config(helper, err);

    *ret = NULL;
    if (rc < 0)
        return rc;
    if (!is_allowed(helper, question)) {
        helper_debug(helper, "%s: plain http gets no answer", name);
        return 0;
    }
    const struct ts_host_rule *host =
        ts_config_find_host(&helper->config, question->host, question->path);
    if (host == NULL) {
        helper_debug(helper, "%s: no [host] section serves this host", name);
        return 0;
    }
    if (question->user != NULL && host->username != NULL &&
        strcmp(question->user, host->username) != 0) {
        helper_debug(helper, "%s: another username is asked for", name);
        return 0;
    }
    helper_debug(helper, "%s: [host %s] serves it", name, host->label);
    *ret = host;
    return 0;
}

static bool
needs_username(const struct client_question *question, const struct ts_host_rule *host)
{
    if (host == NULL || question->wants == CLIENT_TOKEN)
        return false;
    return question->wants == CLIENT_LOGIN || host->auth == TS_AUTH_BASIC;
}

int
client_get(struct helper *helper, const struct client_question *question, struct client_answer *ret,
           struct ts_err *err)
{
    struct ts_clock now;
    int rc = question->host != NULL ? client_find(helper, question, &ret->host, err)
                                    : helper_load_config(helper, err);

    if (rc == 0 && question->host != NULL && ret->host == NULL)
        return ts_err_set(err, TS_ERR_NOT_FOUND,
                          "no [host] section of credential.conf serves %.300s", question->host);
    if (rc == 0 && needs_username(question, ret->host))
        rc = helper_username(ret->host, question->user, &ret->username, err);
    if (rc == 0)
        rc = helper_get_token(helper, ret->host, false, &ret->grant, err);
    if (rc == 0)
        rc = ts_clock_read(&now, err);
    if (rc == 0)
        ret->expires_at = ts_grant_expires_at(&ret->grant, &now);
    return rc;
}

int
client_parse_url(const char *url, struct client_question *ret, char **storage, struct ts_err *err)
{
    bool is_https = strncasecmp(url, "https://", 8) == 0;

    if (!is_https && strncasecmp(url, "http://", 7) != 0)
        return ts_err_set(err, TS_ERR_USAGE, "'%.300s' is not an https URL", url);
    const char *host = strstr(url, "://") + 3;
    size_t host_len = strcspn(host, "/?#");
    size_t path_len = strcspn(host + host_len, "?#");
    if (host_len == 0 || memchr(host, '@', host_len) != NULL)
        return ts_err_set(err, TS_ERR_USAGE, "'%.300s' has a user name, or no host", url);
    /* Both parts, each with a NUL of its own. */
    *storage = calloc(1, host_len + path_len + 2);
    if (*storage == NULL)
        return ts_err_nomem(err);
    memcpy(*storage, host, host_len);
    memcpy(*storage + host_len + 1, host + host_len, path_len);
    ret->protocol = is_https ? "https" : "http";
    ret->host = *storage;
    ret->path = *storage + host_len + 1;
    return 0;
}
