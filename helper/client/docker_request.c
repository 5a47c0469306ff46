#include "helper/client/docker_request.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/config/host.h"
#include "common/json/json.h"

static const char *const hub_names[] = {"index.docker.io", "docker.io", "registry-1.docker.io"};

void
docker_registry_release(struct docker_registry *registry)
{
    ts_string_free(&registry->url);
    ts_string_free(&registry->host);
    ts_string_free(&registry->path);
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
trim(const char **text, size_t *len)
{
    while (*len > 0 && is_space((*text)[0])) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && is_space((*text)[*len - 1]))
        (*len)--;
}

static bool
is_hub(const char *host)
{
    char name[TS_HOST_NAME_MAX + 1];
    unsigned port = 0;

    if (!ts_host_split(host, name, &port) || port != 443)
        return false;
    for (size_t i = 0; i < TS_ARRAY_LEN(hub_names); i++)
        if (strcmp(name, hub_names[i]) == 0)
            return true;
    return false;
}

/* Where the host begins: after `https://`. NULL for another scheme: plain http gets no token. */
static const char *
skip_scheme(const char *url)
{
    const char *scheme_end = strstr(url, "://");
    const char *slash = strchr(url, '/');

    /* A "://" further on is part of a path. */
    if (scheme_end == NULL || scheme_end + 1 != slash)
        return url;
    return strncasecmp(url, "https://", strlen("https://")) == 0 ? slash + 2 : NULL;
}

static int
split_host(struct docker_registry *registry, struct ts_err *err)
{
    const char *host = skip_scheme(registry->url);

    if (host == NULL || host[0] == '\0')
        return 0;
    size_t len = strcspn(host, "/?#");
    size_t path_len = strcspn(host + len, "?#");
    registry->path = strndup(host + len, path_len);
    registry->host = strndup(host, len);
    if (registry->path == NULL || registry->host == NULL)
        return ts_err_nomem(err);
    if (!is_hub(registry->host))
        return 0;
    ts_string_free(&registry->host);
    registry->host = strdup(DOCKER_HUB_HOST);
    return registry->host != NULL ? 0 : ts_err_nomem(err);
}

int
docker_registry_parse(const char *text, size_t len, struct docker_registry *ret, struct ts_err *err)
{
    struct docker_registry registry = {NULL, NULL, NULL};

    trim(&text, &len);
    registry.url = strndup(text, len);
    if (registry.url == NULL)
        return ts_err_nomem(err);
    /* strndup stops at a NUL: what is behind one must not be left out silently. */
    int rc = strlen(registry.url) == len ? split_host(&registry, err) : 0;
    if (rc < 0) {
        docker_registry_release(&registry);
        return rc;
    }
    *ret = registry;
    return 0;
}

int
docker_login_parse(const char *text, size_t len, struct docker_registry *ret,
                   bool *ret_has_username, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    int rc = ts_json_parse_object(text, len, &object, err);

    if (rc < 0)
        return ts_err_prefix(err, "standard input");
    const char *url = ts_json_string(object, "ServerURL");
    const char *username = ts_json_string(object, "Username");
    if (url == NULL)
        url = "";
    rc = docker_registry_parse(url, strlen(url), ret, err);
    if (rc == 0)
        *ret_has_username = username != NULL && username[0] != '\0';
    return rc;
}
