/* Only a file that is written again to the byte counts as one that setup wrote, and its name is one
 * that is read. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "common/base/cleanup.h"
#include "common/base/conf_dir.h"
#include "common/config/host.h"
#include "helper/setup/host_file.h"
#include "helper/setup/setup_file.h"

#define HOST "git.example.com"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(host_file_release) struct host_file file = {.askpass = false};
    TS_CLEANUP(ts_string_free) char *name = NULL;
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0)
        return 0;
    if (host_file_parse(&text, HOST, &file, &err) == 0 &&
        (host_file_print(&file, HOST, &again) < 0 || !ts_secret_equal(&text, &again)))
        abort();
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {NULL, 0, false, NULL};
    if (ts_host_pattern_parse(ts_secret_string(&text), &pattern, &err) == 0 && !pattern.wildcard &&
        host_file_name(ts_secret_string(&text), &name, &err) == 0 && !ts_conf_dir_is_name(name))
        abort();
    return 0;
}
