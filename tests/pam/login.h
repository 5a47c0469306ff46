/*
 * A whole login for the programs that make things fail in it: authenticate, setcred, open_session,
 * close_session, on one handle.
 */
#ifndef TESTS_PAM_LOGIN_H
#define TESTS_PAM_LOGIN_H

#include <security/pam_appl.h>
#include <stdbool.h>

struct login {
    const char *service;
    const char *user;
    const char *confdir;
    const char *token; /* a file */
    const char *ruser; /* PAM_RUSER, or NULL */
    bool sessions;     /* go on after authenticating */
    /* Called before the first and after the last call of libpam's that is of interest, and around
     * the conversation, so that the host's own code is left in peace; NULL for none. */
    void (*begin)(void);
    void (*end)(void);
    int (*pause)(void);
    void (*resume)(int paused);
};

enum login_step { LOGIN_AUTHENTICATE, LOGIN_SETCRED, LOGIN_OPEN, LOGIN_CLOSE, LOGIN_STEPS };

/* Each step's return code; -1 for one that was not reached, because authenticating failed. */
void login_run(const struct login *login, int ret[LOGIN_STEPS]);

#endif
