/* Any JSON object as docker's config.json: a helper or a password that is found is in it. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "helper/client/docker_config.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hosts[] = {"docker.io", "index.docker.io", "h:5000", "[::1]:5000"};
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err err = {0};

    if (ts_json_parse_object((const char *)data, size, &object, &err) < 0)
        return 0;
    for (size_t i = 0; i < TS_ARRAY_LEN(hosts); i++) {
        if (docker_config_helper(object, i, hosts[i]) != NULL &&
            ts_json_member(object, "credHelpers") == NULL)
            abort();
        if (docker_config_has_password(object, hosts[i]) && ts_json_member(object, "auths") == NULL)
            abort();
    }
    return 0;
}
