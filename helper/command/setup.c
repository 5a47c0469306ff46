/* `setup`: shows a client's plan, asks, and carries it out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/client/clients.h"
#include "helper/helper.h"
#include "helper/setup/plan.h"

struct setup_client {
    const char *name;
    bool has_host;
    int (*plan)(struct setup *setup, struct ts_err *err);
};

static const struct setup_client clients[] = {
    {"git", true, setup_git},
    {"docker", true, setup_docker},
    {"ssh", true, setup_ssh},
    {"sudo", false, setup_sudo},
};

static int
find_client(const struct options *options, const struct setup_client **ret, struct ts_err *err)
{
    const struct setup_client *client = NULL;

    for (size_t i = 0; i < TS_ARRAY_LEN(clients) && options->arguments_len > 0; i++)
        if (strcmp(clients[i].name, options->arguments[0]) == 0)
            client = &clients[i];
    if (client == NULL)
        return helper_usage(err, "'setup' needs one of git, docker, ssh, sudo");
    if (options->arguments_len != (client->has_host ? 2 : 1))
        return helper_usage(err, "'setup %s' %s", client->name,
                            client->has_host ? "needs one HOST" : "takes no arguments");
    *ret = client;
    return 0;
}

/* The local user's name; without one in credential.conf, `get` looks it up each time. */
static int
find_username(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *name = NULL;
    int rc = helper_local_user(&name, err);

    if (rc == TS_ERR_NOMEM)
        return rc;
    return name != NULL ? setup_set_username(setup, name, err) : 0;
}

static int
run_setup(struct helper *helper, struct setup *setup, struct ts_err *err)
{
    const struct options *options = &helper->options;
    const struct setup_consent consent = {(options->given & OPTION_YES) != 0,
                                          (options->given & OPTION_DRY_RUN) != 0};
    const struct setup_client *client = NULL;

    int rc = find_client(options, &client, err);
    if (client == NULL)
        return rc;
    if (client->has_host)
        rc = setup_parse_host(setup, options->arguments[1], err);
    if (rc == TS_ERR_USAGE)
        return helper_usage(err, "%s", err->text);
    if (rc == 0)
        rc = helper_load_config(helper, err);
    if (rc == 0)
        rc = find_username(setup, err);
    if (rc == 0)
        rc = client->plan(setup, err);
    if (rc != 0)
        return rc;
    if (setup->steps_len > 0)
        return setup_carry_out(setup, &consent, err);
    return client->has_host
               ? setup_note(setup, err, "%s needs no change for %s", client->name, setup->argument)
               : 0;
}

int
command_setup(struct helper *helper)
{
    TS_CLEANUP(setup_release) struct setup setup = SETUP_INIT;
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    struct ts_err err = {.code = 0};

    setup.config = &helper->config;
    setup.config_option = helper->options.config;
    setup.profile = helper->options.profile;
    setup.remove = (helper->options.given & OPTION_REMOVE) != 0;
    int rc = run_setup(helper, &setup, &err);
    return helper_finish(helper, rc, rc < 0 ? &nothing : &setup.notes, &err);
}
