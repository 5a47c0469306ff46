/*
 * What the module remembers of a PAM handle, in this process (pam_set_data). A host may fork
 * between two calls, as sshd does around authentication; then only the PAM environment comes back,
 * and session.c continues from there.
 */
#ifndef PAM_LOGIN_H
#define PAM_LOGIN_H

#include <security/pam_modules.h>
#include <stdbool.h>

#include "common/base/secret.h"
#include "pam/token_file.h"

/* source = local is asked once per handle: sudo calls a module three times without asking anyone.
 */
enum ts_local_state {
    TS_LOCAL_UNTRIED,
    TS_LOCAL_NO_TOKEN, /* it yielded none, or one that is used up: the next source's turn */
    TS_LOCAL_DENIED,   /* its token was denied, and that is final */
};

struct ts_login {
    bool by_token; /* the last authentication on this handle succeeded */
    enum ts_local_state local;
    struct ts_secret sealed;           /* the token for the session to come (sealed.h), or empty */
    char path[TS_TOKEN_FILE_PATH_MAX]; /* the open session's token file, or "" */
};

/* The handle's, made where there is none yet; it lives as long as the handle. NULL where out of
 * memory. */
struct ts_login *ts_login_get(pam_handle_t *pamh);

/* The handle's, or NULL. */
struct ts_login *ts_login_find(pam_handle_t *pamh);

/* Forgets the login, before another authentication. A session that is open keeps its file until it
 * is closed. */
void ts_login_reset(struct ts_login *login);

#endif
