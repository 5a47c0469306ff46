/* `askpass` for ssh and `sudo-askpass` for sudo -A: answer the module's prompt, and no other. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/index.h"
#include "common/cache/cache.h"
#include "common/cache/refresh.h"
#include "helper/client/clients.h"
#include "helper/client/askpass_prompt.h"
#include "common/base/own_name.h"
#include "helper/helper.h"

/* Of the answer's own; no enum ts_error has exit code 1. */
#define ASKPASS_REFUSED_EXIT 1

/* Whom the answer is for, and what is asked. `host` is NULL for sudo. */
struct question {
    struct askpass_prompt prompt;
    const struct ts_host_rule *host;
    char name[TS_HOST_NAME_MAX + 1];  /* whom a proof is for */
    char parts[TS_HOST_NAME_MAX + 1]; /* whom the parts of a bound token are kept for: the same, but
                                       * with sudo this machine, because the prompt for the next
                                       * part has no name */
};

/* The first part of a token that was not given away before; or, where it gets a proof, of the
 * cached one. */
static int
get_first_part(const struct helper *helper, const struct question *question,
               struct ts_secret *token, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    const bool is_bound = question->prompt.bound_to[0] != '\0';
    int rc = helper_request(helper, question->host, !is_bound, &request, err);

    if (rc == 0 && is_bound)
        rc = ts_request_bind(&request, question->name, false, err);
    if (rc == 0)
        rc = ts_refresh_get(&request, &grant, err);
    /* The module will ask on, and another process of this program has to know how it goes on. */
    if (rc == 0 && is_bound)
        rc = ts_request_bind(&request, question->parts, false, err);
    if (rc == 0 && grant.token.len > ASKPASS_PART)
        rc = ts_refresh_keep_parts(&request, &grant, err);
    if (rc == 0)
        ts_secret_move(token, &grant.token);
    return rc;
}

/* The prompt for a next part does not say what the first one asked for. A host with `bound = yes`
 * has been given bound tokens only. */
static int
find_part(struct ts_request *request, const struct question *question, struct ts_secret *token,
          struct ts_err *err)
{
    const size_t received = question->prompt.received;

    if (question->parts[0] != '\0') {
        int rc = ts_request_bind(request, question->parts, false, err);

        if (rc == 0)
            rc = ts_refresh_find_parts(request, received, question->prompt.hash, token, err);
        if (rc != TS_ERR_KEY || (question->host != NULL && question->host->bound))
            return rc;
        ts_string_free(&request->bound_host);
    }
    return ts_refresh_find_parts(request, received, question->prompt.hash, token, err);
}

static int
find_next_part(const struct helper *helper, const struct question *question,
               struct ts_secret *token, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    int rc = helper_request(helper, question->host, false, &request, err);

    if (rc == 0)
        rc = find_part(&request, question, token, err);
    /* A part that is not full is the last. */
    if (rc == 0 && token->len < question->prompt.received + ASKPASS_PART)
        ts_refresh_drop_parts(&request, token);
    return rc;
}

/* An empty answer ends the module's questions. */
static int
print_part(const struct ts_secret *token, size_t from, struct ts_secret *answer, struct ts_err *err)
{
    size_t left = token->len > from ? token->len - from : 0;
    size_t len = left > ASKPASS_PART ? ASKPASS_PART : left;

    if ((len > 0 && ts_secret_append(answer, token->data + from, len) < 0) ||
        ts_secret_append_string(answer, "\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

static int
answer_question(struct helper *helper, const struct question *question)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(OUTPUT_MAX);
    const size_t received = question->prompt.received;
    struct ts_err err = {.code = 0};
    int rc = received == 0 ? get_first_part(helper, question, &token, &err)
                           : find_next_part(helper, question, &token, &err);

    helper_debug(helper, "askpass: asked for the token from character %zu", received + 1);
    if (rc == 0)
        rc = print_part(&token, received, &answer, &err);
    return helper_finish(helper, rc, &answer, &err);
}

int
command_askpass_fail(const struct helper *helper, const struct ts_err *err)
{
    (void)helper_fail(helper, err);
    return ASKPASS_REFUSED_EXIT;
}

static int
refuse_prompt(const struct helper *helper, const char *reason)
{
    struct ts_err err = {.code = 0};

    (void)ts_err_set(&err, TS_ERR_USAGE, "%s", reason);
    return command_askpass_fail(helper, &err);
}

#define QUOTED_MAX 160

/* What ssh asks beside tokens, by a part of its text, and what to do about it. */
static const struct {
    const char *part;
    const char *cause;
} other_questions[] = {
    {"continue connecting", "this host is new to you: connect to it once without SSH_ASKPASS, or "
                            "add its key to known_hosts"},
    {"passphrase for", "a key of yours has a passphrase: add it to ssh-agent first (ssh-add)"},
    {"assword",
     "this host does not ask for a token: it accepts none, or none for this account; try "
     "another account, or see 'thrivestack-credential explain' on the host"},
    {"", "it is not a question for a ThriveStack token"},
};

static const char *
likely_cause(const char *prompt)
{
    size_t i = 0;

    while (strstr(prompt, other_questions[i].part) == NULL)
        i++;
    return other_questions[i].cause;
}

/* Which process asks: its id, and when it started, because ids come again. */
static uint64_t
hash_parent(void)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret stat = TS_SECRET_INIT(4096);
    TS_CLEANUP(ts_fd_close) int fd = -1;
    char path[32];

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)ts_secret_read_fd(&stat, fd);
    /* The 22nd word, and the 20th behind the name, which may have blanks. */
    const char *word = stat.len > 0 ? strrchr(ts_secret_string(&stat), ')') : NULL;
    for (int i = 0; i < 20 && word != NULL; i++)
        word = strchr(word + 1, ' ');
    return ts_index_hash(word != NULL ? word : "", word != NULL ? strcspn(word + 1, " ") : 0,
                         (uint64_t)getppid());
}

/* Whether ssh asks this for the first time: it asks three times. */
static bool
is_first_time(struct helper *helper, const char *prompt)
{
    struct ts_err ignored = {.code = 0};

    if (helper_load_config(helper, &ignored) < 0 || helper->config.cache_dir == NULL)
        return true;
    TS_CLEANUP(ts_fd_close) int folder = ts_cache_open(helper->config.cache_dir);
    return folder < 0 ||
           ts_cache_mark(folder, ts_index_hash(prompt, strlen(prompt), hash_parent()));
}

/* A key's passphrase, or whether to trust a host: whoever set that variable may have forgotten it.
 */
static int
refuse_other_question(struct helper *helper, const char *prompt)
{
    if (!is_first_time(helper, prompt))
        return ASKPASS_REFUSED_EXIT;
    const char *require = secure_getenv("SSH_ASKPASS_REQUIRE");
    const bool forced = require != NULL && strcmp(require, "force") == 0;
    char quoted[QUOTED_MAX + 1];
    size_t len = strlen(prompt);

    while (len > 0 && strchr(" \n", prompt[len - 1]) != NULL)
        len--;
    ts_text_clean(quoted, sizeof(quoted), prompt, len);
    struct ts_err err = {.code = 0};
    (void)ts_err_set(&err, TS_ERR_USAGE, "not answered: '%s': %s%s", quoted, likely_cause(prompt),
                     forced ? "; SSH_ASKPASS_REQUIRE=force keeps ssh from asking you" : "");
    return command_askpass_fail(helper, &err);
}

int
command_askpass(struct helper *helper)
{
    const char *hint = secure_getenv("SSH_ASKPASS_PROMPT");
    struct question question = {.host = NULL};
    struct ts_err err = {.code = 0};
    unsigned port = 0;

    if (helper->options.arguments_len != 1)
        return refuse_prompt(helper, "askpass takes one argument, the prompt");
    /* ssh sets it where it wants a yes or no, or only shows a text. */
    if (hint != NULL && hint[0] != '\0')
        return refuse_prompt(helper, "not a question for a password; it gets no answer");
    if (!askpass_prompt_parse_ssh(helper->options.arguments[0], &question.prompt))
        return refuse_other_question(helper, helper->options.arguments[0]);
    if (helper_load_config(helper, &err) < 0)
        return helper_fail(helper, &err);
    question.host = ts_config_find_host(&helper->config, question.prompt.host, NULL);
    if (question.host == NULL || !question.host->askpass) {
        (void)ts_err_set(&err, TS_ERR_USAGE,
                         "no [host %.250s] section says 'askpass = yes': run "
                         "'thrivestack-credential setup ssh %.250s'",
                         question.prompt.host, question.prompt.host);
        return command_askpass_fail(helper, &err);
    }
    if (!ts_host_split(question.prompt.host, question.name, &port))
        return refuse_prompt(helper, "ssh does not name a host; it gets no answer");
    memcpy(question.parts, question.name, sizeof(question.parts));
    if (question.host->bound && question.prompt.received == 0 &&
        question.prompt.bound_to[0] == '\0') {
        (void)ts_err_set(
            &err, TS_ERR_USAGE,
            "[host %.200s] says 'bound = yes', but the host asks for a token that any "
            "other host accepts, too; it gets no answer. Its policy.conf needs bound_to",
            question.host->label);
        return command_askpass_fail(helper, &err);
    }
    return answer_question(helper, &question);
}

int
command_sudo_askpass(struct helper *helper)
{
    struct question question = {.host = NULL};
    struct ts_err err = {.code = 0};

    if (helper->options.arguments_len != 1)
        return refuse_prompt(helper, "sudo-askpass takes one argument, the prompt");
    if (!askpass_prompt_parse_bare(helper->options.arguments[0], &question.prompt))
        return refuse_prompt(helper,
                             "not sudo's question for a ThriveStack token; it gets no answer");
    memcpy(question.name, question.prompt.bound_to, sizeof(question.name));
    ts_own_name_get(question.parts);
    if (question.name[0] != '\0' && !ts_own_name_is(question.name)) {
        (void)ts_err_set(&err, TS_ERR_USAGE,
                         "sudo asks for a token for %.253s, which is neither the name of this "
                         "machine nor beside it in /etc/hosts; it gets no answer",
                         question.name);
        return command_askpass_fail(helper, &err);
    }
    if (helper_load_config(helper, &err) < 0)
        return helper_fail(helper, &err);
    return answer_question(helper, &question);
}
