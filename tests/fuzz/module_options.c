/* Each line is one argument of the module: what is accepted is within the manual's limits. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/policy/module_options.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(fuzz_parts_release) struct fuzz_parts parts = fuzz_split(data, size);
    struct ts_module_options options;
    struct ts_err err = {0};

    int rc = ts_module_options_parse((int)parts.len, (const char *const *)parts.items, "/policy",
                                     &options, &err);
    if (rc != 0)
        return rc == TS_ERR_USAGE && err.text[0] != '\0' && !fuzz_has_control(err.text)
                   ? 0
                   : (abort(), 0);
    if (options.policy[0] != '/' || options.unknown > TS_UNKNOWN_SKIP)
        abort();
    if (options.prompt != NULL &&
        (options.prompt[0] == '\0' || strlen(options.prompt) > TS_PROMPT_MAX ||
         fuzz_has_control(options.prompt)))
        abort();
    return 0;
}
