/* What the strict reader accepts, it also accepts in its own spelling, and as the same thing. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "common/json.h"
#include "common/cleanup.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_json_put_secret) struct json_object *first = NULL;
    TS_CLEANUP(ts_json_put_secret) struct json_object *second = NULL;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(1 << 24);
    struct ts_err err = {0};

    if (ts_json_parse_object((const char *)data, size, &first, &err) < 0)
        return 0;
    if (ts_json_print(first, &text) < 0 ||
        ts_json_parse_object(ts_secret_string(&text), text.len, &second, &err) < 0 ||
        !json_object_equal(first, second))
        abort();
    return 0;
}
