/*
 * `cargo`: a credential provider of cargo 1.74 or newer (RFC 2730). JSON objects, one a line: first
 * the versions that are known, then an answer for every request until the end of standard input.
 */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/helper.h"

#define HELLO "{\"v\":[1]}\n"

static int
add_error(struct ts_json *answer, const char *kind, const char *message)
{
    struct ts_json *error = ts_json_new_object();

    if (ts_json_add(answer, "Err", error) < 0)
        return TS_ERR_NOMEM;
    if (message != NULL && (ts_json_add_string(error, "message", message) < 0 ||
                            ts_json_add(error, "caused-by", ts_json_new_array()) < 0))
        return TS_ERR_NOMEM;
    return ts_json_add_string(error, "kind", kind);
}

static int
add_token(struct ts_json *answer, const struct client_answer *found)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret value = TS_SECRET_INIT(4 * TS_TOKEN_MAX);
    struct ts_json *ok = ts_json_new_object();

    if (ts_json_add(answer, "Ok", ok) < 0 || client_print_header(found, &value) < 0 ||
        ts_json_add_string(ok, "kind", "get") < 0 ||
        ts_json_add_string(ok, "token", ts_secret_string(&value)) < 0 ||
        ts_json_add_string(ok, "cache", "expires") < 0 ||
        ts_json_add_integer(ok, "expiration", found->expires_at - CLIENT_SLACK_SECONDS) < 0)
        return TS_ERR_NOMEM;
    return ts_json_add_bool(ok, "operation_independent", true);
}

/* The index's URL without what cargo puts in front; another kind of index gets no token. */
static int
find_index(struct ts_json *request, struct client_question *question, char **storage,
           struct ts_err *err)
{
    static const char sparse[] = "sparse+";
    struct ts_json *registry = ts_json_member(request, "registry");
    const char *url = registry != NULL ? ts_json_string(registry, "index-url") : NULL;

    if (url == NULL)
        return ts_err_set(err, TS_ERR_USAGE, "the request has no registry with an index-url");
    if (strncmp(url, sparse, sizeof(sparse) - 1) == 0)
        url += sizeof(sparse) - 1;
    int rc = client_parse_url(url, question, storage, err);
    return rc == TS_ERR_USAGE ? TS_ERR_NOT_FOUND : rc;
}

static int
answer_get(struct helper *helper, struct ts_json *request, struct ts_json *answer,
           struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    struct client_question question = {.wants = CLIENT_AUTH};
    int rc = find_index(request, &question, &storage, err);

    if (rc == 0)
        rc = client_get(helper, &question, &found, err);
    if (rc == TS_ERR_NOT_FOUND && found.host == NULL)
        rc = add_error(answer, "url-not-supported", NULL);
    else if (rc == 0)
        rc = add_token(answer, &found);
    else if (rc != TS_ERR_NOMEM)
        rc = add_error(answer, "other", err->text);
    return rc;
}

/* 0, or TS_ERR_NOMEM. */
static int
answer_line(struct helper *helper, const char *line, size_t len, struct ts_json *answer)
{
    TS_CLEANUP(ts_json_put) struct ts_json *request = NULL;
    struct ts_err err = {.code = 0};
    int64_t version = 0;
    int rc = client_parse_object(line, len, &request, &err);

    if (rc < 0)
        return rc == TS_ERR_NOMEM ? rc : add_error(answer, "other", err.text);
    const char *kind = ts_json_string(request, "kind");
    if (!ts_json_integer(request, "v", &version) || version != 1)
        return add_error(answer, "other", "another version of the protocol than 1");
    if (kind == NULL || strcmp(kind, "get") != 0)
        return add_error(answer, "operation-not-supported", NULL);
    return answer_get(helper, request, answer, &err);
}

static int
write_text(const struct helper *helper, const char *text, size_t len, struct ts_err *err)
{
    if (!helper->stdout_open)
        return ts_err_set(err, TS_ERR_OUTPUT, "standard output is closed");
    return ts_write_all(STDOUT_FILENO, text, len) == 0
               ? 0
               : ts_err_errno(err, TS_ERR_OUTPUT, "cannot write to standard output");
}

static int
serve_line(struct helper *helper, const char *line, size_t len, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(OUTPUT_MAX);
    TS_CLEANUP(ts_json_put) struct ts_json *answer = ts_json_new_object();

    if (answer == NULL || answer_line(helper, line, len, answer) < 0 ||
        client_print_object(answer, &text) < 0)
        return ts_err_nomem(err);
    return write_text(helper, text.data, text.len, err);
}

/* Answers the whole lines in *input and drops them. */
static int
serve_lines(struct helper *helper, struct ts_secret *input, struct ts_err *err)
{
    char *end = NULL;
    int rc = 0;

    while (rc == 0 && input->len > 0 && (end = memchr(input->data, '\n', input->len)) != NULL) {
        size_t len = (size_t)(end - input->data);

        rc = serve_line(helper, input->data, len, err);
        memmove(input->data, end + 1, input->len - len - 1);
        ts_secret_truncate(input, input->len - len - 1);
    }
    return rc;
}

static int
serve(struct helper *helper, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret input = TS_SECRET_INIT(CLIENT_INPUT_MAX);
    char part[4096];
    ssize_t len = 0;
    int rc = write_text(helper, HELLO, sizeof(HELLO) - 1, err);

    while (rc == 0 && (len = read(STDIN_FILENO, part, sizeof(part))) > 0) {
        rc = ts_secret_append(&input, part, (size_t)len);
        if (rc < 0)
            return ts_err_set(err, TS_ERR_USAGE, "a request of more than %zu bytes",
                              CLIENT_INPUT_MAX);
        rc = serve_lines(helper, &input, err);
    }
    /* A line that the end of input has cut is not a request. */
    if (rc == 0 && input.len > 0)
        rc = ts_err_set(err, TS_ERR_USAGE, "the last request does not end in a newline");
    return rc;
}

int
command_cargo(struct helper *helper)
{
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    const struct options *options = &helper->options;
    struct ts_err err = {.code = 0};
    int rc = options->arguments_len == 1 && strcmp(options->arguments[0], "--cargo-plugin") == 0
                 ? serve(helper, &err)
                 : helper_usage(&err, "'cargo' is called with --cargo-plugin, by cargo");

    return helper_finish(helper, rc, &nothing, &err);
}
