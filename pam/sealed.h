/*
 * The token of a login on its way to the session's process. sshd authenticates in a forked child,
 * of which only the PAM environment comes back; a token must not be in any environment. So it
 * crosses sealed: base64url of a nonce, of the token's expiry and the token under AES-256-GCM, and
 * of the tag. The service's and the user's names are authenticated with it.
 *
 * The key is made of the random bytes that the kernel gives each program at its start (AT_RANDOM,
 * getauxval(3)). A forked process has the same, every other program has others, and no user can
 * read those of root's. So a text that opens was sealed by this program, after a login of this user
 * by this service, and a text from elsewhere opens nothing. The text is also what the handle keeps,
 * so that between login and session the host's memory holds no token.
 */
#ifndef PAM_SEALED_H
#define PAM_SEALED_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define TS_SEALED_MAX 32768 /* characters */

struct ts_sealed_login {
    const char *service;
    const char *user;
};

/* Appends the sealed text to `ret`. Returns 0, TS_ERR_NOMEM, TS_ERR_TOO_LARGE or TS_ERR_SYSTEM. */
int ts_sealed_write(const struct ts_sealed_login *login, const struct ts_secret *token,
                    int64_t expires, struct ts_secret *ret, struct ts_err *err);

/* Replaces `ret_token` and *ret_expires by what was sealed; on failure they are unchanged. Returns
 * TS_ERR_REFUSED for every text that this program has not sealed for this login, else as above. */
int ts_sealed_read(const struct ts_sealed_login *login, const char *text,
                   struct ts_secret *ret_token, int64_t *ret_expires, struct ts_err *err);

#endif
