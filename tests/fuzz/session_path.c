/* A path of a session's token, from the PAM environment, has exactly one form for a user: it stays
 * in that user's folder. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

#include "common/base/cleanup.h"
#include "pam/rundir.h"
#include "pam/token_file.h"

#define FOLDER TS_RUNDIR "/thrivestack/1000/session-"

static void
check(const char *path)
{
    if (!ts_token_file_is_path(path, 1000))
        return;
    if (strncmp(path, FOLDER, strlen(FOLDER)) != 0 || strlen(path) >= TS_TOKEN_FILE_PATH_MAX ||
        !ts_rundir_is_hex(path + strlen(FOLDER), TS_RANDOM_NAME_LEN) ||
        strchr(path + strlen(FOLDER), '/') != NULL || fuzz_has_control(path) ||
        ts_token_file_is_path(path, 100) || ts_token_file_is_path(path, 10000))
        abort();
}

/* As it is, and behind what the build decides. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_string_free) char *path = strndup((const char *)data, size);
    TS_CLEANUP(ts_string_free) char *below = NULL;

    if (asprintf(&below, TS_RUNDIR "/%s", path) < 0)
        below = NULL;
    check(path);
    if (below != NULL)
        check(below);
    if (ts_rundir_is_hex(path, 64) && (strlen(path) != 64 || strchr(path, '/') != NULL))
        abort();
    return 0;
}
