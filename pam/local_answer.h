/* How the two runs of thrivestack-credential for source = local ended, and what that means. */
#ifndef PAM_LOCAL_ANSWER_H
#define PAM_LOCAL_ANSWER_H

#include "common/base/error.h"
#include "common/base/secret.h"

/* `status` is as wait(2) gives it. Returns 0 where the helper succeeded and printed something,
 * which is still to be checked; else TS_ERR_UNAVAILABLE, and *err says what happened without
 * quoting what was printed. */
int ts_local_check_answer(int status, const struct ts_secret *output, struct ts_err *err);

/* The same for `key export`, which prints nothing here. That its reader closed the pipe is not its
 * failure: then the other run says what is wrong. */
int ts_local_check_export(int status, struct ts_err *err);

#endif
