/* What setup adds to a sudo.conf is not added twice, and goes again without a trace, whatever the
 * file was; but for newlines at its end. */
#include "tests/fuzz/fuzz.h"

#include "common/cleanup.h"
#include "helper/setup_file.h"
#include "helper/sudo_conf.h"

#define LINE "Path askpass /usr/bin/thrivestack-sudo-askpass"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret added = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret removed = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct ts_err err = {0};

    /* Marks of somebody else's making prove nothing. */
    if (memchr(data, '\0', size) != NULL || ts_secret_append(&text, data, size) < 0 ||
        strstr(ts_secret_string(&text), "# thrivestack-credential setup sudo\n") != NULL)
        return 0;
    if (sudo_conf_add(&text, "sudo.conf", LINE, &added, &err) < 0)
        return err.code == TS_ERR_CONFIG && strstr(err.text, "another") ? 0 : (abort(), 0);
    if (sudo_conf_add(&added, "sudo.conf", LINE, &again, &err) < 0 ||
        !ts_secret_equal(&added, &again) || strstr(ts_secret_string(&added), LINE) == NULL ||
        sudo_conf_remove(&added, LINE, &removed, &err) < 0 ||
        !setup_file_same_lines(&text, &removed))
        abort();
    return 0;
}
