#include "helper/client/docker_config.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "common/base/path.h"
#include "helper/client/docker_request.h"
#include "helper/tool.h"

static const struct {
    const char *variable; /* whose folder it is in */
    const char *name;
    const char *in_home; /* where the variable is not set; NULL: nowhere */
} files[DOCKER_CONFIG_FILES] = {
    {"DOCKER_CONFIG", "config.json", ".docker/config.json"},
    {"XDG_RUNTIME_DIR", "containers/auth.json", NULL},
    {"XDG_CONFIG_HOME", "containers/auth.json", ".config/containers/auth.json"},
};

int
docker_config_path(size_t index, char **ret, struct ts_err *err)
{
    const char *home = tool_home();
    int rc = tool_variable_path(files[index].variable, files[index].name, ret, err);

    if (rc != TS_ERR_NOT_FOUND || files[index].in_home == NULL)
        return rc;
    if (home == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "there is no home folder: set HOME");
    return ts_path_join(home, files[index].in_home, ret, err);
}

static bool
is_same_registry(const char *name, const char *host)
{
    TS_CLEANUP(docker_registry_release) struct docker_registry one = {NULL, NULL, NULL};
    TS_CLEANUP(docker_registry_release) struct docker_registry other = {NULL, NULL, NULL};
    struct ts_err ignored = {0};

    return docker_registry_parse(name, strlen(name), &one, &ignored) == 0 &&
           docker_registry_parse(host, strlen(host), &other, &ignored) == 0 && one.host != NULL &&
           other.host != NULL && strcasecmp(one.host, other.host) == 0;
}

/* The member of an object whose name means this host, or NULL. */
static struct ts_json *
find_host(struct ts_json *members, const char *host)
{
    if (!ts_json_is(members, TS_JSON_OBJECT))
        return NULL;
    for (size_t i = 0; i < ts_json_length(members); i++)
        if (is_same_registry(ts_json_name_at(members, i), host))
            return ts_json_at(members, i);
    return NULL;
}

bool
docker_config_has_password(struct ts_json *object, const char *host)
{
    struct ts_json *entry = find_host(ts_json_member(object, "auths"), host);

    return ts_json_string(entry, "auth") != NULL || ts_json_string(entry, "identitytoken") != NULL;
}

const char *
docker_config_helper(struct ts_json *object, size_t index, const char *host)
{
    bool is_hub = strcmp(host, DOCKER_HUB_HOST) == 0;

    return ts_json_string(ts_json_member(object, "credHelpers"),
                          index == 0 && is_hub ? DOCKER_HUB_URL : host);
}
