/* Each line is one argument of the helper: whatever is accepted is within the manual's limits, and
 * nothing is lost or made up. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "helper/options.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(fuzz_parts_release) struct fuzz_parts parts = fuzz_split(data, size);
    TS_CLEANUP(options_release) struct options options = OPTIONS_INIT;
    char *argv[FUZZ_PARTS_MAX + 1];
    struct ts_err err = {0};

    memcpy(argv, parts.items, sizeof(argv));
    argv[parts.len] = NULL;
    if (options_parse((int)parts.len, argv, &options, &err) < 0)
        return err.text[0] == '\0' || fuzz_has_control(err.text) ? (abort(), 0) : 0;
    if (options.arguments_len > parts.len || options.lifetime < -1 || options.lifetime > 86400 ||
        ((options.given & OPTION_SCOPE) != 0) != (options.scopes.len > 0) ||
        ((options.given & OPTION_LIFETIME) != 0) != (options.lifetime >= 0) ||
        ((options.given & OPTION_CONFIG) != 0) != (options.config != NULL))
        abort();
    for (size_t i = 0; i < options.scopes.len; i++)
        if (!ts_text_is_scope(options.scopes.items[i]))
            abort();
    for (size_t i = 0; i < options.arguments_len; i++) {
        size_t j = 0;

        while (j < parts.len && parts.items[j] != options.arguments[i])
            j++;
        if (j == parts.len)
            abort();
    }
    if (options_check(&options, 0, "x", &err) == 0 && options.given != 0)
        abort();
    return 0;
}
