/* Any bytes as what `git config --null --show-origin` prints: every entry is whole, and of those
 * that count for a host none is empty or for another key. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "helper/client/git_config.h"

static void
check_helpers(const struct git_entries *entries, const char *host, const char *path)
{
    struct ts_err err = {0};
    size_t *helpers = NULL;
    size_t len = 0;

    if (git_config_helpers(entries, host, path, &helpers, &len, &err) < 0 || len > entries->len)
        abort();
    for (size_t i = 0; i < len; i++) {
        const struct git_entry *entry = &entries->items[helpers[i]];
        TS_CLEANUP(ts_string_free) char *program = git_helper_program(entry->value);

        if (entry->value[0] == '\0' || (i > 0 && helpers[i] <= helpers[i - 1]) ||
            !git_config_applies(entry->key, "helper", host, path) ||
            (program != NULL && program[0] != '/') ||
            (git_helper_is_ours(entry->value) && git_helper_is_store(entry->value)))
            abort();
    }
    free(helpers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(git_entries_release) struct git_entries entries = {NULL, 0};
    TS_CLEANUP(ts_string_free) char *text = strndup((const char *)data, size);
    struct ts_err err = {0};
    int64_t minor = git_version_minor(text);

    if (minor < 0 || minor > 10000)
        abort();
    if (git_config_parse((const char *)data, size, &entries, &err) < 0)
        return err.text[0] == '\0' ? (abort(), 0) : 0;
    for (size_t i = 0; i < entries.len; i++)
        if (entries.items[i].origin == NULL || entries.items[i].key == NULL ||
            entries.items[i].value == NULL || strchr(entries.items[i].key, '\n') != NULL)
            abort();
    check_helpers(&entries, "git.example.com", "/team/repo");
    check_helpers(&entries, "[::1]:8443", "");
    return 0;
}
