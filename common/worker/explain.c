#include "common/worker/explain.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/policy/decide.h"
#include "common/worker/trace.h"

#include <string.h>
#include <unistd.h>

struct ts_policy_trust
ts_explain_trust(void)
{
    uid_t real = 0, effective = 0, saved = 0;

    if (getresuid(&real, &effective, &saved) != 0 || real != effective || real != saved)
        return (struct ts_policy_trust){.owner = 0};
    return (struct ts_policy_trust){.owner = real};
}

static void
copy_text(char *ret, size_t size, const char *text)
{
    ts_text_clean(ret, size, text, strlen(text));
}

static void
describe_rules(const struct ts_verdict *verdict, struct ts_explanation *ret)
{
    size_t len = 0;
    const struct ts_decide_rule *rules = ts_decide_rules(&len);

    for (size_t i = 0; i < len && i < TS_EXPLAIN_RULES_MAX; i++) {
        struct ts_explained_rule *rule = &ret->rules[i];

        copy_text(rule->code, sizeof(rule->code), ts_reason_code(rules[i].reason));
        copy_text(rule->demand, sizeof(rule->demand), rules[i].demand);
        rule->result = i < verdict->rules_passed    ? TS_RULE_PASS
                       : i == verdict->rules_passed ? TS_RULE_FAIL
                                                    : TS_RULE_SKIPPED;
        ret->rules_len++;
    }
}

static void
describe_verdict(const struct ts_verdict *verdict, struct ts_explanation *ret)
{
    *ret = (struct ts_explanation){.accepted = verdict->reason == TS_REASON_OK,
                                   .expires = verdict->expires};
    describe_rules(verdict, ret);
    copy_text(ret->reason, sizeof(ret->reason), ts_reason_code(verdict->reason));
    copy_text(ret->text, sizeof(ret->text), verdict->text);
    memcpy(ret->key_id, verdict->key_id, sizeof(ret->key_id));
    if (verdict->service == NULL)
        return;
    copy_text(ret->section, sizeof(ret->section), verdict->service->name);
    ret->single_use = verdict->service->single_use;
}

int
ts_explain(const struct ts_job *job, struct ts_explanation *ret, struct ts_err *err)
{
    const struct ts_explain *explain = &job->explain;
    const struct ts_policy_trust trust = ts_explain_trust();
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {.file = NULL};
    TS_CLEANUP(ts_subject_release) struct ts_subject subject = {.name = NULL};
    struct ts_verdict verdict;

    ts_trace(&job->request, "reading the policy %s", explain->policy);
    int rc = ts_policy_load(explain->policy, &trust, &policy, err);
    if (rc == 0)
        rc = ts_subject_lookup(&policy, explain->service, explain->user, &subject, err);
    if (rc < 0)
        return rc;
    const struct ts_question question = {.policy = &policy,
                                         .subject = &subject,
                                         .service = explain->service,
                                         .now = ts_clock_wall(),
                                         .booted = ts_clock_booted()};
    enum ts_reason reason =
        ts_decide(&question, ts_secret_string(&explain->token), explain->token.len, &verdict);
    /* Not a denial: the check itself failed. */
    if (reason == TS_REASON_NOMEM || reason == TS_REASON_SYSTEM)
        return ts_err_set(err, reason == TS_REASON_NOMEM ? TS_ERR_NOMEM : TS_ERR_SYSTEM, "%s",
                          verdict.text);
    describe_verdict(&verdict, ret);
    return 0;
}
