/* The token that a login by pam_thrivestack(8) has left for its session. */
#ifndef TS_SESSION_TOKEN_H
#define TS_SESSION_TOKEN_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/config/request.h"

/*
 * Reads and checks request->session_token_file. The file must be regular and the user's, closed to
 * others, or root's, 0440 at most, as the module leaves it; the token alive by the local clock, and
 * of every scope asked for (none asked for: as it is). No signature is checked: the module has done
 * that, and the file is the user's. Returns 0, TS_ERR_KEY (missing, expired, other scopes,
 * --fresh), TS_ERR_CONFIG (unsafe), TS_ERR_ANSWER (lives shorter than --min-valid) or TS_ERR_NOMEM.
 */
int ts_session_token_get(const struct ts_request *request, struct ts_grant *ret,
                         struct ts_err *err);

/* Whether refresh.h serves this request with the session's token: one is named, and the key file
 * does not exist. */
bool ts_session_token_is_used(const struct ts_request *request);

/* The check of what the file holds alone. */
int ts_session_token_check(const struct ts_request *request, const struct ts_secret *text,
                           const struct ts_clock *now, struct ts_grant *ret, struct ts_err *err);

#endif
