/* What the checks of clients share. */
#ifndef HELPER_DOCTOR_CLIENTS_H
#define HELPER_DOCTOR_CLIENTS_H

#include <stdbool.h>

#include "helper/client/git_config.h"
#include "helper/doctor/doctor.h"

/* Whether a program is this one under another name. */
bool doctor_is_ours(const char *path);

/* `host` or `host:port`, as clients name it; NULL where there is no memory. */
char *doctor_host_name(const struct ts_host_rule *rule);

/* Whether the section's file says that `setup` wrote it for the client. 0 or TS_ERR_NOMEM. */
int doctor_was_set_up(const struct doctor *doctor, const char *client, size_t index, bool *ret,
                      struct ts_err *err);

/*
 * What git's settings for one host say beside which helpers it runs: a helper that a later empty
 * value removes (then *ret_wired becomes true, because a client was set up for the host), a
 * username that is not the section's, and options of the helper. Returns 0 or TS_ERR_NOMEM.
 */
int doctor_git_settings(struct doctor *doctor, const struct git_entries *entries,
                        const struct ts_host_rule *rule, bool *ret_wired, struct ts_err *err);

#endif
