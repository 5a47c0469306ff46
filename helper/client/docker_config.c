#include "helper/client/docker_config.h"

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <stdlib.h>
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
static struct json_object *
find_host(struct json_object *members, const char *host)
{
    if (!json_object_is_type(members, json_type_object))
        return NULL;
    struct json_object_iterator at = json_object_iter_begin(members);
    struct json_object_iterator end = json_object_iter_end(members);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        if (is_same_registry(json_object_iter_peek_name(&at), host))
            return json_object_iter_peek_value(&at);
    return NULL;
}

bool
docker_config_has_password(struct json_object *object, const char *host)
{
    struct json_object *entry = find_host(ts_json_member(object, "auths"), host);

    return ts_json_string(entry, "auth") != NULL || ts_json_string(entry, "identitytoken") != NULL;
}

const char *
docker_config_helper(struct json_object *object, size_t index, const char *host)
{
    bool is_hub = strcmp(host, DOCKER_HUB_HOST) == 0;

    return ts_json_string(ts_json_member(object, "credHelpers"),
                          index == 0 && is_hub ? DOCKER_HUB_URL : host);
}
