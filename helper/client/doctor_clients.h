/* What the checks of clients share. */
#ifndef HELPER_DOCTOR_CLIENTS_H
#define HELPER_DOCTOR_CLIENTS_H

#include <stdbool.h>

#include "helper/client/git_config.h"
#include "helper/doctor/doctor.h"

/* Whether a program is this one under another name. */
bool doctor_is_ours(const char *path);

/*
 * What git's settings for one host say beside which helpers it runs: a helper that a later empty
 * value removes (then *ret_wired becomes true, because a client was set up for the host), a
 * username that is not the section's, and options of the helper. Returns 0 or TS_ERR_NOMEM.
 */
int doctor_git_settings(struct doctor *doctor, const struct git_entries *entries,
                        const struct ts_host_rule *rule, bool *ret_wired, struct ts_err *err);

#endif
