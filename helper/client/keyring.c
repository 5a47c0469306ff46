/*
 * `keyring`: the part of the program keyring(1) that pip and uv call, in their three orders:
 *
 *     keyring --mode=creds --output=json get URL [USER]     pip: a JSON object
 *     keyring get URL USER                                  uv, old pip: the password
 *     keyring get URL --mode creds                          uv: user name and password
 *
 * Where there is nothing for a URL, keyring prints nothing and exits with 1.
 */
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/helper.h"

struct keyring_call {
    const char *words[3]; /* `get`, the URL, the user name or NULL */
    size_t words_len;
    const char *mode;
    const char *output;
};

/* Whether the argument at *index is the option `name`; its value is then in *ret, NULL where it is
 * missing. */
static bool
match_option(const struct options *options, size_t *index, const char *name, const char **ret)
{
    const char *argument = options->arguments[*index];
    size_t len = strlen(name);

    if (strncmp(argument, name, len) != 0 || (argument[len] != '=' && argument[len] != '\0'))
        return false;
    if (argument[len] == '=')
        *ret = argument + len + 1;
    else
        *ret = *index + 1 < options->arguments_len ? options->arguments[++*index] : NULL;
    return true;
}

static int
read_call(const struct options *options, struct keyring_call *ret, struct ts_err *err)
{
    for (size_t i = 0; i < options->arguments_len; i++) {
        if (match_option(options, &i, "--mode", &ret->mode) ||
            match_option(options, &i, "--output", &ret->output))
            continue;
        if (ret->words_len == TS_ARRAY_LEN(ret->words) || options->arguments[i][0] == '-')
            return ts_err_set(err, TS_ERR_USAGE, "keyring: unknown argument '%s'",
                              options->arguments[i]);
        ret->words[ret->words_len++] = options->arguments[i];
    }
    if (ret->words_len < 2 || strcmp(ret->words[0], "get") != 0)
        return ts_err_set(err, TS_ERR_USAGE, "keyring: only 'get URL [USER]' is known");
    if (ret->mode == NULL ||
        (strcmp(ret->mode, "creds") != 0 && strcmp(ret->mode, "password") != 0))
        return ts_err_set(err, TS_ERR_USAGE, "keyring: --mode is creds or password");
    if (ret->output == NULL ||
        (strcmp(ret->output, "json") != 0 && strcmp(ret->output, "plain") != 0))
        return ts_err_set(err, TS_ERR_USAGE, "keyring: --output is json or plain");
    return 0;
}

static int
print_found(const struct keyring_call *call, const struct client_answer *found,
            struct ts_secret *answer)
{
    const char *password = ts_secret_string(&found->grant.token);
    bool has_user = strcmp(call->mode, "creds") == 0;

    if (strcmp(call->output, "json") != 0)
        return ts_secret_append_strings(answer, has_user ? found->username : "",
                                        has_user ? "\n" : "", password, "\n", NULL);
    struct ts_json_writer json = ts_json_begin(answer);
    if (has_user)
        ts_json_write_string(&json, "username", found->username);
    ts_json_write_string(&json, "password", password);
    return ts_json_end_line(&json);
}

static int
answer_keyring(struct helper *helper, struct client_answer *found, struct ts_secret *answer,
               struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    struct client_question question = {.wants = CLIENT_LOGIN};
    struct keyring_call call = {.mode = "password", .output = "plain"};
    int rc = read_call(&helper->options, &call, err);

    if (rc == 0)
        rc = client_parse_host(call.words[1], &question, &storage, err);
    if (rc < 0)
        return rc;
    question.user = call.words[2];
    rc = client_get(helper, &question, found, err);
    if (rc == 0 && print_found(&call, found, answer) < 0)
        rc = ts_err_nomem(err);
    return rc;
}

int
command_keyring(struct helper *helper)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(OUTPUT_MAX);
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    struct ts_err err = {.code = 0};
    int rc = answer_keyring(helper, &found, &answer, &err);

    if (rc == TS_ERR_NOT_FOUND && found.host == NULL)
        return 1;
    return helper_finish(helper, rc, &answer, &err);
}
