#include "case.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define STRETCH 16

const char *
case_last(const struct test_case *test, const char *word, const char *missing)
{
    const char *found = missing;

    for (size_t i = 0; i < test->len; i++)
        if (strcmp(test->lines[i].word, word) == 0)
            found = test->lines[i].rest;
    return found;
}

static bool
begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The lines of the output that begin with `kind`, without it; *ret_count says how many they are.
 * The caller frees the text. */
static char *
lines_of(const char *output, const char *kind, size_t *ret_count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);

    *ret_count = 0;
    for (const char *line = output; *line != '\0';) {
        size_t line_len = strcspn(line, "\n");

        if (begins_with(line, kind)) {
            fprintf(file, "%.*s\n", (int)(line_len - strlen(kind)), line + strlen(kind));
            ++*ret_count;
        }
        line += line_len + (line[line_len] == '\n');
    }
    fclose(file);
    return text;
}

/* Every line of the output is of a kind that a case can say something of. */
static void
judge_kinds(const char *output, FILE *verdict)
{
    for (const char *line = output; *line != '\0';) {
        size_t len = strcspn(line, "\n");

        if (!begins_with(line, "prompt ") && !begins_with(line, "log ") &&
            !begins_with(line, "error ") && !begins_with(line, "echo-prompt "))
            fprintf(verdict, "unexpected: %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static void
judge_prompts(const struct test_case *test, const char *output, FILE *verdict)
{
    size_t count = 0, wanted_len = 0;
    char *prompts = lines_of(output, "prompt ", &count);
    char *wanted = NULL;
    FILE *file = open_memstream(&wanted, &wanted_len);

    for (size_t i = 0; i < test->len; i++)
        if (strcmp(test->lines[i].word, "prompt") == 0)
            fprintf(file, "%s\n", test->lines[i].rest);
    fclose(file);
    if (wanted_len > 0 && strcmp(wanted, prompts) != 0)
        fprintf(verdict, "other prompts\n");
    const char *number = case_last(test, "prompts", NULL);
    if (number != NULL && strtoul(number, NULL, 10) != count)
        fprintf(verdict, "%zu prompts, not %s\n", count, number);
    free(wanted);
    free(prompts);
}

/* One audit line, with the reason that the case names, and each line for authpriv. */
static void
judge_audit(const struct test_case *test, const char *log, FILE *verdict)
{
    const char *expect = case_last(test, "expect", "");
    char reason[128];
    size_t count = 0;
    bool found = false;

    (void)snprintf(reason, sizeof(reason), " reason=%s user=", strchr(expect, ' ') + 1);
    for (const char *line = log; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *end = strchr(line, '\n');
        const char *result = strstr(line, " result=");
        const char *given = strstr(line, reason);

        if (begins_with(line, "NOT-AUTHPRIV "))
            fprintf(verdict, "a line to another facility\n");
        if (result == NULL || result > end)
            continue;
        count++;
        found = found || (given != NULL && given < end && given > result);
    }
    if (count != 1)
        fprintf(verdict, "%zu audit lines\n", count);
    if (!found)
        fprintf(verdict, "the reason is not %s\n", strchr(expect, ' ') + 1);
}

/* No stretch of a token is in the log; neither is one of its header, which is no secret. */
static void
judge_secrets(const char *token, const char *log, FILE *verdict)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t len = strlen(token);
    char stretch[STRETCH + 1] = "";

    for (size_t i = 0; i + STRETCH <= len; i += STRETCH) {
        memcpy(stretch, token + i, STRETCH);
        if (strspn(stretch, letters) == STRETCH && strstr(log, stretch) != NULL) {
            fprintf(verdict, "a part of the token is in the log\n");
            return;
        }
    }
}

/* The texts of the lines with `word` are in `text`, or are not. */
static void
judge_texts(const struct test_case *test, const char *word, const char *text, FILE *verdict)
{
    bool never = strcmp(word, "nolog") == 0;

    for (size_t i = 0; i < test->len; i++)
        if (strcmp(test->lines[i].word, word) == 0 &&
            (strstr(text, test->lines[i].rest) != NULL) == never)
            fprintf(verdict, "%s %s: %s\n", word, never ? "found" : "missing", test->lines[i].rest);
}

void
case_judge(const struct test_case *test, const struct outcome *outcome, FILE *ret_verdict)
{
    const char *expect = case_last(test, "expect", "");
    size_t code_len = strcspn(expect, " "), count = 0;
    char *log = lines_of(outcome->output, "log ", &count);
    char *errors = lines_of(outcome->output, "error ", &count);

    if (strlen(outcome->code) != code_len || strncmp(outcome->code, expect, code_len) != 0)
        fprintf(ret_verdict, "returned %s, not %s\n", outcome->code, expect);
    judge_kinds(outcome->output, ret_verdict);
    judge_audit(test, log, ret_verdict);
    judge_prompts(test, outcome->output, ret_verdict);
    judge_texts(test, "log", log, ret_verdict);
    judge_texts(test, "nolog", log, ret_verdict);
    judge_texts(test, "error", errors, ret_verdict);
    judge_secrets(outcome->token, log, ret_verdict);
    free(log);
    free(errors);
}
