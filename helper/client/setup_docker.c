/*
 * `setup docker`: `credHelpers` in docker's config.json, and in the auth.json of podman and skopeo
 * where there is one. Neither has a tool that sets it. The files hold passwords of others, so
 * nothing of them is ever shown.
 */
#include <json-c/json_object.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "common/base/path.h"
#include "helper/client/docker_config.h"
#include "helper/client/docker_edit.h"
#include "helper/client/docker_request.h"
#include "helper/setup/setup.h"
#include "helper/tool.h"

static int
edit(struct setup *setup, const struct setup_file *file, const char *host, struct ts_secret *ret,
     struct ts_err *err)
{
    TS_CLEANUP(ts_json_put_secret) struct json_object *object = NULL;
    TS_CLEANUP(ts_json_put_secret) struct json_object *before = NULL;

    int rc = docker_edit_parse(&file->text, file->name, &object, err);
    if (rc == 0)
        rc = docker_edit_parse(&file->backup, file->backup_path, &before, err);
    if (rc < 0)
        return rc;
    const char *other = docker_edit_helper(object, host);
    bool is_ours = other != NULL && strcmp(other, DOCKER_EDIT_OURS) == 0;
    if (is_ours != setup->remove)
        return ts_secret_set(ret, ts_secret_string(&file->text), file->text.len);
    if (setup->remove) {
        rc = setup_plan(setup, err, "%s: remove \"credHelpers\": {\"%s\": \"%s\"}", file->name,
                        host, DOCKER_EDIT_OURS);
        return rc < 0 ? rc
                      : docker_edit_remove(object, before, host,
                                           file->has_backup ? &file->backup : NULL, ret, err);
    }
    rc = setup_plan(setup, err, "%s: set \"credHelpers\": {\"%s\": \"%s\"}%s%s", file->name, host,
                    DOCKER_EDIT_OURS, other != NULL ? " instead of " : "",
                    other != NULL ? other : "");
    return rc < 0 ? rc : docker_edit_add(object, host, ret, err);
}

static int
warn_of_passwords(struct setup *setup, const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put_secret) struct json_object *object = NULL;
    int rc = docker_edit_parse(&file->text, file->name, &object, err);

    if (rc < 0 || !docker_config_has_password(object, setup->host))
        return rc;
    return setup_note(setup, err,
                      "note: %s holds a password for %s, which may be used instead of a token; "
                      "log out there ('docker logout', 'podman logout') to drop it",
                      file->name, setup->host);
}

static int
change_file(struct setup *setup, const char *path, const char *host, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    size_t steps = setup->steps_len;

    int rc = setup_file_read(path, false, &file, err);
    if (rc == 0 && !setup->remove)
        rc = warn_of_passwords(setup, &file, err);
    if (rc == 0)
        rc = edit(setup, &file, host, &text, err);
    if (rc == 0)
        rc = setup_add_text(setup, &file, &text, err);
    if (setup->steps_len > steps)
        setup->steps[steps].is_empty = docker_edit_is_empty;
    return rc;
}

/* Docker Hub has one name in credential.conf, and another in docker's own file. */
static int
rename_hub(struct setup *setup, const char **ret_docker_name, struct ts_err *err)
{
    TS_CLEANUP(docker_registry_release) struct docker_registry registry = {NULL, NULL, NULL};
    int rc = docker_registry_parse(setup->host, strlen(setup->host), &registry, err);

    if (rc < 0)
        return rc;
    if (setup->path[0] != '\0' || registry.host == NULL)
        return helper_usage(err, "'setup docker' needs a host without a path");
    bool is_hub = strcmp(registry.host, DOCKER_HUB_HOST) == 0;
    if (is_hub) {
        free(setup->host);
        setup->host = TS_TAKE(registry.host);
    }
    *ret_docker_name = is_hub ? DOCKER_HUB_URL : setup->host;
    return 0;
}

int
setup_docker(struct setup *setup, struct ts_err *err)
{
    const char *docker_name = NULL;

    int rc = rename_hub(setup, &docker_name, err);
    if (rc == 0)
        rc = setup_conf(setup, "docker", NULL, err);
    for (size_t i = 0; rc == 0 && i < DOCKER_CONFIG_FILES; i++) {
        TS_CLEANUP(ts_string_free) char *path = NULL;

        rc = docker_config_path(i, &path, err);
        if (rc == TS_ERR_NOT_FOUND)
            rc = 0;
        else if (rc == 0 && (i == 0 || access(path, F_OK) == 0))
            rc = change_file(setup, path, i == 0 ? docker_name : setup->host, err);
    }
    if (rc == 0 && setup->helper->options.config != NULL && !setup->remove)
        rc = setup_note(setup, err,
                        "note: docker cannot pass --config on: export THRIVESTACK_CONFIG=%s",
                        setup->helper->config.user_file);
    return rc;
}
