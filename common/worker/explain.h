/*
 * The job `explain`: the module's decision about a token, by the module's own functions, written
 * down rule by rule.
 */
#ifndef TS_WORKER_EXPLAIN_H
#define TS_WORKER_EXPLAIN_H

#include "common/base/error.h"
#include "common/job/job.h"
#include "common/policy/policy.h"

/*
 * Checks job->explain by the clock of now. A denial is a result, not an error. Returns 0,
 * TS_ERR_CONFIG where the policy cannot be used, TS_ERR_SYSTEM (the user cannot be looked up) or
 * TS_ERR_NOMEM.
 */
int ts_explain(const struct ts_job *job, struct ts_explanation *ret, struct ts_err *err);

/* Whose files a policy may consist of. As the module: another owner than root only where the
 * process is that one user's. */
struct ts_policy_trust ts_explain_trust(void);

#endif
