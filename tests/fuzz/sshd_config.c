/* Any text as what `sshd -T` prints: a setting is said where a line is exactly that. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

#include "common/base/cleanup.h"
#include "helper/doctor/sshd_config.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const settings[] = {"usepam yes", "a b", "kbdinteractiveauthentication yes"};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(1 << 20);
    struct fuzz_parts lines = fuzz_split(data, size);
    const char *end = memrchr(data, '\n', size);

    if (lines.len == FUZZ_PARTS_MAX || memchr(data, '\0', size) != NULL ||
        end != (const char *)data + size - 1 || ts_secret_append(&text, data, size) < 0) {
        fuzz_parts_release(&lines);
        return 0;
    }
    for (size_t i = 0; i < TS_ARRAY_LEN(settings); i++) {
        bool there = false;
        char line[64];

        for (size_t j = 0; j < lines.len; j++)
            there |= strcmp(lines.items[j], settings[i]) == 0;
        (void)snprintf(line, sizeof(line), "%s\n", settings[i]);
        if (sshd_config_says(&text, line) != there)
            abort();
    }
    fuzz_parts_release(&lines);
    return 0;
}
