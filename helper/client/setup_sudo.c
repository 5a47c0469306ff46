/*
 * `setup sudo`: for root, `Path askpass` in sudo.conf(5), which is there for everybody; for others,
 * the line for their shell's profile, because sudo has no configuration of a user's own.
 */
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/setup/setup.h"
#include "helper/client/sudo_conf.h"

#define SUDO_CONF "/etc/sudo.conf"

static int
change_file(struct setup *setup, const char *line, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);

    int rc = setup_file_read(SUDO_CONF, true, &file, err);
    if (rc == 0 && ts_secret_has_nul(&file.text))
        rc = ts_err_set(err, TS_ERR_CONFIG, "%s is not a text", file.name);
    if (rc == 0)
        rc = setup->remove ? sudo_conf_remove(&file.text, line, &text, err)
                           : sudo_conf_add(&file.text, file.name, line, &text, err);
    if (rc < 0)
        return rc;
    if (ts_secret_equal(&text, &file.text))
        return setup_note(setup, err, "sudo needs no change");
    rc = setup_plan(setup, err, "%s: %s the line '%s'", file.name, setup->remove ? "remove" : "add",
                    line);
    if (rc == 0)
        rc = setup_add_text(setup, &file, &text, err);
    if (rc == 0 && setup->steps_len > 0)
        setup->steps[0].mode = 0644;
    return rc;
}

int
setup_sudo(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;
    TS_CLEANUP(ts_secret_release) struct ts_secret line = TS_SECRET_INIT(2048);

    int rc = setup_program("thrivestack-sudo-askpass", &program, err);
    if (rc < 0)
        return rc;
    if (geteuid() != 0 && setup->remove)
        return setup_note(setup, err, "# Drop SUDO_ASKPASS from your shell's profile.");
    if (geteuid() != 0) {
        rc = setup_note(setup, err,
                        "# 'sudo -A' asks with this line in your shell's profile; root can set it "
                        "for everybody, with the same command.");
        return rc < 0 ? rc : setup_note(setup, err, "export SUDO_ASKPASS=%s", program);
    }
    if (ts_secret_append_format(&line, "Path askpass %s", program) < 0)
        return ts_err_nomem(err);
    return change_file(setup, ts_secret_string(&line), err);
}
