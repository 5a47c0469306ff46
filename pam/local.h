/*
 * source = local: a token that ThriveStack issues now, for the API key of the user who invoked sudo
 * or su. It proves that this user can use the key and that ThriveStack still honours it.
 *
 * The invoking user may hold a key that was revoked, and sign any token with it. So the token must
 * come from ThriveStack, and the user must have no part in asking:
 *
 *     thrivestack-credential key export             as the user: finds the key and passes it on
 *             |  a pipe
 *     thrivestack-credential token --piped-key      as nobody, with root's configuration alone:
 *             |  a pipe                             endpoint, CA, pin and proxy are the host's
 *     this module
 *
 * All that comes from the user is the key. No process of the user may trace, signal or write to the
 * second run, because it is another user's. The user can stop the host program (whose real uid is
 * the user's), so an answer after the deadline is not used.
 *
 * There is an invoking user only in a setuid program on this machine: effective uid 0, a real uid
 * that is not root, PAM_RHOST unset and PAM_RUSER naming the real uid. Everywhere else (sshd,
 * login, nginx, a screen locker) source = local would let in whoever asks.
 */
#ifndef PAM_LOCAL_H
#define PAM_LOCAL_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

#define TS_LOCAL_DEADLINE_MS 10000 /* for all of it */
#define TS_LOCAL_ASKER "nobody"    /* the user who asks */

struct ts_local {
    const char *service;          /* PAM_SERVICE */
    const char *rhost;            /* PAM_RHOST, or NULL */
    const char *ruser;            /* PAM_RUSER, or NULL */
    const struct ts_list *scopes; /* that the token must have */
    bool unique;                  /* not the token of the call before: costs a second */
    const char *bound_host;       /* a name that the token is to be bound to, or NULL */
};

/*
 * Runs the helper and puts its answer into *ret (maximum at least TS_TOKEN_MAX + 1). Returns 0
 * where it printed something and succeeded, TS_ERR_REFUSED where this is no place for it,
 * TS_ERR_NOMEM, and TS_ERR_UNAVAILABLE in all other cases; *err says what happened.
 */
int ts_local_get(const struct ts_local *local, struct ts_secret *ret, struct ts_err *err);

#endif
