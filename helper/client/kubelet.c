/*
 * `kubelet`: an image credential provider. The image is on standard input; a registry without a
 * section is answered with no credentials, so that others can serve it.
 */
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/json/json_write.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/client/docker_request.h"
#include "helper/helper.h"

#define GROUP "credentialprovider.kubelet.k8s.io/"

static const char *const versions[CLIENT_VERSIONS] = {GROUP "v1", GROUP "v1beta1"};

static int
check_kubelet_request(struct ts_json *request, const char **ret_version, const char **ret_image,
                      struct ts_err *err)
{
    const char *asked = ts_json_string(request, "apiVersion");
    const char *kind = ts_json_string(request, "kind");

    *ret_image = ts_json_string(request, "image");
    if (kind == NULL || strcmp(kind, "CredentialProviderRequest") != 0 || *ret_image == NULL)
        return ts_err_set(err, TS_ERR_USAGE,
                          "standard input is not a CredentialProviderRequest with an image");
    return client_find_version(versions, asked, ret_version, err);
}

/* An image whose first part has neither dot nor colon is on Docker Hub. */
static int
find_registry(const char *image, struct docker_registry *ret, struct ts_err *err)
{
    size_t len = strcspn(image, "/");
    bool has_host =
        image[len] == '/' && (memchr(image, '.', len) != NULL || memchr(image, ':', len) != NULL ||
                              (len == 9 && memcmp(image, "localhost", len) == 0));
    const char *name = has_host ? image : DOCKER_HUB_HOST;

    if (strstr(image, "://") != NULL || strpbrk(image, " \t\r\n?#") != NULL || image[0] == '\0')
        return ts_err_set(err, TS_ERR_USAGE, "'%.300s' is not an image", image);
    return docker_registry_parse(name, strlen(name), ret, err);
}

/* How long kubelet may keep it: until it would no longer be printed. */
static int
find_duration(struct helper *helper, const struct client_answer *found, int64_t *ret,
              struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    struct ts_clock now;
    int rc = helper_request(helper, found->host, false, &request, err);

    if (rc == 0)
        rc = ts_clock_read(&now, err);
    if (rc < 0)
        return rc;
    int64_t left =
        ts_grant_remaining(&found->grant, &now) - ts_grant_min_valid(&found->grant, &request);
    int64_t told = found->expires_at - CLIENT_SLACK_SECONDS - now.wall;
    if (told < left)
        left = told;
    *ret = left > 0 ? left : 0;
    return 0;
}

/* `found` is NULL where there is nothing for this registry. */
static int
print_response(const char *version, const char *host, const struct client_answer *found,
               int64_t duration, struct ts_secret *answer)
{
    bool is_whole = found != NULL && found->host->pattern.path[0] == '\0';
    struct ts_json_writer json = ts_json_begin(answer);
    char text[40];

    (void)snprintf(text, sizeof(text), "%llds", (long long)duration);
    ts_json_write_string(&json, "apiVersion", version);
    ts_json_write_string(&json, "kind", "CredentialProviderResponse");
    /* A section for a path does not serve the registry's other images. */
    ts_json_write_string(&json, "cacheKeyType", is_whole ? "Registry" : "Image");
    ts_json_write_string(&json, "cacheDuration", text);
    if (found == NULL) {
        ts_json_write_string(&json, "auth", NULL);
        return ts_json_end_line(&json);
    }
    ts_json_open(&json, "auth", '{');
    ts_json_open(&json, host, '{');
    ts_json_write_string(&json, "username", found->username);
    ts_json_write_string(&json, "password", ts_secret_string(&found->grant.token));
    ts_json_close(&json, '}');
    ts_json_close(&json, '}');
    return ts_json_end_line(&json);
}

int
client_kubelet(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(docker_registry_release) struct docker_registry registry = {NULL, NULL, NULL};
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    TS_CLEANUP(ts_json_put) struct ts_json *request = NULL;
    const char *version = NULL;
    const char *image = NULL;
    int64_t duration = 0;
    int rc = client_read_object(&request, err);

    if (rc == 0)
        rc = check_kubelet_request(request, &version, &image, err);
    if (rc == 0)
        rc = find_registry(image, &registry, err);
    if (rc < 0)
        return rc;
    const struct client_question question = {
        .protocol = "https", .host = registry.host, .path = registry.path, .wants = CLIENT_LOGIN};
    rc = client_get(helper, &question, &found, err);
    bool is_ours = rc != TS_ERR_NOT_FOUND || found.host != NULL;
    if (rc < 0 && is_ours)
        return rc;
    rc = is_ours ? find_duration(helper, &found, &duration, err) : 0;
    if (rc == 0 &&
        print_response(version, registry.host, is_ours ? &found : NULL, duration, answer) < 0)
        rc = ts_err_nomem(err);
    return rc;
}
