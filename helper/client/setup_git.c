/* `setup git`: a block at the end of the user's own configuration; see git_edit.h. */
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/clients.h"
#include "helper/client/git_config.h"
#include "helper/client/git_edit.h"
#include "helper/setup/plan.h"
#include "helper/setup/text_lines.h"
#include "helper/tool.h"

#define VALUE_MAX ((size_t)16 * 1024)

static const struct setup_kind kind = {
    .is_empty = setup_file_is_blank, .has_ours = git_edit_has_block, .lock = ".lock"};

struct wiring {
    struct setup *setup;
    char *host;   /* with its path */
    char *helper; /* our value of `helper` */
    struct setup_file file;
    struct git_entries entries;
    struct git_wiring now;
};

static void
wiring_release(struct wiring *wiring)
{
    free(wiring->host);
    free(wiring->helper);
    setup_file_release(&wiring->file);
    git_entries_release(&wiring->entries);
}

static int
make_value(struct wiring *wiring, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;
    TS_CLEANUP(ts_secret_release) struct ts_secret value = TS_SECRET_INIT(VALUE_MAX);
    const struct setup *setup = wiring->setup;

    int rc = setup_program("git-credential-thrivestack", &program, err);
    if (rc < 0)
        return rc;
    rc = text_append_quoted(&value, program);
    if (rc == 0 && setup->config_option != NULL)
        rc = ts_secret_append_string(&value, " --config ");
    if (rc == 0 && setup->config_option != NULL)
        rc = text_append_quoted(&value, setup->config->user_file);
    wiring->helper = rc == 0 ? strdup(ts_secret_string(&value)) : NULL;
    return wiring->helper != NULL ? 0 : ts_err_nomem(err);
}

/* What git does about this host now; and the name it asks for is the one to put into [host]. */
static int
read_wiring(struct wiring *wiring, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *git = NULL;
    struct setup *setup = wiring->setup;

    int rc = tool_find("git", &git, err);
    if (rc == TS_ERR_NOT_FOUND)
        return ts_err_set(err, TS_ERR_CONFIG, "git is not installed: it is not in PATH");
    if (rc == 0)
        rc = git_config_read(git, &wiring->entries, err);
    if (rc == 0)
        rc = git_config_check(&wiring->entries, setup->host, setup->path, &wiring->now, err);
    if (rc < 0 || wiring->now.username == NULL)
        return rc;
    return setup_set_username(setup, wiring->now.username, err);
}

static int
prepare(struct wiring *wiring, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    struct setup *setup = wiring->setup;

    if (asprintf(&wiring->host, "%s%s", setup->host, setup->path) < 0) {
        wiring->host = NULL;
        return ts_err_nomem(err);
    }
    int rc = git_config_global_file(&path, err);
    if (rc == 0)
        rc = make_value(wiring, err);
    if (rc == 0 && !setup->remove)
        rc = read_wiring(wiring, err);
    if (rc == 0)
        rc = setup_host(setup, "git", false, err);
    if (rc == 0)
        rc = setup_read(setup, path, &kind, &wiring->file, err);
    if (rc == 0 && ts_secret_has_nul(&wiring->file.text))
        rc = ts_err_set(err, TS_ERR_CONFIG, "%s is not text", path);
    return rc;
}

static bool
is_done(const struct wiring *wiring)
{
    const struct git_wiring *now = &wiring->now;

    return now->ours != NULL && now->other == NULL &&
           strcmp(now->ours->value, wiring->helper) == 0 &&
           (wiring->setup->path[0] == '\0' || now->sends_path);
}

/* The block is at the end of the file already: what git reads after it is in another file. */
static int
point_out_cause(const struct wiring *wiring, struct ts_err *err)
{
    const struct git_wiring *now = &wiring->now;
    const struct git_entry *cause = now->other != NULL ? now->other : now->reset;

    if (cause == NULL)
        return 0;
    if (now->other == NULL)
        return setup_note(wiring->setup, err,
                          "note: an empty '%s' (%s) makes git forget this program: remove it",
                          cause->key, cause->origin);
    return setup_note(wiring->setup, err,
                      "note: git also runs %s = %s (%s) for this host, and gives it the tokens to "
                      "store: remove it",
                      cause->key, cause->value, cause->origin);
}

/* Other helpers are asked to store every password that worked. */
static int
point_out_stores(const struct wiring *wiring, struct ts_err *err)
{
    const struct setup *setup = wiring->setup;
    int rc = 0;

    for (size_t i = 0; i < wiring->entries.len && rc == 0; i++) {
        const struct git_entry *entry = &wiring->entries.items[i];

        if (git_config_applies(entry->key, "helper", setup->host, setup->path) &&
            git_helper_is_store(entry->value))
            rc =
                setup_note(wiring->setup, err,
                           "note: %s = %s (%s) keeps passwords in plain text; because of the empty "
                           "value before ours git does not give it this host's tokens",
                           entry->key, entry->value, entry->origin);
    }
    return rc;
}

static int
add_block(struct wiring *wiring, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret lines = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct setup *setup = wiring->setup;
    const struct git_block block = {wiring->host, wiring->helper, setup->path[0] != '\0'};

    if (is_done(wiring))
        return 0;
    int rc = git_edit_add(&wiring->file.text, &block, &text);
    if (rc == 0)
        rc = git_edit_print(&block, &lines);
    if (rc < 0)
        return ts_err_nomem(err);
    if (ts_secret_equal(&text, &wiring->file.text))
        return point_out_cause(wiring, err);
    rc = setup_plan(setup, err, "%s: add at its end", wiring->file.name);
    if (rc == 0)
        rc = setup_plan_lines(setup, ts_secret_string(&lines), err);
    if (rc == 0)
        rc = setup_add_text(setup, &wiring->file, &text, err);
    if (rc == 0)
        rc = point_out_stores(wiring, err);
    return rc < 0 ? rc
                  : setup_hint(setup, err, "Try it: git ls-remote https://%s/REPOSITORY",
                               wiring->host);
}

static int
remove_block(struct wiring *wiring, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct setup *setup = wiring->setup;

    if (git_edit_remove(&wiring->file.text, wiring->host, &text) < 0)
        return ts_err_nomem(err);
    int rc = ts_secret_equal(&text, &wiring->file.text)
                 ? 0
                 : setup_plan(setup, err, "%s: remove what setup added for https://%s",
                              wiring->file.name, wiring->host);
    return rc < 0 ? rc : setup_add_text(setup, &wiring->file, &text, err);
}

int
setup_git(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(wiring_release)
    struct wiring wiring = {.setup = setup, .file = SETUP_FILE_INIT};
    int rc = prepare(&wiring, err);

    if (rc < 0)
        return rc;
    return setup->remove ? remove_block(&wiring, err) : add_block(&wiring, err);
}
