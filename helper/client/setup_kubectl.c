/*
 * `setup kubectl`: a user `thrivestack` in kubeconfig, whose credential plug-in is this program,
 * for the contexts of the clusters at the host. kubectl makes the changes, on a copy of the file.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "helper/client/clients.h"
#include "helper/client/doctor_clients.h"
#include "helper/client/kubeconfig.h"
#include "helper/helper.h"
#include "helper/setup/plan.h"

#define USER "thrivestack"
#define V1 "--exec-api-version=client.authentication.k8s.io/v1"

struct edit {
    struct setup *setup;
    struct kubeconfig kubectl;
    struct setup_file file;
    struct ts_json *view; /* of the file */
    char *program;        /* --exec-command=PATH */
    char *config;         /* --exec-arg=FILE, or NULL */
    size_t changed;       /* contexts */
    bool is_needed;       /* by contexts of other hosts */
};

static void
edit_release(struct edit *edit)
{
    kubeconfig_release(&edit->kubectl);
    setup_file_release(&edit->file);
    ts_json_put(&edit->view);
    free(edit->program);
    free(edit->config);
}

/* kubectl writes the name of a user in a line of its own. */
static bool
has_user(const struct ts_secret *text)
{
    static const char line[] = "- name: " USER "\n";

    return memmem(ts_secret_string(text), text->len, line, sizeof(line) - 1) != NULL;
}

static const struct setup_kind kind = {.is_empty = setup_file_is_blank, .has_ours = has_user};

static int
format_word(char **ret, const char *option, const char *value, struct ts_err *err)
{
    if (asprintf(ret, "%s%s", option, value) >= 0)
        return 0;
    *ret = NULL;
    return ts_err_nomem(err);
}

/* kubectl before 1.24 or so does not know two of the options; its version of the protocol needs
 * neither but for what a second command sets. */
static int
set_user(const struct edit *edit, struct ts_err *err)
{
    const char *words[] = {"set-credentials",
                           USER,
                           edit->program,
                           "--exec-arg=kubectl",
                           V1,
                           "--exec-interactive-mode=Never",
                           "--exec-provide-cluster-info=true",
                           NULL,
                           NULL,
                           NULL};
    static const char *const old[] = {"set", "users." USER ".exec.provideClusterInfo", "true",
                                      NULL};

    if (edit->config != NULL) {
        words[7] = "--exec-arg=--config";
        words[8] = edit->config;
    }
    int rc = kubeconfig_run(&edit->kubectl, words, err);
    if (rc != TS_ERR_CONFIG)
        return rc;
    words[4] = V1 "beta1";
    words[5] = words[7];
    words[6] = edit->config;
    words[7] = NULL;
    rc = kubeconfig_run(&edit->kubectl, words, err);
    return rc < 0 ? rc : kubeconfig_run(&edit->kubectl, old, err);
}

static int
set_context_user(const struct edit *edit, const char *name, const char *user, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *word = NULL;
    int rc = format_word(&word, "--user=", user, err);
    const char *words[] = {"set-context", name, word, NULL};

    return rc < 0 ? rc : kubeconfig_run(&edit->kubectl, words, err);
}

static const char *
user_of(struct ts_json *settings)
{
    const char *user = settings != NULL ? ts_json_string(settings, "user") : NULL;

    return user != NULL ? user : "";
}

/* The user that the context had; none where the file's backup does not say. */
static int
change_context(struct edit *edit, struct ts_json *context, struct ts_json *before,
               struct ts_err *err)
{
    struct setup *setup = edit->setup;
    const char *name = ts_json_string(context, "name");
    const char *user = user_of(ts_json_member(context, "context"));
    bool is_ours = strcmp(user, USER) == 0;

    if (name == NULL || name[0] == '-')
        return 0;
    if (!kubeconfig_context_is_at(edit->view, context, setup->host)) {
        edit->is_needed |= is_ours;
        return 0;
    }
    const char *next = setup->remove ? user_of(kubeconfig_entry(before, "contexts", name)) : USER;
    edit->changed++;
    if (is_ours != setup->remove || strcmp(user, next) == 0)
        return 0;
    int rc = setup_plan(setup, err, "%s: context %s: user '%s' instead of '%s'", edit->file.name,
                        name, next, user);
    return rc < 0 ? rc : set_context_user(edit, name, next, err);
}

/* *ret is what kubectl reads from the backup; an empty object where there is none. */
static int
view_backup(const struct edit *edit, struct ts_json **ret, struct ts_err *err)
{
    if (!edit->file.has_backup) {
        *ret = ts_json_new_object();
        return *ret != NULL ? 0 : ts_err_nomem(err);
    }
    int rc = kubeconfig_write(&edit->kubectl, &edit->file.backup, err);
    return rc < 0 ? rc : kubeconfig_view(&edit->kubectl, ret, err);
}

static int
change_contexts(struct edit *edit, struct ts_json *before, struct ts_err *err)
{
    struct ts_json *contexts = ts_json_member(edit->view, "contexts");
    int rc = kubeconfig_write(&edit->kubectl, &edit->file.text, err);

    if (rc == 0 && !edit->setup->remove)
        rc = set_user(edit, err);
    for (size_t i = 0; rc == 0 && contexts != NULL && i < ts_json_length(contexts); i++)
        rc = change_context(edit, ts_json_at(contexts, i), before, err);
    return rc;
}

/* Where the backup says the same, the file gets its very text back. */
static int
keep_result(struct edit *edit, struct ts_json *before, struct ts_secret *ret, struct ts_err *err)
{
    static const char *const unset[] = {"unset", "users." USER, NULL};
    TS_CLEANUP(ts_json_put) struct ts_json *after = NULL;
    const struct setup_file *file = &edit->file;
    bool is_last = edit->setup->remove && !edit->is_needed &&
                   kubeconfig_entry(edit->view, "users", USER) != NULL;
    int rc = is_last ? setup_plan(edit->setup, err, "%s: remove user " USER, file->name) : 0;

    if (rc == 0 && is_last)
        rc = kubeconfig_run(&edit->kubectl, unset, err);
    if (rc == 0)
        rc = kubeconfig_view(&edit->kubectl, &after, err);
    if (rc < 0)
        return rc;
    const struct ts_secret *same = ts_json_equal(after, edit->view) ? &file->text
                                   : file->has_backup && ts_json_equal(after, before)
                                       ? &file->backup
                                       : NULL;
    if (same == NULL)
        return kubeconfig_read(&edit->kubectl, ret, err);
    return ts_secret_set(ret, ts_secret_string(same), same->len) < 0 ? ts_err_nomem(err) : 0;
}

/* Whether the file has a user of that name that somebody else has made. */
static bool
has_foreign_user(struct ts_json *view)
{
    struct ts_json *user = kubeconfig_entry(view, "users", USER);
    struct ts_json *exec = user != NULL ? ts_json_member(user, "exec") : NULL;
    const char *command = exec != NULL ? ts_json_string(exec, "command") : NULL;

    return user != NULL && (command == NULL || strstr(command, "thrivestack-credential") == NULL);
}

static int
change_kubeconfig(struct edit *edit, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *before = NULL;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct setup *setup = edit->setup;
    int rc = kubeconfig_write(&edit->kubectl, &edit->file.text, err);

    if (rc == 0)
        rc = kubeconfig_view(&edit->kubectl, &edit->view, err);
    if (rc == 0 && has_foreign_user(edit->view))
        return ts_err_set(err, TS_ERR_CONFIG,
                          "%s has a user " USER
                          " that 'setup kubectl' did not make: rename it first",
                          edit->file.name);
    if (rc == 0)
        rc = view_backup(edit, &before, err);
    if (rc == 0)
        rc = change_contexts(edit, before, err);
    if (rc == 0 && edit->changed == 0 && !setup->remove)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "%s has no context for a cluster at %s: add the cluster first "
                          "('kubectl config set-cluster', 'set-context')",
                          edit->file.name, setup->host);
    if (rc == 0)
        rc = keep_result(edit, before, &text, err);
    if (rc == 0 && !setup->remove && !ts_secret_equal(&text, &edit->file.text))
        rc = setup_plan(setup, err,
                        "%s: user " USER " runs %s kubectl; kubectl writes the file anew",
                        edit->file.name, strchr(edit->program, '/'));
    return rc < 0 ? rc : setup_add_text(setup, &edit->file, &text, err);
}

static int
prepare_edit(struct edit *edit, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    TS_CLEANUP(ts_string_free) char *program = NULL;
    const struct setup *setup = edit->setup;
    int rc = kubeconfig_path(&path, err);

    if (rc == 0)
        rc = setup_file_read(path, &kind, &edit->file, err);
    if (rc == 0)
        rc = setup_program("thrivestack-credential", &program, err);
    if (rc == 0)
        rc = format_word(&edit->program, "--exec-command=", program, err);
    if (rc == 0 && setup->config_option != NULL)
        rc = format_word(&edit->config, "--exec-arg=", setup->config->user_file, err);
    if (rc == 0)
        rc = kubeconfig_open(setup->config->cache_dir, &edit->kubectl, err);
    return rc == TS_ERR_NOT_FOUND ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

int
setup_kubectl(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(edit_release)
    struct edit edit = {.setup = setup, .kubectl = KUBECONFIG_INIT, .file = SETUP_FILE_INIT};

    if (setup->path[0] != '\0')
        return helper_usage(err, "'setup kubectl' needs a host without a path");
    int rc = setup_host(setup, "kubectl", false, err);
    if (rc == 0)
        rc = prepare_edit(&edit, err);
    if (rc == 0)
        rc = change_kubeconfig(&edit, err);
    return rc < 0 || setup->remove ? rc : setup_hint(setup, err, "Try it: kubectl get nodes");
}

/* --- doctor */

static int
check_context(struct doctor *doctor, struct ts_json *view, struct ts_json *context, size_t index)
{
    const struct ts_host_rule *rule = &doctor->helper->config.hosts[index];
    TS_CLEANUP(ts_string_free) char *host = doctor_host_name(rule);
    const char *name = ts_json_string(context, "name");

    if (host == NULL)
        return TS_ERR_NOMEM;
    if (name == NULL || !kubeconfig_context_is_at(view, context, host))
        return 0;
    const char *user = user_of(ts_json_member(context, "context"));
    struct ts_json *entry = kubeconfig_entry(view, "users", user);
    struct ts_json *exec = entry != NULL ? ts_json_member(entry, "exec") : NULL;
    const char *command = exec != NULL ? ts_json_string(exec, "command") : NULL;
    if (command == NULL || strstr(command, "thrivestack") == NULL)
        return 0;
    doctor->wired[index] = true;
    if (command[0] != '/' || doctor_is_ours(command))
        return findings_add(&doctor->findings, FIND_CLIENT,
                            "kubectl runs this program for %s, context %s", rule->label, name);
    return findings_add(&doctor->findings, FIND_CLIENT_PROGRAM,
                        "kubectl, context %s, runs %s for %s, which is not this program", name,
                        command, rule->label);
}

static int
check_kube_host(struct doctor *doctor, struct ts_json *view, size_t index, struct ts_err *err)
{
    struct ts_json *contexts = ts_json_member(view, "contexts");
    const size_t before = doctor->findings.len;
    bool was_set_up = false;
    int rc = doctor_was_set_up(doctor, "kubectl", index, &was_set_up, err);

    for (size_t i = 0; rc == 0 && contexts != NULL && i < ts_json_length(contexts); i++)
        rc = check_context(doctor, view, ts_json_at(contexts, i), index);
    if (rc < 0 || !was_set_up || doctor->findings.len > before)
        return rc;
    return findings_add(&doctor->findings, FIND_CLIENT_UNSET,
                        "kubectl was set up for %s, but no context there runs this program",
                        doctor->helper->config.hosts[index].label);
}

static int
check_kubeconfig(struct doctor *doctor, const char *path, struct ts_err *err)
{
    TS_CLEANUP(kubeconfig_release) struct kubeconfig kubectl = KUBECONFIG_INIT;
    TS_CLEANUP(ts_json_put) struct ts_json *view = NULL;
    const struct ts_config *config = &doctor->helper->config;
    int rc = kubeconfig_open_file(path, &kubectl, err);

    if (rc == TS_ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = kubeconfig_view(&kubectl, &view, err);
    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_CLIENT_INVALID, "kubectl cannot read %s", path);
    for (size_t i = 0; i < config->hosts_len && rc == 0; i++)
        if (!config->hosts[i].pattern.wildcard)
            rc = check_kube_host(doctor, view, i, err);
    return rc;
}

int
doctor_kubectl(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    int rc = kubeconfig_path(&path, err);

    if (rc == TS_ERR_CONFIG || (rc == 0 && access(path, F_OK) != 0))
        return 0;
    return rc < 0 ? rc : check_kubeconfig(doctor, path, err);
}
