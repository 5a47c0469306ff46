/* A plan before its user: shown, agreed to, made. */
#include <string.h>
#include <unistd.h>

#include "helper/setup/plan.h"

static void
say(const char *text)
{
    (void)ts_write_all(STDERR_FILENO, text, strlen(text));
}

int
setup_carry_out(struct setup *setup, const struct setup_consent *consent, struct ts_err *err)
{
    bool yes = consent->yes;
    int rc = 0;

    say(setup->remove ? "Changes that undo it:\n" : "Changes:\n");
    say(ts_secret_string(&setup->plan));
    if (!consent->dry_run && !yes)
        rc = setup_confirm(setup, &yes, err);
    if (rc < 0)
        return rc;
    if (consent->dry_run || !yes) {
        say("Nothing was changed.\n");
        ts_secret_clear(&setup->notes);
        return 0;
    }
    rc = setup_apply(setup, err);
    setup->made = rc == 0;
    if (rc == 0)
        say("Done.\n");
    if (rc == 0 && !setup->remove)
        say(ts_secret_string(&setup->hints));
    return rc;
}
