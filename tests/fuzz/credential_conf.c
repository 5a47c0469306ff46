/* A file that is accepted resolves every request to values within the manual's limits. */
#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/config/config.h"

static const char *
no_environment(const char *name)
{
    return name != NULL ? NULL : name;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_fd_close) int fd = memfd_create("credential.conf", MFD_CLOEXEC);
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    char path[64];
    struct ts_config_sources sources = {
        .getenv = no_environment, .home = "/home/alice", .config_file = path, .uid = getuid()};
    struct ts_err err = {0};

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (fchmod(fd, 0600) != 0 || ts_write_all(fd, data, size) < 0)
        abort();
    if (ts_config_load(&sources, &config, &err) < 0)
        return err.code == TS_ERR_CONFIG && err.text[0] != '\0' ? 0 : (abort(), 0);
    for (size_t i = 0; i <= config.hosts_len; i++) {
        TS_CLEANUP(ts_request_release) struct ts_request r = TS_REQUEST_INIT;
        if (ts_config_request(&config, i > 0 ? &config.hosts[i - 1] : NULL, NULL, &r, &err) == 0 &&
            (r.scopes.len == 0 || r.lifetime < 1 || r.lifetime > TS_LIFETIME_MAX ||
             strncasecmp(r.endpoint.token_url, "https://", 8) != 0 ||
             (r.key.key_file == NULL) == (r.key.key_command == NULL)))
            abort();
    }
    return 0;
}
