/* What setup adds to a sudo.conf is not added twice, and goes again without a trace, whatever the
 * file was; but for newlines at its end. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "helper/setup/setup_file.h"
#include "helper/client/sudo_conf.h"

#define MARK "# thrivestack-credential setup sudo\n"
#define LINE "Path askpass /usr/bin/thrivestack-sudo-askpass"

static bool
has_ours(const char *text)
{
    return strncmp(text, MARK LINE "\n", strlen(MARK LINE "\n")) == 0 ||
           strstr(text, "\n" MARK LINE "\n") != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret added = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret removed = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct ts_err err = {0};

    if (memchr(data, '\0', size) != NULL || ts_secret_append(&text, data, size) < 0)
        return 0;
    if (strstr(ts_secret_string(&text), MARK) != NULL) {
        /* Of somebody else's making, perhaps; but if there is one that looks like ours, it goes. */
        if (sudo_conf_remove(&text, LINE, &removed, &err) < 0 ||
            (has_ours(ts_secret_string(&text)) && removed.len != text.len - strlen(MARK LINE "\n")))
            abort();
        return 0;
    }
    if (sudo_conf_add(&text, "sudo.conf", LINE, &added, &err) < 0)
        return err.code == TS_ERR_CONFIG && strstr(err.text, "another") ? 0 : (abort(), 0);
    if (sudo_conf_add(&added, "sudo.conf", LINE, &again, &err) < 0 ||
        !ts_secret_equal(&added, &again) || strstr(ts_secret_string(&added), LINE) == NULL ||
        sudo_conf_remove(&added, LINE, &removed, &err) < 0 ||
        !setup_file_same_lines(&text, &removed))
        abort();
    return 0;
}
