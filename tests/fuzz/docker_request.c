/* What names a host has neither a scheme nor white space in it. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/docker_request.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(docker_registry_release) struct docker_registry named = {NULL, NULL, NULL};
    TS_CLEANUP(docker_registry_release) struct docker_registry login = {NULL, NULL, NULL};
    const char *text = (const char *)data;
    bool has_username = false;
    struct ts_err err = {0};

    if (docker_registry_parse(text, size, &named, &err) < 0)
        abort();
    if (named.host != NULL && (named.path == NULL || strchr(named.host, '/') != NULL ||
                               strncasecmp(named.url, "http://", 7) == 0))
        abort();
    if (named.path != NULL && named.path[0] != '\0' && named.path[0] != '/')
        abort();
    if (docker_login_parse(text, size, &login, &has_username, &err) == 0 && login.url == NULL)
        abort();
    return 0;
}
