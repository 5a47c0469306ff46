/*
 * The session's token: left as a file, its path in THRIVESTACK_TOKEN_FILE. How it crosses sshd,
 * which authenticates in a forked child of which only the PAM environment comes back:
 *
 *     authenticate    (child)    puts the sealed token into the PAM environment (sealed.h)
 *     setcred         (parent)   takes it out again into the handle: no session has the variable
 *     open_session    (parent)   writes the file for the user and exports its path
 *     close_session   (parent)   removes it
 *
 * So setcred succeeds after every login by token, also where no file can be written, and a login
 * that ends before its session leaves nothing behind.
 *
 * sudo and su get none of this: the caller's environment is not the session's there.
 */
#ifndef PAM_SESSION_H
#define PAM_SESSION_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "pam/login.h"

struct ts_session_token {
    const char *service;
    const char *user;
    const struct ts_secret *token;
    int64_t expires;
};

/* After a login by token: keeps the token for the session, where this process is root's, the
 * service has sessions of its own and none is open. A failure is logged and denies nobody their
 * login. */
void ts_session_prepare(pam_handle_t *pamh, struct ts_login *login,
                        const struct ts_session_token *token);

/* Before another authentication: nothing is left of the last one. */
void ts_session_forget(pam_handle_t *pamh, struct ts_login *login);

/* The PAM return codes of the three calls. */
int ts_session_setcred(pam_handle_t *pamh, int flags);
int ts_session_open(pam_handle_t *pamh, int argc, const char *const *argv);
int ts_session_close(pam_handle_t *pamh, int argc, const char *const *argv);

#endif
