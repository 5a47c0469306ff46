/*
 * `cargo`: a credential provider of cargo 1.74 or newer (RFC 2730). JSON objects, one a line: first
 * the versions that are known, then an answer for every request until the end of standard input.
 */
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/helper.h"

#define HELLO "{\"v\":[1]}\n"

static int
print_error(struct ts_secret *answer, const char *kind, const char *message)
{
    struct ts_json_writer json = ts_json_begin(answer);

    ts_json_open(&json, "Err", '{');
    if (message != NULL) {
        ts_json_write_string(&json, "message", message);
        ts_json_open(&json, "caused-by", '[');
        ts_json_close(&json, ']');
    }
    ts_json_write_string(&json, "kind", kind);
    ts_json_close(&json, '}');
    return ts_json_end_line(&json);
}

static int
print_token(struct ts_secret *answer, const struct client_answer *found)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret value = TS_SECRET_INIT(4 * TS_TOKEN_MAX);
    struct ts_json_writer json = ts_json_begin(answer);

    if (client_print_header(found, &value) < 0)
        return TS_ERR_NOMEM;
    ts_json_open(&json, "Ok", '{');
    ts_json_write_string(&json, "kind", "get");
    ts_json_write_string(&json, "token", ts_secret_string(&value));
    ts_json_write_string(&json, "cache", "expires");
    ts_json_write_integer(&json, "expiration", found->expires_at - CLIENT_SLACK_SECONDS);
    ts_json_write_bool(&json, "operation_independent", true);
    ts_json_close(&json, '}');
    return ts_json_end_line(&json);
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
answer_get(struct helper *helper, struct ts_json *request, struct ts_secret *answer,
           struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    struct client_question question = {.wants = CLIENT_AUTH};
    int rc = find_index(request, &question, &storage, err);

    if (rc == 0)
        rc = client_get(helper, &question, &found, err);
    if (rc == TS_ERR_NOT_FOUND && found.host == NULL)
        rc = print_error(answer, "url-not-supported", NULL);
    else if (rc == 0)
        rc = print_token(answer, &found);
    else if (rc != TS_ERR_NOMEM)
        rc = print_error(answer, "other", err->text);
    return rc;
}

/* 0, or TS_ERR_NOMEM. */
static int
answer_line(struct helper *helper, const char *line, size_t len, struct ts_secret *answer)
{
    TS_CLEANUP(ts_json_put) struct ts_json *request = NULL;
    struct ts_err err = {.code = 0};
    int64_t version = 0;
    int rc = client_parse_object(line, len, &request, &err);

    if (rc < 0)
        return rc == TS_ERR_NOMEM ? rc : print_error(answer, "other", err.text);
    const char *kind = ts_json_string(request, "kind");
    if (!ts_json_integer(request, "v", &version) || version != 1)
        return print_error(answer, "other", "another version of the protocol than 1");
    if (kind == NULL || strcmp(kind, "get") != 0)
        return print_error(answer, "operation-not-supported", NULL);
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

    if (answer_line(helper, line, len, &text) < 0)
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
