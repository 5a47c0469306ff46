/*
 * `terraform`: a credentials helper of Terraform and OpenTofu, which they find as
 * terraform-credentials-thrivestack in a folder for plug-ins. They send the token as Bearer.
 */
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/helper.h"

static int
terraform_get(struct helper *helper, const struct client_question *question,
              struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    struct ts_json_writer json = ts_json_begin(answer);
    int rc = client_get(helper, question, &found, err);

    if (rc < 0 && (rc != TS_ERR_NOT_FOUND || found.host != NULL))
        return rc;
    if (rc == 0)
        ts_json_write_string(&json, "token", ts_secret_string(&found.grant.token));
    return ts_json_end_line(&json) < 0 ? ts_err_nomem(err) : 0;
}

/* Terraform waits until all that it sends has been read. */
static int
terraform_store(struct helper *helper, const struct client_question *question,
                struct ts_secret *answer, struct ts_err *err)
{
    char dropped[4096];

    (void)helper;
    (void)answer;
    while (read(STDIN_FILENO, dropped, sizeof(dropped)) > 0)
        ;
    explicit_bzero(dropped, sizeof(dropped));
    return ts_err_set(err, TS_ERR_USAGE,
                      "nothing is stored for %.300s: tokens are fetched when they are needed",
                      question->host);
}

static int
terraform_forget(struct helper *helper, const struct client_question *question,
                 struct ts_secret *answer, struct ts_err *err)
{
    (void)helper;
    (void)question;
    (void)answer;
    (void)err;
    return 0;
}

static const struct {
    const char *name;
    int (*run)(struct helper *helper, const struct client_question *question,
               struct ts_secret *answer, struct ts_err *err);
} verbs[] = {{"get", terraform_get}, {"store", terraform_store}, {"forget", terraform_forget}};

int
client_terraform(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    struct client_question question = {.wants = CLIENT_TOKEN};
    char **arguments = helper->options.arguments;

    if (helper->options.arguments_len != 2)
        return helper_usage(err, "'terraform' needs get, store or forget, and a HOST");
    for (size_t i = 0; i < TS_ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].name, arguments[0]) != 0)
            continue;
        int rc = strpbrk(arguments[1], "/?#") == NULL
                     ? client_parse_host(arguments[1], &question, &storage, err)
                     : ts_err_set(err, TS_ERR_USAGE, "'%.300s' is not a host", arguments[1]);
        return rc < 0 ? rc : verbs[i].run(helper, &question, answer, err);
    }
    return helper_usage(err, "unknown operation '%s'", arguments[0]);
}
