/*
 * `kubectl`: a credential plug-in of kubectl and of everything else that uses client-go. The
 * question is in the environment, and the answer is an ExecCredential of the version it asks for
 * (client.authentication.k8s.io/v1 and v1beta1).
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"

#define GROUP "client.authentication.k8s.io/"

static const char *const versions[CLIENT_VERSIONS] = {GROUP "v1", GROUP "v1beta1"};

/* The version to answer with; without KUBERNETES_EXEC_INFO, the first. */
static int
find_version(struct ts_json *info, const char **ret, struct ts_err *err)
{
    const char *asked = info != NULL ? ts_json_string(info, "apiVersion") : versions[0];
    int rc = client_find_version(versions, asked, ret, err);

    return rc < 0 ? ts_err_prefix(err, "KUBERNETES_EXEC_INFO") : 0;
}

/* The cluster's URL is there only with `provideClusterInfo: true`. */
static int
find_server(struct ts_json *info, struct client_question *question, char **storage,
            struct ts_err *err)
{
    struct ts_json *spec = info != NULL ? ts_json_member(info, "spec") : NULL;
    struct ts_json *cluster = spec != NULL ? ts_json_member(spec, "cluster") : NULL;
    const char *server = cluster != NULL ? ts_json_string(cluster, "server") : NULL;

    if (cluster == NULL)
        return 0;
    if (server == NULL)
        return ts_err_set(err, TS_ERR_USAGE, "KUBERNETES_EXEC_INFO: the cluster has no server");
    return client_parse_url(server, question, storage, err);
}

static int
print_credential(const char *version, const struct client_answer *found, struct ts_secret *answer)
{
    struct ts_json_writer json = ts_json_begin(answer);
    char expires[32];

    ts_text_rfc3339(expires, found->expires_at - CLIENT_SLACK_SECONDS);
    ts_json_open(&json, "status", '{');
    ts_json_write_string(&json, "token", ts_secret_string(&found->grant.token));
    ts_json_write_string(&json, "expirationTimestamp", expires);
    ts_json_close(&json, '}');
    ts_json_write_string(&json, "apiVersion", version);
    ts_json_write_string(&json, "kind", "ExecCredential");
    return ts_json_end_line(&json);
}

int
client_kubectl(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *info = NULL;
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    struct client_question question = {.wants = CLIENT_TOKEN};
    const char *text = secure_getenv("KUBERNETES_EXEC_INFO");
    const char *version = NULL;
    int rc = 0;

    if (text != NULL && text[0] != '\0')
        rc = ts_json_parse_object(text, strlen(text), &info, err);
    if (rc == TS_ERR_SYNTAX)
        return ts_err_prefix(err, "KUBERNETES_EXEC_INFO");
    if (rc == 0)
        rc = find_version(info, &version, err);
    if (rc == 0)
        rc = find_server(info, &question, &storage, err);
    if (rc == 0)
        rc = client_get(helper, &question, &found, err);
    if (rc == 0 && print_credential(version, &found, answer) < 0)
        rc = ts_err_nomem(err);
    return rc;
}
