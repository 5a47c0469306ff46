/*
 * pam_sm_authenticate: from the module's arguments to a decision, and to the one line that reports
 * it. What holds whatever happens: PAM_SUCCESS where every rule of the policy passed and nowhere
 * else, PAM_IGNORE never, PAM_USER and PAM_AUTHTOK are left alone.
 */
#ifndef PAM_AUTH_H
#define PAM_AUTH_H

#include <security/pam_modules.h>

/* Returns the PAM return code. */
int ts_auth(pam_handle_t *pamh, int flags, int argc, const char *const *argv);

#endif
