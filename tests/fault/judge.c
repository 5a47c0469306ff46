#include "judge.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "common/base/cleanup.h"

#define CODES_MAX 4

/*
 * How a program may end where a call of `who` about `object` failed: the first row that fits. Code
 * 0 is allowed, beside these, for a call that was only interrupted, and for close(2), which has
 * nothing to say about a file that was read.
 */
static const struct rule {
    int who; /* -1: anybody */
    const char *call;
    const char *object;
    int codes[CODES_MAX];
} rules[] = {
    {WHO_PROGRAM, "*", "stdout", {74}},
    {WHO_PROGRAM, "*", "stderr", {0, 71}},
    /* What git or docker say cannot be read. */
    {WHO_PROGRAM, "*", "stdin", {64, 71}},
    {WHO_PROGRAM, "*", "*/cache*", {0}},
    {WHO_PROGRAM, "*", "*/boot_id", {0}},
    {WHO_PROGRAM, "*", "*/conf", {78}},
    {WHO_PROGRAM, "*", "*/key.json", {66}},
    {WHO_PROGRAM, "*", "/etc/*", {0, 71}},
    {WHO_PROGRAM, "prctl", "*", {0}},
    {WHO_PROGRAM, "prlimit64", "*", {0}},
    {WHO_WORKER, "*", "*/key.json", {66, 71}},
    {WHO_WORKER, "*", "*/ca.pem", {0, 69, 71, 78}},
    {WHO_WORKER, "*", "socket:*", {0, 69}},
    {WHO_WORKER, "*", "*", {0, 69, 71}},
    {-1, "*", "*", {0, 71}},
};

static char reason[800];

__attribute__((format(printf, 1, 2))) static const char *
because(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    return reason;
}

static bool
has_code(const int *codes, int code)
{
    for (int i = 0; i < CODES_MAX; i++)
        if (codes[i] == code && (i == 0 || code != 0))
            return true;
    return false;
}

static const struct rule *
find_rule(const struct trace_report *report)
{
    size_t i = 0;

    while (i < TS_ARRAY_LEN(rules) - 1 &&
           ((rules[i].who >= 0 && rules[i].who != (int)report->who) ||
            fnmatch(rules[i].call, report->call->name, 0) != 0 ||
            fnmatch(rules[i].object, report->object, 0) != 0))
        i++;
    return &rules[i];
}

static bool
is_code_right(const struct answer *answer, const struct outcome *outcome, int code)
{
    const struct trace_report *report = &outcome->report;
    static const int from_memory[CODES_MAX] = {0, 71};

    if (outcome->out_of_memory || report->call == NULL)
        return has_code(from_memory, code) || (answer->is_docker && code == 1);
    const struct rule *rule = find_rule(report);
    if (code == 0 && (report->error == EINTR || report->call->happens || answer->is_status))
        return true;
    /* The cache is all that it is about. */
    if (answer->is_forget && rule->codes[0] == 0 && code == 71)
        return true;
    if (answer->is_docker && code == 1)
        return rule->codes[0] != 0 || rule->codes[1] != 0;
    return has_code(rule->codes, code);
}

static bool
is_one_line(const char *text, size_t len)
{
    return len > 10 && memchr(text, '\n', len) == text + len - 1;
}

static bool
is_about(const struct outcome *outcome, const char *object)
{
    return outcome->report.call != NULL && strcmp(outcome->report.object, object) == 0;
}

static bool
has_secret(const char *text)
{
    return strstr(text, "eyJ") != NULL || strstr(text, "PRIVATE") != NULL;
}

static const char *
judge_refusal_texts(const struct answer *answer, const struct outcome *outcome)
{
    bool closed_late = is_about(outcome, "stdout") && outcome->report.call->happens;

    if (closed_late)
        return NULL;
    if (has_secret(outcome->out) || has_secret(outcome->err))
        return because("a secret beside a failure");
    if (answer->is_docker && outcome->err_len == 0 && is_one_line(outcome->out, outcome->out_len))
        return NULL;
    if (outcome->out_len > 0 && !(answer->is_git && strcmp(outcome->out, "quit=1\n") == 0))
        return because("stdout is '%.60s' beside a failure", outcome->out);
    if (!is_one_line(outcome->err, outcome->err_len) && !is_about(outcome, "stderr"))
        return because("not one line on stderr but '%.200s'", outcome->err);
    return NULL;
}

bool
is_answered(const struct answer *answer, const struct outcome *outcome, struct evp_pkey_st *key)
{
    return outcome->report.status == 0 && outcome->err_len == 0 && answer->is_whole(outcome, key);
}

static const char *
judge_end(const struct answer *answer, const struct outcome *outcome, struct evp_pkey_st *key)
{
    const struct trace_report *report = &outcome->report;

    if (report->hung)
        return because("it hangs");
    if (WIFSIGNALED(report->status))
        return because("ended by signal %d", WTERMSIG(report->status));
    int code = WEXITSTATUS(report->status);
    if (!is_code_right(answer, outcome, code))
        return because("exit code %d: %.200s", code, outcome->err);
    if (code != 0)
        return judge_refusal_texts(answer, outcome);
    if (!is_answered(answer, outcome, key))
        return because("exit code 0 with stdout '%.60s' and stderr '%.200s'", outcome->out,
                       outcome->err);
    if (answer->is_forget && outcome->cache.tokens > 0)
        return because("it says that it forgot, and there is a token still");
    return NULL;
}

static bool
leaves_drafts(const struct outcome *outcome)
{
    return outcome->report.call != NULL && strncmp(outcome->report.call->name, "unlink", 6) == 0;
}

static const char *
judge_leftovers(const struct outcome *outcome)
{
    const struct trace_report *report = &outcome->report;

    if (outcome->cache.problem[0] != '\0')
        return because("%s", outcome->cache.problem);
    if (outcome->cache.drafts > (leaves_drafts(outcome) ? 1 : 0))
        return because("%u drafts are left", outcome->cache.drafts);
    if (report->leaks[0] != '\0')
        return because("descriptors leak:%s", report->leaks);
    if (report->left)
        return because("a child is left");
    return NULL;
}

const char *
judge(const struct answer *answer, const struct outcome *outcome, struct evp_pkey_st *key)
{
    const char *wrong = judge_end(answer, outcome, key);

    return wrong != NULL ? wrong : judge_leftovers(outcome);
}
