/*
 * `docker`: the credential helper protocol of docker, podman, buildah, skopeo and crane. Every
 * error goes to standard output, with exit code 1; three texts are compared by the callers exactly.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "common/cache/refresh.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/client/docker_request.h"
#include "helper/helper.h"

#define NOT_FOUND "credentials not found in native keychain"
#define NO_SERVER_URL "no credentials server URL"
#define NO_USERNAME "no credentials username"

static int
read_registry(struct docker_registry *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret input = TS_SECRET_INIT(DOCKER_INPUT_MAX);
    int rc = client_read_input(&input, err);

    if (rc == 0)
        rc = docker_registry_parse(ts_secret_string(&input), input.len, ret, err);
    if (rc == 0 && ret->url[0] == '\0')
        return ts_err_set(err, TS_ERR_USAGE, NO_SERVER_URL);
    return rc;
}

static struct client_question
make_question(const struct docker_registry *registry)
{
    return (struct client_question){.protocol = "https",
                                    .host = registry->host,
                                    .path = registry->path,
                                    .wants = CLIENT_LOGIN,
                                    .may_reuse_proof = true,
                                    .takes_api_key = true};
}

/* *ret is NULL where no section serves the registry. */
static int
find_host(struct helper *helper, const struct docker_registry *registry,
          const struct ts_host_rule **ret, struct ts_err *err)
{
    const struct client_question question = make_question(registry);

    *ret = NULL;
    return registry->host != NULL ? client_find(helper, &question, ret, err)
                                  : helper_load_config(helper, err);
}

static int
print_login(const char *url, const char *username, const struct ts_grant *grant,
            struct ts_secret *answer)
{
    struct ts_json_writer json = ts_json_begin(answer);

    ts_json_write_string(&json, "ServerURL", url);
    ts_json_write_string(&json, "Username", username);
    ts_json_write_string(&json, "Secret", ts_secret_string(&grant->token));
    return ts_json_end_line(&json);
}

static int
docker_get(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(docker_registry_release) struct docker_registry registry = {NULL, NULL, NULL};
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    int rc = read_registry(&registry, err);

    if (rc < 0)
        return rc;
    const struct client_question question = make_question(&registry);
    rc = registry.host != NULL ? client_get(helper, &question, &found, err)
                               : helper_load_config(helper, err);
    if (found.host == NULL && (rc == 0 || rc == TS_ERR_NOT_FOUND))
        return ts_err_set(err, TS_ERR_NOT_FOUND, NOT_FOUND);
    if (rc == 0 && print_login(registry.url, found.username, &found.grant, answer) < 0)
        rc = ts_err_nomem(err);
    return rc;
}

/* `docker login` stores its password; for one of our hosts that is a token, which need not be kept.
 */
static int
docker_store(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret input = TS_SECRET_INIT(DOCKER_INPUT_MAX);
    TS_CLEANUP(docker_registry_release) struct docker_registry registry = {NULL, NULL, NULL};
    const struct ts_host_rule *host = NULL;
    bool has_username = false;
    int rc = client_read_input(&input, err);

    (void)answer;
    if (rc == 0)
        rc = docker_login_parse(ts_secret_string(&input), input.len, &registry, &has_username, err);
    if (rc != 0)
        return rc;
    if (registry.url[0] == '\0')
        return ts_err_set(err, TS_ERR_USAGE, NO_SERVER_URL);
    if (!has_username)
        return ts_err_set(err, TS_ERR_USAGE, NO_USERNAME);
    rc = find_host(helper, &registry, &host, err);
    if (rc < 0 || host != NULL)
        return rc;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "no [host] section of credential.conf serves %.300s; name this helper in "
                      "credHelpers for the registries it serves instead of in credsStore",
                      registry.url);
}

static int
docker_erase(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(docker_registry_release) struct docker_registry registry = {NULL, NULL, NULL};
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    const struct ts_host_rule *host = NULL;
    int rc = read_registry(&registry, err);

    (void)answer;
    if (rc == 0)
        rc = find_host(helper, &registry, &host, err);
    if (rc < 0 || host == NULL)
        return rc;
    rc = helper_any_request(helper, host, &request, err);
    return rc < 0 || request.key.api_key_file != NULL ? rc : ts_refresh_drop(&request, err);
}

/* What docker calls the host of a section. */
static int
name_registry(const struct ts_host_pattern *pattern, struct ts_secret *ret)
{
    bool v6 = strchr(pattern->name, ':') != NULL;

    if (strcmp(pattern->name, DOCKER_HUB_HOST) == 0 && pattern->port == 443 &&
        pattern->path[0] == '\0')
        return ts_secret_append_string(ret, DOCKER_HUB_URL);
    int rc = ts_secret_append_format(ret, v6 ? "[%s]" : "%s", pattern->name);
    if (rc == 0 && pattern->port != 443)
        rc = ts_secret_append_format(ret, ":%u", pattern->port);
    return rc < 0 ? rc : ts_secret_append_string(ret, pattern->path);
}

static int
list_host(const struct ts_host_rule *host, struct ts_json_writer *list, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret name = TS_SECRET_INIT(DOCKER_INPUT_MAX);
    TS_CLEANUP(ts_string_free) char *username = NULL;
    int rc = helper_username(host, NULL, &username, err);

    if (rc < 0)
        return rc;
    if (name_registry(&host->pattern, &name) < 0)
        return ts_err_nomem(err);
    ts_json_write_string(list, ts_secret_string(&name), username);
    return 0;
}

/* Asks nobody and names no wildcard: classic `docker build` calls `get` for every name in it. */
static int
docker_list(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    struct ts_json_writer list = ts_json_begin(answer);
    int rc = helper_load_config(helper, err);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < helper->config.hosts_len; i++) {
        const struct ts_host_rule *host = &helper->config.hosts[i];

        rc = host->pattern.wildcard ? 0 : list_host(host, &list, err);
        if (rc < 0)
            return rc;
    }
    return ts_json_end_line(&list) < 0 ? ts_err_nomem(err) : 0;
}

static int
docker_version(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    (void)helper;
    if (ts_secret_append_string(answer,
                                "thrivestack-credential (thrivestack-auth) " TS_VERSION "\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
} operations[] = {
    {"get", docker_get},   {"store", docker_store},     {"erase", docker_erase},
    {"list", docker_list}, {"version", docker_version},
};

static int
answer_docker(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    if (helper->options.arguments_len != 1)
        return ts_err_set(err, TS_ERR_USAGE,
                          "usage: docker-credential-thrivestack get|store|erase|list|version");
    for (size_t i = 0; i < TS_ARRAY_LEN(operations); i++)
        if (strcmp(operations[i].name, helper->options.arguments[0]) == 0)
            return operations[i].run(helper, answer, err);
    return ts_err_set(err, TS_ERR_USAGE,
                      "unknown operation '%s': get, store, erase, list and version are known",
                      helper->options.arguments[0]);
}

int
command_docker_fail(const struct helper *helper, const struct ts_err *err)
{
    char text[OUTPUT_TEXT_MAX];
    char buffer[sizeof(text) + 1];
    struct ts_err failure = {.code = 0};

    output_error_text(err, text);
    (void)snprintf(buffer, sizeof(buffer), "%s\n", text);
    const struct ts_secret line = {
        .data = buffer, .len = strlen(buffer), .cap = sizeof(buffer), .max = sizeof(buffer)};
    if (output_write(helper->stdout_open, &line, &failure) < 0)
        return helper_fail(helper, &failure);
    return 1;
}

int
command_docker(struct helper *helper)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(OUTPUT_MAX);
    struct ts_err err = {.code = 0};

    if (answer_docker(helper, &answer, &err) < 0)
        return command_docker_fail(helper, &err);
    return helper_finish(helper, 0, &answer, &err);
}
