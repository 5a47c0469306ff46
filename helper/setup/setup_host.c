/* What every client but sudo needs in credential.conf: a [host] section. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/conf_dir.h"
#include "common/base/path.h"
#include "helper/setup/host_file.h"
#include "helper/setup/plan.h"

struct host_change {
    struct setup *setup;
    const char *client;
    bool askpass;
    char *host; /* with its path */
    const struct ts_host_rule *rule;
    struct setup_file file;
    struct host_file content;
};

static void
host_change_release(struct host_change *change)
{
    free(change->host);
    setup_file_release(&change->file);
    host_file_release(&change->content);
}

static bool
has_ours(const struct ts_secret *text)
{
    return text->len > 0;
}

static const struct setup_kind kind = {
    .is_empty = setup_file_is_blank, .has_ours = has_ours, .owned = true};

static bool
is_served(const struct host_change *change)
{
    return change->rule != NULL && (!change->askpass || change->rule->askpass) &&
           (!change->setup->bound || change->rule->bound);
}

/* What the section needs beside its host's name; "" for nothing. */
static const char *
needed_settings(const struct host_change *change)
{
    static const char *const settings[2][2] = {{"", "bound = yes"},
                                               {"askpass = yes", "askpass = yes and bound = yes"}};

    return settings[change->askpass][change->setup->bound];
}

/* --config and THRIVESTACK_CONFIG replace credential.conf.d, so somebody has to edit their file. */
static int
check_other_config(const struct host_change *change, struct ts_err *err)
{
    const char *file = change->setup->config->user_file;

    if (file == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "there is no home folder: set HOME, or use --config");
    if (change->setup->remove || is_served(change))
        return 0;
    const char *settings = needed_settings(change);
    return ts_err_set(err, TS_ERR_CONFIG, "add to %s first: [host %s]%s%s", file, change->host,
                      settings[0] != '\0' ? " with " : "", settings);
}

/* An exact section would hide a wildcard's settings from this host. */
static int
check_wildcard(const struct host_change *change, struct ts_err *err)
{
    const struct ts_host_rule *rule = change->rule;

    if (rule == NULL || is_served(change) || !rule->pattern.wildcard)
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "[host %s] serves %s: set %s there, or write a section [host %s]",
                      rule->label, change->host, needed_settings(change), change->host);
}

static int
copy(const char *text, char **ret, struct ts_err *err)
{
    *ret = text != NULL ? strdup(text) : NULL;
    return text == NULL || *ret != NULL ? 0 : ts_err_nomem(err);
}

static int
add_client(struct host_change *change, struct ts_err *err)
{
    struct host_file *content = &change->content;
    int rc = 0;

    if (content->clients.len == 0) {
        rc = copy(change->setup->profile, &content->profile, err);
        if (rc == 0 && (change->rule == NULL || change->rule->username == NULL))
            rc = copy(change->setup->username, &content->username, err);
    }
    content->askpass |= change->askpass;
    content->bound |= change->setup->bound;
    if (rc == 0 && !ts_list_has(&content->clients, change->client))
        rc = ts_list_add(&content->clients, change->client, err);
    return rc;
}

static void
remove_client(struct host_change *change)
{
    struct ts_list *clients = &change->content.clients;
    size_t len = 0;

    for (size_t i = 0; i < clients->len; i++) {
        if (strcmp(clients->items[i], change->client) == 0)
            free(clients->items[i]);
        else
            clients->items[len++] = clients->items[i];
    }
    clients->len = len;
    change->content.askpass &= !change->askpass;
}

static int
plan_text(struct host_change *change, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct setup *setup = change->setup;
    int rc = 0;

    if (host_file_print(&change->content, change->host, &text) < 0)
        return ts_err_nomem(err);
    if (ts_secret_equal(&text, &change->file.text))
        return 0;
    if (text.len == 0)
        rc = setup_plan(setup, err, "%s: remove this file", change->file.name);
    else
        rc = setup_plan(setup, err, "%s: write", change->file.name);
    if (rc == 0)
        rc = setup_plan_lines(setup, ts_secret_string(&text), err);
    return rc < 0 ? rc : setup_add_text(setup, &change->file, &text, err);
}

static int
change_file(struct host_change *change, struct ts_err *err)
{
    struct setup *setup = change->setup;
    int rc = host_file_parse(&change->file.text, change->host, &change->content, err);

    if (rc == TS_ERR_CONFIG && setup->remove)
        return setup_note(setup, err,
                          "note: %s stays, because it was edited; remove it yourself if %s is not "
                          "needed any more",
                          change->file.name, change->host);
    if (rc == TS_ERR_CONFIG && is_served(change))
        return 0;
    if (rc == TS_ERR_CONFIG)
        return ts_err_set(err, TS_ERR_CONFIG, "%s was edited: set %s there yourself",
                          change->file.name, needed_settings(change));
    if (rc < 0)
        return rc;
    if (setup->remove)
        remove_client(change);
    else
        rc = add_client(change, err);
    return rc < 0 ? rc : plan_text(change, err);
}

static int
read_host_file(struct host_change *change, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *name = NULL;
    TS_CLEANUP(ts_string_free) char *path = NULL;

    int rc = host_file_name(change->host, &name, err);
    if (rc == 0)
        rc = ts_path_join(change->setup->config->user_conf_dir, name, &path, err);
    return rc < 0 ? rc : setup_read(change->setup, path, &kind, &change->file, err);
}

int
setup_host(struct setup *setup, const char *client, bool askpass, struct ts_err *err)
{
    TS_CLEANUP(host_change_release)
    struct host_change change = {
        .setup = setup, .client = client, .askpass = askpass, .file = SETUP_FILE_INIT};

    change.rule = ts_config_find_host(setup->config, setup->host,
                                      setup->path[0] != '\0' ? setup->path : NULL);
    if (asprintf(&change.host, "%s%s", setup->host, setup->path) < 0) {
        change.host = NULL;
        return ts_err_nomem(err);
    }
    if (setup->config->user_conf_dir == NULL)
        return check_other_config(&change, err);
    int rc = setup->remove ? 0 : check_wildcard(&change, err);
    if (rc == 0)
        rc = read_host_file(&change, err);
    if (rc < 0)
        return rc;
    /* A section that somebody wrote, and that serves the host as it is, needs no file from setup.
     */
    if (!change.file.exists && (setup->remove || is_served(&change)))
        return 0;
    return change_file(&change, err);
}

static int
check_other_file(const char *folder, const char *name, const char *client, bool *ret,
                 struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_string_free) char *path = NULL;
    int rc = ts_path_join(folder, name, &path, err);

    if (rc == 0)
        rc = setup_file_read(path, NULL, &file, err);
    *ret |= rc == 0 && host_file_is_for(&file.text, client);
    return rc;
}

int
setup_has_other_host(const struct setup *setup, const char *client, bool *ret, struct ts_err *err)
{
    const struct ts_file_rules rules = {.owner = geteuid(), .forbidden = 022};
    TS_CLEANUP(ts_conf_dir_release) struct ts_conf_dir dir = TS_CONF_DIR_INIT;
    TS_CLEANUP(ts_string_free) char *host = NULL;
    TS_CLEANUP(ts_string_free) char *own = NULL;
    int rc = 0;

    *ret = false;
    if (setup->config->user_conf_dir == NULL)
        return 0;
    if (asprintf(&host, "%s%s", setup->host, setup->path) < 0) {
        host = NULL;
        return ts_err_nomem(err);
    }
    rc = host_file_name(host, &own, err);
    if (rc == 0)
        rc = ts_conf_dir_open(setup->config->user_conf_dir, &rules, &dir, err);
    for (size_t i = 0; i < dir.names.len && rc == 0; i++)
        if (strcmp(dir.names.items[i], own) != 0)
            rc = check_other_file(setup->config->user_conf_dir, dir.names.items[i], client, ret,
                                  err);
    return rc < 0 && rc != TS_ERR_NOMEM ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}
