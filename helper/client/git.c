/* `git`: git's credential helper, after gitcredentials(7) and git-credential(1). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/cache/refresh.h"
#include "helper/client/client.h"
#include "helper/client/clients.h"
#include "helper/client/git_attributes.h"
#include "helper/helper.h"

#define QUIT "quit=1\n"

/* Whether the input has come to its blank line. *line_start is where its last line begins, kept
 * from call to call. */
static bool
has_blank_line(const struct ts_secret *input, size_t *line_start)
{
    while (*line_start < input->len) {
        const char *start = input->data + *line_start;
        const char *newline = memchr(start, '\n', input->len - *line_start);

        if (newline == NULL)
            return false;
        if (newline == start || (newline == start + 1 && *start == '\r'))
            return true;
        *line_start += (size_t)(newline - start) + 1;
    }
    return false;
}

/* Not ts_secret_read_fd: a caller may keep the pipe open after the blank line. */
static int
read_git_input(struct ts_secret *input, struct ts_err *err)
{
    size_t line_start = 0;

    while (!has_blank_line(input, &line_start)) {
        char chunk[4096];
        ssize_t got = read(STDIN_FILENO, chunk, sizeof(chunk));

        if (got == 0)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ts_err_errno(err, TS_ERR_USAGE, "cannot read git's question");
        int rc = ts_secret_append(input, chunk, (size_t)got);
        explicit_bzero(chunk, (size_t)got);
        if (rc == TS_ERR_TOO_LARGE)
            return ts_err_set(err, TS_ERR_USAGE, "git sent more than %zu bytes", GIT_INPUT_MAX);
        if (rc < 0)
            return ts_err_nomem(err);
    }
    return 0;
}

/* Other protocols (cert, smtp, imap ...) are asked about with an empty host by right. */
static bool
is_web(const struct git_attributes *asked)
{
    const char *protocol = git_attributes_get(asked, GIT_PROTOCOL);

    return protocol == NULL || protocol[0] == '\0' || strcmp(protocol, "https") == 0 ||
           strcmp(protocol, "http") == 0;
}

/* *path is what the question points to, the caller's to release: git leaves out the slash that a
 * path begins with. */
static int
make_question(const struct git_attributes *asked, struct ts_secret *path,
              struct client_question *ret, struct ts_err *err)
{
    const char *given = git_attributes_get(asked, GIT_PATH);

    if (given != NULL && given[0] != '\0' &&
        (ts_secret_append_string(path, given[0] == '/' ? "" : "/") < 0 ||
         ts_secret_append_string(path, given) < 0))
        return ts_err_nomem(err);
    *ret = (struct client_question){
        .protocol = git_attributes_get(asked, GIT_PROTOCOL),
        .host = git_attributes_get(asked, GIT_HOST),
        .path = ts_secret_string(path),
        .user = git_attributes_get(asked, GIT_USERNAME),
        .wants = asked->authtype ? CLIENT_AUTH : CLIENT_LOGIN,
        .may_reuse_proof = true,
        .takes_api_key = true,
    };
    return 0;
}

/*
 * Servers may send a WWW-Authenticate header of any length, and git passes it on. It is an error
 * only for a host that has a section; the others are left to other helpers without a word. git
 * sends the host before the headers; where it does not, the error remains.
 */
static bool
is_overlong_for_another(struct helper *helper, const struct git_attributes *asked)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret path = TS_SECRET_INIT(GIT_LINE_MAX + 1);
    const struct ts_host_rule *host = NULL;
    struct client_question question;
    struct ts_err ignored = {.code = 0};

    if (!asked->overlong || git_attributes_require_host(asked, &ignored) < 0 ||
        make_question(asked, &path, &question, &ignored) < 0)
        return false;
    /* Whoever the user is, and however it is reached. */
    question.user = NULL;
    question.protocol = "https";
    return client_find(helper, &question, &host, &ignored) == 0 && host == NULL;
}

/* Reads the question. *ret_ours is false where there is nothing wrong with it, but it is about a
 * host or protocol that is not ours. */
static int
read_question(struct helper *helper, struct git_attributes *asked, bool *ret_ours,
              struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret input = TS_SECRET_INIT(GIT_INPUT_MAX);
    int rc = read_git_input(&input, err);

    *ret_ours = false;
    if (rc == 0)
        rc = git_attributes_parse(asked, ts_secret_string(&input), input.len, err);
    if (rc == TS_ERR_USAGE && is_overlong_for_another(helper, asked))
        return 0;
    if (rc < 0)
        return rc;
    *ret_ours = is_web(asked) || git_attributes_get(asked, GIT_HOST) == NULL;
    return *ret_ours ? git_attributes_require_host(asked, err) : 0;
}

static int
print_login(const struct client_answer *found, struct ts_secret *answer, struct ts_err *err)
{
    const struct ts_secret *token = &found->grant.token;
    const char *authtype = found->is_api_key ? "Token" : "Bearer";
    int rc =
        found->username == NULL
            ? ts_secret_append_strings(answer, "authtype=", authtype, "\ncredential=", NULL)
            : ts_secret_append_strings(answer, "username=", found->username, "\npassword=", NULL);

    if (rc < 0 || ts_secret_append(answer, token->data, token->len) < 0 ||
        ts_secret_append_string(answer, "\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

/* git compares the expiry with the local clock, and takes `ephemeral` only from a helper that knows
 * the capability. It asks other helpers not to store the token, but credential-store of git up to
 * 2.55 stores it all the same. */
static int
print_answer(const struct git_attributes *asked, const struct client_answer *found,
             struct ts_secret *answer, struct ts_err *err)
{
    char decimal[TS_DECIMAL_SIZE];

    if (asked->authtype && ts_secret_append_string(answer, "capability[]=authtype\n") < 0)
        return ts_err_nomem(err);
    int rc = print_login(found, answer, err);
    if (rc < 0)
        return rc;
    const char *expires = ts_text_decimal(decimal, found->expires_at);
    if ((!found->is_api_key &&
         ts_secret_append_strings(answer, "password_expiry_utc=", expires, "\n", NULL) < 0) ||
        (asked->authtype && ts_secret_append_string(answer, "ephemeral=1\n") < 0))
        return ts_err_nomem(err);
    return 0;
}

static int
git_get(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(git_attributes_release) struct git_attributes asked = GIT_ATTRIBUTES_INIT;
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret path = TS_SECRET_INIT(GIT_LINE_MAX + 1);
    struct client_question question;
    bool ours = false;

    int rc = read_question(helper, &asked, &ours, err);
    if (rc < 0 || !ours)
        return rc;
    /* Before memory can run out, for what is said then. */
    if (ts_secret_reserve(answer, strlen(QUIT)) < 0)
        return ts_err_nomem(err);
    rc = make_question(&asked, &path, &question, err);
    if (rc == 0)
        rc = client_get(helper, &question, &found, err);
    if (rc == TS_ERR_NOT_FOUND && found.host == NULL)
        return 0;
    if (rc == 0)
        rc = print_answer(&asked, &found, answer, err);
    if (rc < 0 && found.host != NULL) {
        /* The host is ours, so no other helper and no person has the password either. */
        ts_secret_clear(answer);
        (void)ts_secret_append_string(answer, QUIT);
    }
    return rc;
}

/* There is nothing to keep: the cache has it already. */
static int
git_store(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(git_attributes_release) struct git_attributes asked = GIT_ATTRIBUTES_INIT;
    bool ours = false;

    (void)answer;
    return read_question(helper, &asked, &ours, err);
}

/* Only the token that was rejected: of twenty gits that hold the same dead token, the last must not
 * drop the one that the first has fetched since. */
static int
git_erase(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(git_attributes_release) struct git_attributes asked = GIT_ATTRIBUTES_INIT;
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret path = TS_SECRET_INIT(GIT_LINE_MAX + 1);
    const struct ts_host_rule *host = NULL;
    struct client_question question;
    bool ours = false;
    bool dropped = false;

    (void)answer;
    int rc = read_question(helper, &asked, &ours, err);
    if (rc == 0 && ours)
        rc = make_question(&asked, &path, &question, err);
    if (rc == 0 && ours)
        rc = client_find(helper, &question, &host, err);
    if (rc < 0 || host == NULL)
        return rc;
    const struct ts_secret *rejected =
        &asked.values[asked.given[GIT_PASSWORD] ? GIT_PASSWORD : GIT_CREDENTIAL];
    if (rejected->len == 0)
        return 0;
    rc = helper_any_request(helper, host, &request, err);
    if (rc == 0 && request.key.api_key_file == NULL)
        rc = ts_refresh_erase(&request, rejected, &dropped, err);
    if (rc == 0)
        helper_debug(helper, "git: %s",
                     dropped ? "dropped the cached token"
                             : "what was rejected is not the cached token");
    return rc;
}

static int
git_capability(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    (void)helper;
    if (ts_secret_append_string(answer, "version 0\ncapability authtype\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
} operations[] = {
    {"get", git_get},
    {"store", git_store},
    {"erase", git_erase},
    {"capability", git_capability},
};

static int
answer_git(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    if (helper->options.arguments_len != 1)
        return helper_usage(err, "'git' takes one operation: get, store, erase or capability");
    for (size_t i = 0; i < TS_ARRAY_LEN(operations); i++)
        if (strcmp(operations[i].name, helper->options.arguments[0]) == 0)
            return operations[i].run(helper, answer, err);
    /* git(1) may grow operations; a helper that does not know one keeps silent. */
    return 0;
}

int
command_git(struct helper *helper)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(OUTPUT_MAX);
    struct ts_err err = {.code = 0};
    int rc = answer_git(helper, &answer, &err);
    int status = helper_finish(helper, rc, &answer, &err);

    /* Here a failure has an answer too: that of git_get. */
    if (rc < 0)
        (void)output_write(helper->stdout_open, &answer, &err);
    return status;
}
