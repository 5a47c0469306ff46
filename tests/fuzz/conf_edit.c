/* What setup adds to a credential.conf can be read, is not added twice, and goes again without a
 * trace, whatever the file was; but for newlines at its end. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/config/ini.h"
#include "helper/setup/conf_edit.h"
#include "helper/setup/setup_file.h"

#define TEXT_MAX ((size_t)1 << 20)

static const struct conf_wiring wirings[] = {
    {.client = "git", .host = "git.example.com", .make = true},
    {.client = "ssh", .host = "git.example.com", .key = "askpass", .value = "yes", .make = true},
    {.client = "docker", .host = "h:5000", .profile = "work", .make = true},
};

static void
check_round(const struct ts_secret *text, const struct conf_wiring *wiring)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret added = TS_SECRET_INIT(TEXT_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(TEXT_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret removed = TS_SECRET_INIT(TEXT_MAX);
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    struct ts_err err = {0};

    if (conf_edit_add(text, "input", wiring, &added, &err) < 0)
        return;
    if (ts_ini_parse(ts_secret_string(&added), added.len, "added", &ini, &err) < 0 ||
        conf_edit_add(&added, "added", wiring, &again, &err) < 0 ||
        !ts_secret_equal(&added, &again) ||
        conf_edit_remove(&added, "added", wiring, &removed, &err) < 0 ||
        !setup_file_same_lines(text, &removed))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TEXT_MAX);

    /* Marks of somebody else's making prove nothing. */
    if (ts_secret_append(&text, data, size) < 0 ||
        memmem(data, size, "thrivestack-credential setup", 28) != NULL)
        return 0;
    for (size_t i = 0; i < TS_ARRAY_LEN(wirings); i++)
        check_round(&text, &wirings[i]);
    return 0;
}
