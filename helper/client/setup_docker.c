/*
 * `setup docker`: `credHelpers` in docker's config.json, and in the auth.json of podman and skopeo
 * where there is one. Neither has a tool that sets it. The files hold passwords of others, so
 * nothing of them is ever shown.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "common/base/path.h"
#include "helper/client/clients.h"
#include "helper/client/docker_config.h"
#include "helper/client/docker_edit.h"
#include "helper/client/docker_request.h"
#include "helper/helper.h"
#include "helper/setup/plan.h"

static const struct setup_kind kind = {.is_empty = docker_edit_is_empty,
                                       .has_ours = docker_edit_has_ours};

/* The names of one registry in one file, each as some client looks for it, letter by letter. */
struct names {
    const char *items[2];
    size_t len;
};

struct edit {
    struct setup *setup;
    const struct setup_file *file;
    struct ts_json *object;
    struct ts_json *before; /* the backup's */
};

static int
edit_name(const struct edit *edit, const char *host, struct ts_err *err)
{
    struct setup *setup = edit->setup;
    const char *file = edit->file->name;
    const char *other = docker_edit_helper(edit->object, host);

    if (docker_edit_is_ours(edit->object, host) != setup->remove)
        return 0;
    if (setup->remove) {
        int rc = setup_plan(setup, err, "%s: remove \"credHelpers\": {\"%s\": \"%s\"}", file, host,
                            DOCKER_EDIT_OURS);
        return rc < 0 ? rc : docker_edit_remove(edit->object, edit->before, host, err);
    }
    int rc = setup_plan(setup, err, "%s: set \"credHelpers\": {\"%s\": \"%s\"}%s%s", file, host,
                        DOCKER_EDIT_OURS, other != NULL ? " instead of " : "",
                        other != NULL ? other : "");
    return rc < 0 ? rc : docker_edit_add(edit->object, host, err);
}

/* The text of the edited object: the backup's own where nothing else differs from that. Without a
 * backup the file was empty. */
static int
print_edit(const struct edit *edit, struct ts_secret *ret, struct ts_err *err)
{
    const struct setup_file *file = edit->file;

    if (!edit->setup->remove || ts_json_equal(edit->object, edit->before) == 0)
        return docker_edit_print(edit->object, ret, err);
    return ts_secret_set(ret, ts_secret_string(&file->backup), file->backup.len) < 0
               ? ts_err_nomem(err)
               : 0;
}

/* docker's own layout, which the whole file gets. */
static int
plan_layout(const struct edit *edit, const struct ts_secret *as_docker, struct ts_err *err)
{
    const struct setup_file *file = edit->file;

    if (edit->setup->remove || setup_file_is_blank(&file->text) ||
        setup_file_same_lines(as_docker, &file->text))
        return 0;
    return setup_plan(edit->setup, err, "%s: indent the file as docker does", file->name);
}

static int
edit_text(struct setup *setup, const struct setup_file *file, const struct names *names,
          struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    TS_CLEANUP(ts_json_put) struct ts_json *before = NULL;
    TS_CLEANUP(ts_secret_release) struct ts_secret as_docker = TS_SECRET_INIT(8 * SETUP_FILE_MAX);
    size_t plan_len = setup->plan.len;

    int rc = docker_edit_parse(&file->text, file->name, &object, err);
    if (rc == 0)
        rc = docker_edit_parse(&file->backup, file->backup_path, &before, err);
    if (rc == 0)
        rc = docker_edit_print(object, &as_docker, err);
    const struct edit edit = {setup, file, object, before};
    for (size_t i = 0; i < names->len && rc == 0; i++)
        rc = edit_name(&edit, names->items[i], err);
    if (rc < 0)
        return rc;
    if (setup->plan.len == plan_len)
        return ts_secret_set(ret, ts_secret_string(&file->text), file->text.len) < 0
                   ? ts_err_nomem(err)
                   : 0;
    rc = plan_layout(&edit, &as_docker, err);
    return rc < 0 ? rc : print_edit(&edit, ret, err);
}

static int
warn_of_passwords(struct setup *setup, const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    int rc = docker_edit_parse(&file->text, file->name, &object, err);

    if (rc < 0 || !docker_config_has_password(object, setup->host))
        return rc;
    return setup_note(setup, err,
                      "note: %s holds a password for %s, which may be used instead of a token; "
                      "log out there ('docker logout', 'podman logout') to drop it",
                      file->name, setup->host);
}

static int
change_file(struct setup *setup, const char *path, const struct names *names, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);

    int rc = setup_read(setup, path, &kind, &file, err);
    if (rc == 0 && !setup->remove)
        rc = warn_of_passwords(setup, &file, err);
    if (rc == 0)
        rc = edit_text(setup, &file, names, &text, err);
    return rc < 0 ? rc : setup_add_text(setup, &file, &text, err);
}

/* Docker Hub has one name in credential.conf, whatever it was called here. */
static int
rename_hub(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(docker_registry_release) struct docker_registry registry = {NULL, NULL, NULL};
    int rc = docker_registry_parse(setup->host, strlen(setup->host), &registry, err);

    if (rc < 0)
        return rc;
    if (setup->path[0] != '\0' || registry.host == NULL)
        return helper_usage(err, "'setup docker' needs a host without a path");
    if (strcmp(registry.host, DOCKER_HUB_HOST) == 0) {
        free(setup->host);
        setup->host = TS_TAKE(registry.host);
    }
    return 0;
}

/* docker looks for the Hub's URL in config.json, podman and skopeo for its name, there and in their
 * own file. */
static struct names
names_in_file(const struct setup *setup, size_t index)
{
    struct names names = {{setup->host}, 1};

    if (index == 0 && strcmp(setup->host, DOCKER_HUB_HOST) == 0)
        names.items[names.len++] = DOCKER_HUB_URL;
    return names;
}

static int
add_hints(struct setup *setup, struct ts_err *err)
{
    int rc = 0;

    if (setup->config_option != NULL)
        rc = setup_note(setup, err,
                        "note: docker cannot pass --config on: export THRIVESTACK_CONFIG=%s",
                        setup->config->user_file);
    return rc < 0 ? rc : setup_hint(setup, err, "Try it: docker pull %s/IMAGE", setup->host);
}

int
setup_docker(struct setup *setup, struct ts_err *err)
{
    int rc = rename_hub(setup, err);

    if (rc == 0)
        rc = setup_host(setup, "docker", false, err);
    for (size_t i = 0; rc == 0 && i < DOCKER_CONFIG_FILES; i++) {
        TS_CLEANUP(ts_string_free) char *path = NULL;
        const struct names names = names_in_file(setup, i);

        rc = docker_config_path(i, &path, err);
        if (rc == TS_ERR_NOT_FOUND)
            rc = 0;
        else if (rc == 0 && (i == 0 || access(path, F_OK) == 0))
            rc = change_file(setup, path, &names, err);
    }
    return rc < 0 || setup->remove ? rc : add_hints(setup, err);
}
