/* What is made fit to show is UTF-8 without controls, fits, and stays as it is when made so again;
 * numbers, durations and dates that are read are in the range that was given. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/base/text.h"

static void
check_clean(const char *text, size_t len, size_t room)
{
    char clean[201], again[201];

    ts_text_clean(clean, room, text, len);
    ts_text_clean(again, room, clean, strlen(clean));
    if (strlen(clean) >= room || !ts_text_is_utf8(clean, strlen(clean)) ||
        fuzz_has_control(clean) || strcmp(clean, again) != 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_string_free) char *text = strndup((const char *)data, size);
    int64_t number = -1, duration = -1, end = -1;

    for (size_t room = 1; room <= 201; room += 40)
        check_clean((const char *)data, size, room);
    if (ts_text_integer(text, 5, 99999, &number) && (number < 5 || number > 99999))
        abort();
    if (ts_text_duration(text, 1, 86400, &duration) && (duration < 1 || duration > 86400))
        abort();
    if (ts_text_date_end(text, &end) && (end % 86400 != 86399 || end > INT64_C(253402300799)))
        abort();
    if ((ts_text_is_key_id(text) || ts_text_is_scope(text)) &&
        (text[0] == '\0' || fuzz_has_control(text) || strchr(text, ' ') != NULL))
        abort();
    return 0;
}
