/*
 * The session's token: left as a file, its path in THRIVESTACK_TOKEN_FILE. How it crosses sshd,
 * which authenticates in a forked child of which only the PAM environment comes back:
 *
 *     authenticate    (child)    writes a waiting file, puts its path into the PAM environment
 *     setcred         (parent)   takes the path out again into the handle: no session, no variable
 *     open_session    (parent)   gives the file to the user and exports its path
 *     close_session   (parent)   removes it
 *
 * sudo and su get none of this: the caller's environment is not the session's there.
 */
#ifndef PAM_SESSION_H
#define PAM_SESSION_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/secret.h"
#include "pam/login.h"

struct ts_session_token {
    const char *service;
    uid_t uid; /* whose session it will be */
    const struct ts_secret *token;
    int64_t expires;
};

/* After a login by token: leaves the file, where this process can (root's only), the service has
 * sessions of its own and none is open. A failure is logged and denies nobody their login. */
void ts_session_prepare(pam_handle_t *pamh, struct ts_login *login,
                        const struct ts_session_token *token);

/* Before another authentication: nothing is left of the last one. */
void ts_session_forget(pam_handle_t *pamh, struct ts_login *login);

/* The PAM return codes of the three calls. */
int ts_session_setcred(pam_handle_t *pamh, int flags);
int ts_session_open(pam_handle_t *pamh, int argc, const char *const *argv);
int ts_session_close(pam_handle_t *pamh, int argc, const char *const *argv);

#endif
