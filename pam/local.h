/*
 * source = local: a token from thrivestack-credential, run as the user who invoked sudo or su. It
 * proves that this user can use the API key and that ThriveStack still honours it.
 *
 * Only in a setuid program on this machine is there such a user: effective uid 0, a real uid that
 * is not root, PAM_RHOST unset and PAM_RUSER naming the real uid. Everywhere else (sshd, login,
 * nginx, a screen locker) it would let in whoever asks.
 */
#ifndef PAM_LOCAL_H
#define PAM_LOCAL_H

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

#define TS_LOCAL_DEADLINE_MS 10000

struct ts_local {
    const char *service;          /* PAM_SERVICE */
    const char *rhost;            /* PAM_RHOST, or NULL */
    const char *ruser;            /* PAM_RUSER, or NULL */
    const struct ts_list *scopes; /* that the token must have */
};

/*
 * Runs the helper and puts its answer into *ret (maximum at least TS_TOKEN_MAX + 1). Returns 0
 * where it printed something and succeeded, TS_ERR_REFUSED where this is no place for it,
 * TS_ERR_NOMEM, and TS_ERR_UNAVAILABLE in all other cases; *err says what happened.
 */
int ts_local_get(const struct ts_local *local, struct ts_secret *ret, struct ts_err *err);

#endif
