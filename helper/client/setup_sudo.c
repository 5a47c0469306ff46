/*
 * `setup sudo`: prints the line to add. For root that is one in sudo.conf(5), which counts for
 * everybody; for others, one for their shell's profile, because sudo has no configuration of a
 * user's own.
 */
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/client/clients.h"
#include "helper/setup/plan.h"

static int
note_removal(struct setup *setup, const char *program, struct ts_err *err)
{
    if (geteuid() == 0)
        return setup_note(setup, err, "# Remove this line from /etc/sudo.conf:\n# Path askpass %s",
                          program);
    return setup_note(setup, err, "# Remove SUDO_ASKPASS from your shell's profile.");
}

int
setup_sudo(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;

    int rc = setup_program("thrivestack-sudo-askpass", &program, err);
    if (rc < 0)
        return rc;
    if (setup->remove)
        return note_removal(setup, program, err);
    if (geteuid() == 0)
        return setup_note(setup, err,
                          "# 'sudo -A' asks with this line in /etc/sudo.conf:\nPath askpass %s",
                          program);
    return setup_note(
        setup, err,
        "# 'sudo -A' asks with this line in your shell's profile; root's 'setup sudo' "
        "prints one for everybody:\nexport SUDO_ASKPASS=%s",
        program);
}
