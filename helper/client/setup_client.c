/* `setup` for the clients of client_file.h: the script where the client needs one, and the line. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/client/clients.h"
#include "helper/client/doctor_clients.h"
#include "helper/setup/plan.h"

struct change {
    struct setup *setup;
    const char *client;
    const struct client_file *file;
    char *host; /* with its path */
    char *program;
    bool is_kept; /* another host needs what is for all of them */
};

static void
change_release(struct change *change)
{
    free(change->host);
    free(change->program);
}

static bool
is_script(const struct ts_secret *text)
{
    return text->len > 0;
}

static const struct setup_kind script_kind = {
    .is_empty = setup_file_is_blank, .has_ours = is_script, .owned = true, .mode = 0700};

/* pnpm has the path read by a shell. */
static int
check_script_path(const char *path, struct ts_err *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./@+,";

    return strspn(path, plain) == strlen(path)
               ? 0
               : ts_err_set(err, TS_ERR_CONFIG, "%s: a script there cannot be started", path);
}

static int
change_script(const struct change *change, struct setup_file *file, struct ts_secret *text,
              struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret nothing = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct setup *setup = change->setup;
    bool is_ours = ts_secret_equal(text, &file->text);

    if (setup->remove) {
        if (!is_ours)
            return 0;
        int rc = setup_plan(setup, err, "%s: remove this file", file->name);
        return rc < 0 ? rc : setup_add_text(setup, file, &nothing, err);
    }
    if (is_ours)
        return 0;
    if (file->exists)
        return ts_err_set(err, TS_ERR_CONFIG, "%s is not what setup writes: remove it first",
                          file->name);
    int rc = setup_plan(setup, err, "%s: write", file->name);
    if (rc == 0)
        rc = setup_plan_lines(setup, ts_secret_string(text), err);
    return rc < 0 ? rc : setup_add_text(setup, file, text, err);
}

static int
plan_script(const struct change *change, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);

    /* A link to this program, say. */
    if (doctor_is_ours(change->program))
        return 0;
    int rc = check_script_path(change->program, err);
    if (rc == 0)
        rc = setup_file_read(change->program, &script_kind, &file, err);
    if (rc == 0)
        rc = client_file_script(change->file, change->host, &text, err);
    return rc < 0 ? rc : change_script(change, &file, &text, err);
}

static int
plan_line(const struct change *change, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct setup *setup = change->setup;
    const struct client_format *format = change->file->format;
    const struct client_place place = {setup->host, setup->path, change->program};
    int rc = client_file_path(change->file, &path, err);

    if (rc == 0)
        rc = setup_file_read(path, &change->file->kind, &file, err);
    if (rc == 0 && ts_secret_has_nul(&file.text))
        rc = ts_err_set(err, TS_ERR_CONFIG, "it is not text");
    else if (rc < 0)
        return rc;
    if (rc == 0)
        rc = setup->remove ? client_edit_remove(format, &file.text, &place, &text)
                           : client_edit_add(format, &file.text, &place, &text, err);
    if (rc == TS_ERR_CONFIG)
        return ts_err_prefix(err, "%s", path);
    if (rc < 0)
        return ts_err_nomem(err);
    if (!ts_secret_equal(&text, &file.text))
        rc = setup_plan_change(setup, &file, &text, err);
    return rc < 0 ? rc : setup_add_text(setup, &file, &text, err);
}

static int
prepare_change(struct change *change, struct ts_err *err)
{
    struct setup *setup = change->setup;

    if (asprintf(&change->host, "%s%s", setup->host, setup->path) < 0) {
        change->host = NULL;
        return ts_err_nomem(err);
    }
    int rc = client_file_program(change->file, setup->config, change->host, &change->program, err);
    if (rc == 0 && setup->remove && change->file->for_all)
        rc = setup_has_other_host(setup, change->client, &change->is_kept, err);
    return rc < 0 ? rc : setup_host(setup, change->client, false, err);
}

static int
add_notes(const struct change *change, struct ts_err *err)
{
    struct setup *setup = change->setup;
    int rc = 0;

    if (setup->config_option != NULL)
        rc =
            setup_note(setup, err, "note: %s cannot pass --config on: export THRIVESTACK_CONFIG=%s",
                       change->client, setup->config->user_file);
    if (rc == 0 && change->file->needs != NULL)
        rc = setup_note(setup, err, "note: %s", change->file->needs);
    if (rc == 0 && change->file->hint != NULL)
        rc = setup_hint(setup, err, "%s", change->file->hint);
    return rc;
}

int
setup_client(struct setup *setup, const char *client, const struct client_file *file,
             struct ts_err *err)
{
    TS_CLEANUP(change_release)
    struct change change = {.setup = setup, .client = client, .file = file};
    int rc = prepare_change(&change, err);

    if (rc == 0 && change.is_kept)
        return setup_note(setup, err, "note: the setting for %s stays: other hosts use it, too",
                          client);
    if (rc == 0 && file->script != NULL)
        rc = plan_script(&change, err);
    if (rc == 0)
        rc = plan_line(&change, err);
    return rc < 0 || setup->remove ? rc : add_notes(&change, err);
}
