/* Each line is a variable, NAME=VALUE, without any file: no environment sends a key elsewhere that
 * it does not name itself, and every request that follows is within the manual's limits. */
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/config/config.h"

static struct fuzz_parts variables;

static const char *
get(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < variables.len; i++)
        if (strncmp(variables.items[i], name, len) == 0 && variables.items[i][len] == '=')
            return variables.items[i] + len + 1;
    return NULL;
}

static void
check(const struct ts_config *config)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    const char *own_url = "https://api.app.thrivestack.ai/api/user/token";
    struct ts_err err = {0};

    if (config->cache_dir != NULL && config->cache_dir[0] != '/')
        abort();
    if (ts_config_request(config, NULL, NULL, &request, &err) < 0)
        return;
    bool has_key = get("THRIVESTACK_KEY_FILE") != NULL && get("THRIVESTACK_KEY_FILE")[0] != '\0';
    if (!has_key && (strcmp(request.endpoint.token_url, own_url) != 0 || config->allow_http ||
                     request.endpoint.allow_http || request.endpoint.ca_file != NULL))
        abort();
    if (strncasecmp(request.endpoint.token_url, "https://", 8) != 0 && !config->allow_http)
        abort();
    if (request.lifetime < 1 || request.lifetime > TS_LIFETIME_MAX ||
        request.key.key_file == NULL || request.key.key_file[0] != '/')
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    TS_CLEANUP(ts_fd_close) int fd = memfd_create("empty", MFD_CLOEXEC);
    char path[64];
    struct ts_config_sources sources = {
        .getenv = get, .home = "/home/alice", .config_file = path, .uid = getuid()};
    struct ts_err err = {0};

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (fchmod(fd, 0600) != 0)
        abort();
    variables = fuzz_split(data, size);
    if (ts_config_load(&sources, &config, &err) == 0)
        check(&config);
    else if (err.text[0] == '\0' || fuzz_has_control(err.text))
        abort();
    fuzz_parts_release(&variables);
    return 0;
}
