#include "helper/init.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/path.h"
#include "helper/clients.h"
#include "helper/command/key.h"
#include "helper/doctor/doctor.h"

const char *const init_clients[INIT_CLIENTS] = {"git", "docker", "ssh"};

static void
init_release(struct init *init)
{
    setup_release(&init->setup);
    setup_file_release(&init->file);
    init_file_release(&init->content);
    free(init->download);
    for (size_t i = 0; i < INIT_CLIENTS; i++)
        ts_list_release(&init->hosts[i]);
}

static bool
is_init_file(const struct ts_secret *text)
{
    TS_CLEANUP(init_file_release) struct init_file file = {.imported = false};
    struct ts_err ignored = {.code = 0};

    return init_file_parse(text, &file, &ignored) == 0;
}

static const struct setup_kind conf_kind = {
    .is_empty = setup_file_is_blank, .has_ours = is_init_file, .owned = true};

/* `init` is about a user's own files. */
static int
check_sources(const struct helper *helper, struct ts_err *err)
{
    static const char *const variables[] = {"THRIVESTACK_CONFIG", "THRIVESTACK_PROFILE",
                                            "THRIVESTACK_KEY_FILE"};
    const struct options *options = &helper->options;

    if (options->arguments_len > 0)
        return helper_usage(err, "'init' takes no arguments");
    if (options->config != NULL || options->profile != NULL)
        return helper_usage(err, "'init' writes your own credential.conf: leave out --%s",
                            options->config != NULL ? "config" : "profile");
    for (size_t i = 0; i < TS_ARRAY_LEN(variables); i++)
        if (secure_getenv(variables[i]) != NULL)
            return ts_err_set(err, TS_ERR_USAGE,
                              "%s is set, and replaces what init writes: unset %s", variables[i],
                              variables[i]);
    return 0;
}

static int
read_files(struct init *init, struct ts_err *err)
{
    const struct ts_config *config = &init->helper->config;

    if (config->user_file == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "there is no home folder: set HOME");
    init->setup.config = config;
    init->profile = ts_config_find_profile(config, "default");
    init->had_key =
        init->profile->key.key_file != NULL && access(init->profile->key.key_file, F_OK) == 0;
    int rc = setup_file_read(config->user_file, &conf_kind, &init->file, err);
    if (rc < 0)
        return rc;
    if (init->file.exists)
        rc = init_file_parse(&init->file.text, &init->content, err);
    init->keeps_file = rc < 0;
    return rc == TS_ERR_NOMEM ? rc : 0;
}

int
init_plan_client(struct init *init, const char *client, const char *host, struct ts_err *err)
{
    struct setup *setup = &init->setup;

    ts_string_free(&setup->host);
    ts_string_free(&setup->path);
    setup->host = setup->path = NULL;
    int rc = setup_parse_host(setup, host, err);
    if (rc == 0)
        rc = setup_find_username(setup, err);
    return rc < 0 ? rc : client_find_setup(client)->plan(setup, err);
}

/* Somebody else's file stays; it has to have the scopes. */
static int
plan_conf(struct init *init, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct setup *setup = &init->setup;
    const struct ts_list *scopes = &init->profile->scopes;

    if (init->keeps_file && (!ts_list_has_all(scopes, &init->content.scopes) ||
                             !ts_list_has_all(&init->content.scopes, scopes)))
        return ts_err_set(err, TS_ERR_CONFIG,
                          "%s exists, and was not written by init: set 'scopes' there yourself",
                          init->file.name);
    if (init->keeps_file)
        return 0;
    /* The id is known once the key is imported. */
    if (init->download != NULL) {
        init->content.imported = true;
        init->content.key_id[0] = '\0';
    }
    if (init_file_print(&init->content, &text) < 0)
        return ts_err_nomem(err);
    if (ts_secret_equal(&text, &init->file.text))
        return 0;
    int rc = setup_plan(setup, err, "%s: write", init->file.name);
    if (rc == 0)
        rc = setup_plan_lines(setup, ts_secret_string(&text), err);
    if (rc == 0)
        rc = setup_add_text(setup, &init->file, &text, err);
    if (rc == 0 && setup->steps_len > 0)
        init->conf_text = &setup->steps[setup->steps_len - 1].text;
    return rc;
}

static int
plan_import(struct init *init, struct ts_err *err)
{
    if (init->download == NULL)
        return 0;
    return setup_plan(&init->setup, err,
                      "%s: %s the API key from %s, once ThriveStack has granted a token for it",
                      init->profile->key.key_file, init->had_key ? "replace by" : "write",
                      init->download);
}

static int
plan(struct init *init, struct ts_err *err)
{
    int rc = plan_import(init, err);

    if (rc == 0)
        rc = plan_conf(init, err);
    for (size_t i = 0; i < INIT_CLIENTS; i++)
        for (size_t j = 0; j < init->hosts[i].len && rc == 0; j++)
            rc = init_plan_client(init, init_clients[i], init->hosts[i].items[j], err);
    return rc;
}

/* The planned credential.conf, now with the id of the key. */
static int
add_key_id(struct init *init, struct ts_err *err)
{
    struct ts_secret *text = init->conf_text;

    if (text == NULL)
        return 0;
    ts_secret_clear(text);
    return init_file_print(&init->content, text) < 0 ? ts_err_nomem(err) : 0;
}

static void
undo_import(void *context)
{
    const struct init *init = context;

    if (init->download != NULL && !init->had_key)
        (void)unlink(init->profile->key.key_file);
}

/* Before anything is written: a key that ThriveStack does not take changes nothing. */
static int
import_key(void *context, struct ts_err *err)
{
    struct init *init = context;
    struct ts_list *scopes = &init->helper->options.scopes;

    if (init->download == NULL)
        return 0;
    ts_list_release(scopes);
    *scopes = (struct ts_list){NULL, 0};
    int rc = ts_list_copy(scopes, &init->content.scopes, err);
    if (rc == 0)
        rc = key_import_file(init->helper, init->download, init->content.key_id, &init->setup.notes,
                             err);
    if (rc == 0 && add_key_id(init, err) < 0) {
        undo_import(init);
        return TS_ERR_NOMEM;
    }
    return rc;
}

/* With the files as they are now. */
static int
run_doctor(struct init *init, int *ret_exit_code, struct ts_err *err)
{
    struct helper *helper = init->helper;
    struct doctor_result result = {0, false};

    ts_config_release(&helper->config);
    memset(&helper->config, 0, sizeof(helper->config));
    helper->has_config = false;
    ts_list_release(&helper->options.scopes);
    helper->options.scopes = (struct ts_list){NULL, 0};
    if (setup_note(&init->setup, err, "\nWhat 'thrivestack-credential doctor' says now:") < 0)
        return err->code;
    int rc = doctor_report(helper, &init->setup.notes, &result, err);
    *ret_exit_code = result.has_failed ? result.exit_code : 0;
    return rc;
}

static int
make(struct init *init, const struct setup_consent *consent, int *ret_exit_code, struct ts_err *err)
{
    struct setup *setup = &init->setup;
    int rc = init_get_answers(init, err);

    if (rc == 0)
        rc = plan(init, err);
    if (rc < 0)
        return rc;
    setup->begin = import_key;
    setup->undo_begin = undo_import;
    setup->context = init;
    if (setup->plan.len > 0)
        rc = setup_carry_out(setup, consent, err);
    else
        rc = setup_note(setup, err, "nothing needs to change");
    if (rc < 0 || (setup->plan.len > 0 && !setup->made))
        return rc;
    return run_doctor(init, ret_exit_code, err);
}

/* Every failure says that nothing was changed, if that is so, and how to go on. */
static int
explain_failure(int rc, const struct init *init, struct ts_err *err)
{
    static const char unchanged[] = "nothing was changed: ";
    const char *text = err->text;
    const struct ts_err cause = *err;

    if (rc == 0 || rc == TS_ERR_NOMEM || init->setup.made || strncmp(text, "only ", 5) == 0)
        return rc;
    text = cause.text;
    if (strncmp(text, unchanged, sizeof(unchanged) - 1) == 0)
        text += sizeof(unchanged) - 1;
    const char *missing = init->setup.signal == 0 && strncmp(text, "there is no terminal", 20) == 0
                              ? "; give --scope, --key and --yes"
                              : "";
    rc = ts_err_set(err, rc, "%s%.600s%s; then run 'thrivestack-credential init%s' again",
                    unchanged, text, missing, init->setup.remove ? " --remove" : "");
    err->http_status = cause.http_status;
    memcpy(err->response_id, cause.response_id, sizeof(err->response_id));
    return rc;
}

int
command_init(struct helper *helper)
{
    TS_CLEANUP(init_release)
    struct init init = {.helper = helper, .setup = SETUP_INIT, .file = SETUP_FILE_INIT};
    const struct options *options = &helper->options;
    const struct setup_consent consent = {(options->given & OPTION_YES) != 0,
                                          (options->given & OPTION_DRY_RUN) != 0};
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    struct ts_err err = {.code = 0};
    int exit_code = 0;

    init.setup.remove = (options->given & OPTION_REMOVE) != 0;
    int rc = check_sources(helper, &err);
    if (rc == 0)
        rc = helper_load_config(helper, &err);
    if (rc == 0)
        rc = read_files(&init, &err);
    if (rc == 0)
        rc = init.setup.remove ? init_remove(&init, &consent, &err)
                               : make(&init, &consent, &exit_code, &err);
    rc = explain_failure(rc, &init, &err);
    int finished = helper_finish(helper, rc, rc < 0 ? &nothing : &init.setup.notes, &err);
    return setup_end(&init.setup, finished != 0 ? finished : exit_code);
}
