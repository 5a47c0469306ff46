/* `explain`: which rule of policy.conf accepts or denies a token. The worker decides. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/job/job.h"
#include "common/job/worker_call.h"
#include "helper/helper.h"

/* For reading a few files and looking a user up. */
#define TIMEOUT_MS 10000

static int
copy_argument(const char *text, const char *option, char **ret, struct ts_err *err)
{
    if (!ts_text_is_utf8(text, strlen(text)))
        return ts_err_set(err, TS_ERR_USAGE, "--%s is not valid UTF-8", option);
    *ret = strdup(text);
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

static int
read_stdin_token(struct ts_secret *ret, struct ts_err *err)
{
    int rc = ts_secret_read_fd(ret, STDIN_FILENO);

    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_USAGE, "more than %zu bytes on standard input: not a token",
                          ret->max);
    return rc < 0 ? ts_err_errno(err, TS_ERR_USAGE, "standard input cannot be read") : 0;
}

static int
make_job(const struct helper *helper, struct ts_job *ret, struct ts_err *err)
{
    const struct options *options = &helper->options;
    struct ts_explain *asked = &ret->explain;

    ret->kind = TS_JOB_EXPLAIN;
    ret->request.endpoint.timeout_ms = TIMEOUT_MS;
    int rc = helper_policy(helper, &asked->policy, err);
    if (rc == 0)
        rc = copy_argument(options->service, "service", &asked->service, err);
    if (rc == 0)
        rc = copy_argument(options->user, "user", &asked->user, err);
    return rc < 0 ? rc : read_stdin_token(&asked->token, err);
}

static int
call_worker(const struct ts_job *job, struct ts_explanation *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    int rc = ts_worker_call(job, &answer, err);

    return rc < 0 ? rc : ts_job_read_explanation(&answer, ret, err);
}

static int
print_rule(const struct ts_explained_rule *rule, const char *text, struct ts_secret *answer)
{
    static const char *const results[] = {
        [TS_RULE_PASS] = "pass", [TS_RULE_FAIL] = "FAIL", [TS_RULE_SKIPPED] = "-"};
    const bool failed = rule->result == TS_RULE_FAIL;

    return ts_secret_append_format(answer, "%-4s  %-17s  %s%s%s\n", results[rule->result],
                                   rule->code, rule->demand, failed ? ": " : "",
                                   failed ? text : "");
}

/* What shows people whether this is the policy and the token that they mean. */
static int
print_notes(const struct ts_job *job, const struct ts_explanation *explanation,
            struct ts_secret *answer)
{
    const char *policy = job->explain.policy;
    char shown[4096];
    int rc = 0;

    ts_text_clean(shown, sizeof(shown), policy, strlen(policy));
    if (explanation->section[0] != '\0')
        rc = ts_secret_append_format(answer, "note  section [service %s] of %s\n",
                                     explanation->section, shown);
    if (rc == 0 && explanation->key_id[0] != '\0')
        rc = ts_secret_append_format(answer, "note  the token names key %s\n", explanation->key_id);
    if (rc == 0 && explanation->expires > 0) {
        char when[32];

        ts_text_rfc3339(when, explanation->expires);
        rc = ts_secret_append_format(answer, "note  the token expires at %s\n", when);
    }
    if (rc == 0 && explanation->accepted && explanation->single_use)
        rc = ts_secret_append_string(answer,
                                     "note  single_use: cannot check whether the token was already "
                                     "used; this command did not use it\n");
    return rc;
}

static int
print_explanation(const struct ts_job *job, const struct ts_explanation *explanation,
                  struct ts_secret *answer)
{
    int rc = explanation->accepted
                 ? ts_secret_append_string(answer, "accepted\n")
                 : ts_secret_append_format(answer, "denied: %s: %s\n", explanation->reason,
                                           explanation->text);

    for (size_t i = 0; i < explanation->rules_len && rc == 0; i++)
        rc = print_rule(&explanation->rules[i], explanation->text, answer);
    return rc < 0 ? rc : print_notes(job, explanation, answer);
}

int
command_explain(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    const struct options *options = &helper->options;
    TS_CLEANUP(ts_job_release) struct ts_job job = TS_JOB_INIT;
    struct ts_explanation explanation = {.rules_len = 0};

    if ((options->given & OPTION_SERVICE) == 0 || (options->given & OPTION_USER) == 0)
        return helper_usage(err, "'explain' needs --service and --user");
    int rc = make_job(helper, &job, err);
    if (rc == 0)
        rc = call_worker(&job, &explanation, err);
    if (rc < 0)
        return rc;
    if (!explanation.accepted)
        helper->exit_code = ts_error_exit_code(TS_ERR_REFUSED);
    return print_explanation(&job, &explanation, answer) < 0 ? ts_err_nomem(err) : 0;
}
