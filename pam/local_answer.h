/* What it means how thrivestack-credential ended, for source = local. */
#ifndef PAM_LOCAL_ANSWER_H
#define PAM_LOCAL_ANSWER_H

#include "common/base/error.h"
#include "common/base/secret.h"

/* `status` is as wait(2) gives it. 0 where the helper succeeded and printed something, of which
 * nothing is known yet; else TS_ERR_UNAVAILABLE, and *err says what happened, never what was
 * printed. */
int ts_local_answer_judge(int status, const struct ts_secret *output, struct ts_err *err);

#endif
