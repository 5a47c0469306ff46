/* A prompt that gets an answer ends in the module's own words. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/policy/token.h"
#include "helper/client/askpass_prompt.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_string_free) char *text = strndup((const char *)data, size);
    struct askpass_prompt prompt = {.received = 0};

    if (askpass_prompt_parse_bare(text, &prompt) && strncmp(text, "ThriveStack token", 17) != 0)
        abort();
    if (!askpass_prompt_parse_ssh(text, &prompt))
        return 0;
    const char *newline = strrchr(text, '\n');
    const char *line = newline != NULL ? newline + 1 : strstr(text, ") ") + 2;
    if (text[0] != '(' || strncmp(line, "ThriveStack token", 17) != 0)
        abort();
    if (prompt.host[0] == '\0' || fuzz_has_control(prompt.host) || prompt.received > TS_TOKEN_MAX ||
        prompt.received % ASKPASS_PART != 0)
        abort();
    return 0;
}
