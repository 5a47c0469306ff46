#include "helper/host/host.h"

#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/doctor/pam/pam_folder.h"
#include "helper/helper.h"

/* Everything that is needed for one service. */
static int
plan(struct setup *setup, bool tokens_only, const char *service, struct ts_err *err)
{
    if (tokens_only && !setup->remove)
        return host_plan_tokens_only(setup, service, err);
    int rc = host_plan_pam(setup, service, err);

    if (rc < 0 || !host_service_find(service)->is_sshd)
        return rc;
    /* What sshd says of a new file is known only once that is there. */
    if (!setup->remove)
        setup->check = host_check_sshd;
    return host_plan_sshd(setup, err);
}

/* The services that were named, or with --all each that the folder has. */
static int
list_services(const struct options *options, bool remove, struct ts_list *ret, struct ts_err *err)
{
    bool all = (options->given & OPTION_ALL) != 0;
    int rc = 0;

    if (all && (!remove || options->arguments_len > 1))
        return helper_usage(err, "--all is for 'host disable' without services");
    if (!all && options->arguments_len < 2)
        return helper_usage(err, "'host %s' needs a service, such as sshd", options->arguments[0]);
    for (size_t i = 1; i < options->arguments_len && rc == 0; i++)
        rc = ts_list_add(ret, options->arguments[i], err);
    return rc == 0 && all ? pam_folder_list(ret, err) : rc;
}

static int
change(struct helper *helper, struct setup *setup, struct ts_err *err)
{
    const struct options *options = &helper->options;
    const struct setup_consent consent = {(options->given & OPTION_YES) != 0,
                                          (options->given & OPTION_DRY_RUN) != 0};
    TS_CLEANUP(ts_list_release) struct ts_list services = {NULL, 0};
    int rc = list_services(options, setup->remove, &services, err);

    if (rc < 0)
        return rc;
    if (geteuid() != 0)
        return ts_err_set(err, TS_ERR_CONFIG, "run this as root: it changes /etc/pam.d");
    for (size_t i = 0; i < services.len && rc == 0; i++) {
        rc = plan(setup, (options->given & OPTION_TOKENS_ONLY) != 0, services.items[i], err);
        if (rc == 0)
            rc = host_plan_warning(setup, services.items[i], err);
    }
    if (rc == TS_ERR_USAGE)
        return helper_usage(err, "%s", err->text);
    if (rc < 0)
        return rc;
    if (setup->steps_len == 0)
        return setup_note(setup, err, "nothing needs to change");
    if (!setup->remove)
        rc = setup_hint(setup, err,
                        "Keep this shell open and try a login in another one; "
                        "'thrivestack-credential doctor' checks the rest.");
    return rc < 0 ? rc : setup_carry_out(setup, &consent, err);
}

static const struct {
    const char *name;
    bool remove;
} verbs[] = {{"enable", false}, {"disable", true}};

static int
run_host(struct helper *helper, struct setup *setup, struct ts_err *err)
{
    const struct options *options = &helper->options;
    const char *verb = options->arguments_len > 0 ? options->arguments[0] : "";

    for (size_t i = 0; i < TS_ARRAY_LEN(verbs); i++)
        if (strcmp(verb, verbs[i].name) == 0) {
            setup->remove = verbs[i].remove;
            return change(helper, setup, err);
        }
    if (strcmp(verb, "status") != 0 || options->arguments_len != 1)
        return helper_usage(err, "'host' needs enable SERVICE, disable SERVICE or status");
    return host_status((options->given & OPTION_JSON) != 0, &setup->notes, err);
}

int
command_host(struct helper *helper)
{
    TS_CLEANUP(setup_release) struct setup setup = SETUP_INIT;
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    struct ts_err err = {.code = 0};

    int rc = run_host(helper, &setup, &err);
    return setup_end(&setup, helper_finish(helper, rc, rc < 0 ? &nothing : &setup.notes, &err));
}
