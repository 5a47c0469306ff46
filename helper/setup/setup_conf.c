/* What every client but sudo needs in credential.conf: a [host] section. */
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/setup/conf_edit.h"
#include "helper/setup/setup.h"

static const struct ts_host_rule *
find_rule(const struct setup *setup)
{
    return ts_config_find_host(&setup->helper->config, setup->host,
                               setup->path[0] != '\0' ? setup->path : NULL);
}

/* A section that is made here would hide a wildcard's settings from this host. */
static int
check_rule(const struct setup *setup, const struct conf_wiring *wiring, struct ts_err *err)
{
    const struct ts_host_rule *rule = find_rule(setup);

    if (rule == NULL || wiring->key == NULL || rule->askpass || !rule->pattern.wildcard)
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "[host %s] serves %s: set %s = %s there, or write a section [host %s]",
                      rule->label, setup->host, wiring->key, wiring->value, setup->host);
}

static int
edit(const struct setup *setup, const struct setup_file *file, const struct conf_wiring *wiring,
     struct ts_secret *ret, struct ts_err *err)
{
    if (setup->remove)
        return conf_edit_remove(&file->text, file->name, wiring, ret, err);
    int rc = check_rule(setup, wiring, err);
    return rc < 0 ? rc : conf_edit_add(&file->text, file->name, wiring, ret, err);
}

static int
tell(struct setup *setup, const struct setup_file *file, const struct conf_wiring *wiring,
     struct ts_err *err)
{
    if (setup->remove)
        return setup_plan(setup, err, "%s: remove what setup %s put in for [host %s]", file->name,
                          wiring->client, wiring->host);
    if (wiring->key == NULL)
        return setup_plan(setup, err, "%s: add a section [host %s]", file->name, wiring->host);
    return setup_plan(setup, err, "%s: set %s = %s in [host %s]", file->name, wiring->key,
                      wiring->value, wiring->host);
}

int
setup_conf(struct setup *setup, const char *client, const char *key, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret host = TS_SECRET_INIT(1024);
    const struct ts_config *config = &setup->helper->config;
    const struct ts_host_rule *rule = find_rule(setup);

    if (config->user_file == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "there is no home folder: set HOME, or use --config");
    if (ts_secret_append_format(&host, "%s%s", setup->host, setup->path) < 0)
        return ts_err_nomem(err);
    const struct conf_wiring wiring = {
        .client = client,
        .host = ts_secret_string(&host),
        .key = key,
        .value = "yes",
        .profile = setup->helper->options.profile,
        .make = rule == NULL || (key != NULL && !rule->askpass),
    };
    int rc = setup_file_read(config->user_file, false, &file, err);
    if (rc == 0)
        rc = edit(setup, &file, &wiring, &text, err);
    if (rc < 0 || ts_secret_equal(&text, &file.text))
        return rc;
    rc = tell(setup, &file, &wiring, err);
    return rc < 0 ? rc : setup_add_text(setup, &file, &text, err);
}
