/*
 * `setup ssh`: `askpass = yes` for the host. ssh_config(5) cannot set environment variables for ssh
 * itself, so the two that make ssh ask this program are printed for the shell's profile; no file of
 * the shell is touched.
 */
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/clients.h"
#include "helper/helper.h"
#include "helper/setup/plan.h"

/* ssh's prompt names no port, and ssh has no paths. */
static int
check_host(const struct setup *setup, struct ts_err *err)
{
    const char *end = strrchr(setup->host, ']');

    if (setup->path[0] != '\0' || strchr(end != NULL ? end : setup->host, ':') != NULL)
        return helper_usage(err, "'setup ssh' needs a host without port and path");
    return 0;
}

int
setup_ssh(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;

    int rc = check_host(setup, err);
    if (rc == 0)
        rc = setup_host(setup, "ssh", true, err);
    if (rc == 0)
        rc = setup_program("thrivestack-askpass", &program, err);
    if (rc < 0)
        return rc;
    if (setup->remove)
        return setup_note(setup, err,
                          "# If no host needs them any more, remove SSH_ASKPASS and "
                          "SSH_ASKPASS_REQUIRE from your shell's profile.");
    rc = setup_note(setup, err, "# ssh asks only with these two lines in your shell's profile:");
    if (rc == 0)
        rc = setup_note(setup, err, "export SSH_ASKPASS=%s", program);
    if (rc == 0)
        rc = setup_note(setup, err, "export SSH_ASKPASS_REQUIRE=force");
    return rc < 0 ? rc : setup_hint(setup, err, "Try it, in a new shell: ssh %s", setup->host);
}
