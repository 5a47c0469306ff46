/* What a changed stack does to people, tried in the simulator before the file is written. */
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/doctor/pam/pam_folder.h"
#include "helper/doctor/pam/pam_judge.h"
#include "helper/host/host.h"

int
host_view_read(void *context, const char *name, struct ts_secret *ret, struct ts_err *err)
{
    const struct host_view *view = context;

    if (view->text == NULL || strcmp(name, view->service) != 0)
        return pam_folder_read(NULL, name, ret, err);
    return ts_secret_append(ret, ts_secret_string(view->text), view->text->len) < 0
               ? ts_err_nomem(err)
               : 0;
}

static int
read_auth(const struct host_change *change, const struct ts_secret *text, struct pam_stack *ret,
          struct ts_err *err)
{
    struct host_view view = {change->service, text};
    const struct pam_files files = {host_view_read, &view};
    int rc = pam_stack_read(&files, change->service, PAM_STACK_AUTH, ret, err);

    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    return ts_err_recode(err, TS_ERR_CONFIG);
}

static int
refuse_change(const struct host_change *change, const char *why, struct ts_err *err)
{
    return ts_err_set(err, TS_ERR_CONFIG, "%s is left as it is, because with the module's line %s",
                      change->file, why);
}

static bool
lets_in(const struct pam_stack *stack, const char *ours, const char *password)
{
    const struct pam_answers answers = {pam_stack_code(ours), pam_stack_code(password)};

    return pam_judge_run(stack, &answers) == pam_stack_code("success");
}

/* A user whom no key lists, and a service without a section: as before, whatever they type. */
static bool
changes_passwords(const struct pam_stack *before, const struct pam_stack *after)
{
    static const char *const typed[] = {"success", "auth_err"};

    for (size_t i = 0; i < TS_ARRAY_LEN(typed); i++)
        if (lets_in(before, "ignore", typed[i]) != lets_in(after, "user_unknown", typed[i]))
            return true;
    return false;
}

int
host_check_change(const struct host_change *change, struct ts_err *err)
{
    TS_CLEANUP(pam_stack_release) struct pam_stack before = {NULL, 0};
    TS_CLEANUP(pam_stack_release) struct pam_stack after = {NULL, 0};
    struct pam_judgement judgement;

    int rc = read_auth(change, change->before, &before, err);
    if (rc == 0)
        rc = read_auth(change, change->after, &after, err);
    if (rc < 0)
        return rc;
    pam_judge_auth(&after, &judgement);
    if (judgement.fails_open != NULL)
        return refuse_change(change, "people would get in without a token and without a password",
                             err);
    if (changes_passwords(&before, &after))
        return refuse_change(change, "a password would no longer do what it does now", err);
    if (judgement.refuses_others)
        return refuse_change(change, "jobs of cron and logins by password would be refused", err);
    if (judgement.no_effect || judgement.factor_skipped != NULL || judgement.refuses_tokens)
        return refuse_change(change, "a token would not let anybody in", err);
    if (judgement.no_outage_fallback && !change->token_only)
        return refuse_change(change, "nobody would get in while policy.conf has a mistake", err);
    return 0;
}
