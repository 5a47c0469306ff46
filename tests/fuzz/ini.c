/* What the reader accepts has no empty kinds or keys, no control of its own left in, and a line. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/config/ini.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    struct ts_err err = {0};

    if (ts_ini_parse((const char *)data, size, "input", &ini, &err) < 0)
        return err.text[0] == '\0' ? (abort(), 0) : 0;
    for (size_t i = 0; i < ini.len; i++) {
        const struct ts_ini_section *section = &ini.sections[i];

        if (section->kind[0] == '\0' || section->line == 0)
            abort();
        for (size_t j = 0; j < section->len; j++)
            if (section->entries[j].key[0] == '\0' || strchr(section->entries[j].value, '\n') ||
                section->entries[j].line <= section->line)
                abort();
    }
    return 0;
}
