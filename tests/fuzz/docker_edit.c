/* What setup adds to a config.json is there, can be read, and goes again without a trace, whatever
 * the file was; nothing else in it changes. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "helper/client/docker_edit.h"
#include "helper/setup/setup_file.h"

#define HOST "h:5000"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret added = TS_SECRET_INIT(8 * SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret removed = TS_SECRET_INIT(8 * SETUP_FILE_MAX);
    TS_CLEANUP(ts_json_put) struct ts_json *before = NULL;
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    TS_CLEANUP(ts_json_put) struct ts_json *after = NULL;
    TS_CLEANUP(ts_json_put) struct ts_json *again = NULL;
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0 ||
        docker_edit_parse(&text, "config.json", &before, &err) < 0 ||
        docker_edit_parse(&text, "config.json", &object, &err) < 0 ||
        docker_edit_add(object, HOST, &err) < 0)
        return err.code == TS_ERR_CONFIG && err.text[0] != '\0' ? 0 : (abort(), 0);
    if (docker_edit_print(object, &added, &err) < 0 ||
        docker_edit_parse(&added, "added", &after, &err) < 0 || !docker_edit_is_ours(after, HOST) ||
        !docker_edit_has_ours(&added) || docker_edit_remove(after, before, HOST, &err) < 0 ||
        docker_edit_print(after, &removed, &err) < 0 ||
        docker_edit_parse(&removed, "removed", &again, &err) < 0 ||
        ts_json_equal(before, again) == 0)
        abort();
    return 0;
}
