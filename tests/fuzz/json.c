/* What the strict reader accepts, it also accepts in its own spelling, and as the same thing; and
 * json-c's reader, which takes more than that, reads nothing else in it. */
#include "tests/fuzz/fuzz.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"

static void
free_tokener(struct json_tokener **tokener)
{
    json_tokener_free(*tokener);
}

static void
free_value(struct json_object **value)
{
    json_object_put(*value);
}

/* json-c makes the nearest integer of one that does not fit. */
static bool
has_long_number(const uint8_t *data, size_t size)
{
    for (size_t i = 0, run = 0; i < size; i++) {
        run = data[i] >= '0' && data[i] <= '9' ? run + 1 : 0;
        if (run > 18)
            return true;
    }
    return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_json_put) struct ts_json *first = NULL;
    TS_CLEANUP(ts_json_put) struct ts_json *second = NULL;
    TS_CLEANUP(free_value) struct json_object *other = NULL;
    TS_CLEANUP(free_value) struct json_object *printed = NULL;
    TS_CLEANUP(free_tokener) struct json_tokener *tokener = json_tokener_new();
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(1 << 24);
    struct ts_err err = {0};

    if (ts_json_parse_object((const char *)data, size, &first, &err) < 0)
        return 0;
    if (ts_json_print_lines(first, &text) < 0 ||
        ts_json_parse_object(ts_secret_string(&text), text.len, &second, &err) < 0 ||
        !ts_json_equal(first, second))
        abort();
    other = json_tokener_parse_ex(tokener, (const char *)data, (int)size);
    printed = json_tokener_parse(ts_secret_string(&text));
    if (!has_long_number(data, size) &&
        (other == NULL || printed == NULL || !json_object_equal(other, printed)))
        abort();
    return 0;
}
