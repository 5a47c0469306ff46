/*
 * `npm`: pnpm's tokenHelper, which is the path of a program that prints the value of the
 * Authorization header. pnpm names no registry to it: --host does, else it is the default profile.
 */
#include "common/base/cleanup.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/helper.h"

int
client_npm(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    struct client_question question = {.wants = CLIENT_AUTH};
    const char *host = helper->options.host;
    int rc = host != NULL ? client_parse_host(host, &question, &storage, err) : 0;

    if (rc == 0)
        rc = client_get(helper, &question, &found, err);
    if (rc == 0 &&
        (client_print_header(&found, answer) < 0 || ts_secret_append_string(answer, "\n") < 0))
        rc = ts_err_nomem(err);
    return rc;
}
