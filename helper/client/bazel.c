/*
 * `bazel get`: a credential helper of Bazel, and of others that speak its protocol. {"uri": ...} on
 * standard input is answered with headers and the time when they end, in whole seconds: without
 * one, Bazel keeps them for 30 minutes.
 */
#include <string.h>
#include <strings.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/json/json_write.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/helper.h"

/* Remote caches are grpcs, which is over https's port. */
static int
parse_uri(const char *uri, struct client_question *question, char **storage, struct ts_err *err)
{
    static const char grpcs[] = "grpcs://";

    if (uri == NULL)
        return ts_err_set(err, TS_ERR_USAGE, "standard input: there is no uri");
    if (strncasecmp(uri, grpcs, sizeof(grpcs) - 1) != 0)
        return client_parse_url(uri, question, storage, err);
    if (strstr(uri + sizeof(grpcs) - 1, "://") != NULL)
        return ts_err_set(err, TS_ERR_USAGE, "'%.300s' is not a URL", uri);
    return client_parse_host(uri + sizeof(grpcs) - 1, question, storage, err);
}

static int
print_headers(const struct client_answer *found, struct ts_secret *answer)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret value = TS_SECRET_INIT(4 * TS_TOKEN_MAX);
    struct ts_json_writer json = ts_json_begin(answer);
    char expires[32];

    if (client_print_header(found, &value) < 0)
        return TS_ERR_NOMEM;
    ts_text_rfc3339(expires, found->expires_at - CLIENT_SLACK_SECONDS);
    ts_json_open(&json, "headers", '{');
    ts_json_open(&json, "Authorization", '[');
    ts_json_write_string(&json, NULL, ts_secret_string(&value));
    ts_json_close(&json, ']');
    ts_json_close(&json, '}');
    ts_json_write_string(&json, "expires", expires);
    return ts_json_end_line(&json);
}

int
client_bazel(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *request = NULL;
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    struct client_question question = {.wants = CLIENT_AUTH};

    if (helper->options.arguments_len != 1 || strcmp(helper->options.arguments[0], "get") != 0)
        return helper_usage(err, "'bazel' knows the operation get");
    int rc = client_read_object(&request, err);
    if (rc == 0)
        rc = parse_uri(ts_json_string(request, "uri"), &question, &storage, err);
    if (rc == 0)
        rc = client_get(helper, &question, &found, err);
    if (rc == 0 && print_headers(&found, answer) < 0)
        rc = ts_err_nomem(err);
    return rc;
}
