/* What a changed stack does to people, tried in the simulator before the file is written. */
#include <string.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/policy/policy.h"
#include "helper/doctor/pam/pam_folder.h"
#include "helper/doctor/pam/pam_simulate.h"
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

    return pam_simulate_answers(stack, &answers) == pam_stack_code("success");
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

/* Modules that refuse some people, whatever they type. */
static bool
is_gate(const struct pam_line *line)
{
    static const char *const gates[] = {
        "pam_access", "pam_exec", "pam_listfile",   "pam_localuser", "pam_nologin", "pam_securetty",
        "pam_shells", "pam_time", "pam_succeed_if", "pam_usertype",  "pam_wheel",
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(gates); i++)
        if (pam_line_is(line, gates[i]))
            return true;
    return false;
}

/* Whether people get in where all lines accept, `line` aside. */
static bool
opens_with(const struct pam_stack *stack, const struct pam_answers *answers,
           const struct pam_line *line, const char *code)
{
    return pam_simulate_with(stack, answers, line, pam_stack_code(code)) ==
           pam_stack_code("success");
}

/* A line that the stack demands beside the first password, and that a token passes over: another
 * secret, or a gate. */
static bool
is_passed_over(const struct pam_stack *before, const struct pam_line *line,
               const struct pam_stack *after, const struct pam_line *line_after)
{
    const int success = pam_stack_code("success"), denied = pam_stack_code("auth_err");
    const struct pam_answers password = {pam_stack_code("ignore"), success};
    const struct pam_answers nothing = {pam_stack_code("ignore"), denied};
    const struct pam_answers token = {success, denied};

    if (line->module == NULL || opens_with(before, &password, line, "auth_err") ||
        !opens_with(after, &token, line_after, "auth_err"))
        return false;
    return is_gate(line) ||
           (!pam_line_checks_no_secret(line) && !opens_with(before, &nothing, line, "success"));
}

static int
check_passed_over(const struct host_change *change, const struct pam_stack *before,
                  const struct pam_stack *after, struct ts_err *err)
{
    const struct pam_line *ours = pam_stack_find_module(after);
    const size_t place = ours != NULL ? (size_t)(ours - after->lines) : 0;

    /* Only the session's line is new. */
    if (ours == NULL || after->len != before->len + 1)
        return 0;
    for (size_t i = 0; i < before->len; i++) {
        const struct pam_line *line = &before->lines[i];

        if (is_passed_over(before, line, after, &after->lines[i + (i >= place)]))
            return ts_err_set(err, TS_ERR_CONFIG,
                              "%s is left as it is, because with the module's line a token would "
                              "pass over %.100s (%.100s:%u), which people need today: add the line "
                              "by hand where it belongs",
                              change->file, line->module, line->file, line->number);
    }
    return 0;
}

/* In a stack that is for tokens alone, whoever the policy does not name falls through to the
 * password only where the policy can be read. */
static int
check_policy(const struct host_change *change, struct ts_err *err)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {0};
    const struct ts_policy_trust trust = {.owner = 0};
    int rc = ts_policy_load(TS_SYSCONFDIR "/policy.conf", &trust, &policy, err);

    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    struct ts_err cause = *err;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "%s is left as it is, because with the module's line nobody would get in "
                      "before this is correct: %.600s",
                      change->file, cause.text);
}

int
host_check_change(const struct host_change *change, struct ts_err *err)
{
    TS_CLEANUP(pam_stack_release) struct pam_stack before = {NULL, 0};
    TS_CLEANUP(pam_stack_release) struct pam_stack after = {NULL, 0};
    struct pam_rating rating;

    int rc = read_auth(change, change->before, &before, err);
    if (rc == 0)
        rc = read_auth(change, change->after, &after, err);
    if (rc < 0)
        return rc;
    pam_rate_auth(&after, &rating);
    if (rating.fails_open != NULL)
        return refuse_change(change, "people would get in without a token and without a password",
                             err);
    if (changes_passwords(&before, &after))
        return refuse_change(change, "a password would no longer do what it does now", err);
    if (rating.refuses_others)
        return refuse_change(change, "jobs of cron and logins by password would be refused", err);
    if (rating.no_effect || rating.factor_skipped != NULL || rating.refuses_tokens)
        return refuse_change(change, "a token would not let anybody in", err);
    if (rating.no_outage_fallback && !change->token_only)
        return refuse_change(change, "nobody would get in while policy.conf has a mistake", err);
    rc = check_passed_over(change, &before, &after, err);
    return rc == 0 && change->token_only ? check_policy(change, err) : rc;
}
