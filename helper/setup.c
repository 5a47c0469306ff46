/* `setup`: shows a client's plan, asks, and carries it out. */
#include <stdlib.h>

#include "common/base/cleanup.h"
#include "helper/client/clients.h"
#include "helper/clients.h"
#include "helper/helper.h"
#include "helper/init.h"
#include "helper/setup/plan.h"

static int
find_client(const struct options *options, const struct client **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret names = TS_SECRET_INIT(OUTPUT_MAX);
    const struct client *client =
        options->arguments_len > 0 ? client_find_setup(options->arguments[0]) : NULL;

    if (client == NULL && client_list_setups(&names) < 0)
        return ts_err_nomem(err);
    if (client == NULL)
        return helper_usage(err, "'setup' needs one of %s", ts_secret_string(&names));
    if (options->arguments_len != (client->has_host ? 2 : 1))
        return helper_usage(err, "'setup %s' %s", client->setup,
                            client->has_host ? "needs one HOST" : "takes no arguments");
    *ret = client;
    return 0;
}

/* The local user's name; without one in credential.conf, `get` looks it up each time. */
int
setup_find_username(struct setup *setup, struct ts_err *err)
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
    const struct client *client = NULL;

    int rc = find_client(options, &client, err);
    if (client == NULL)
        return rc;
    if (setup->bound && (setup->remove || !client->has_host))
        return helper_usage(err, "--bound is for a host that is set up");
    if (client->has_host)
        rc = setup_parse_host(setup, options->arguments[1], err);
    if (rc == TS_ERR_USAGE)
        return helper_usage(err, "%s", err->text);
    if (rc == 0)
        rc = helper_load_config(helper, err);
    if (rc == 0)
        rc = setup_find_username(setup, err);
    if (rc == 0)
        rc = client->file != NULL ? setup_client(setup, client->setup, client->file, err)
                                  : client->plan(setup, err);
    if (rc != 0)
        return rc;
    if (setup->steps_len > 0)
        return setup_carry_out(setup, &consent, err);
    return client->has_host
               ? setup_note(setup, err, "%s needs no change for %s", client->setup, setup->argument)
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
    setup.bound = (helper->options.given & OPTION_BOUND) != 0;
    int rc = run_setup(helper, &setup, &err);
    return setup_end(&setup, helper_finish(helper, rc, rc < 0 ? &nothing : &setup.notes, &err));
}
