/* The job `prove`: a proof that binds a token to one host (policy/proof.h). Nothing else in this
 * project signs with an API key. */
#ifndef TS_WORKER_PROVE_H
#define TS_WORKER_PROVE_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/job/job.h"
#include "common/worker/apikey.h"

/*
 * Appends the proof that `token` (signed by this very key; anything else is refused) is for `host`
 * (a name in lower case without a port), issued at `now`, Unix seconds, with a nonce of 128 random
 * bits. So nothing is signed but proofs, and proofs only for tokens of the key. Returns 0,
 * TS_ERR_USAGE, TS_ERR_ANSWER (the token is not this key's), TS_ERR_NOMEM or TS_ERR_SYSTEM.
 */
int ts_prove(const struct ts_secret *token, const char *host, const struct ts_api_key *key,
             int64_t now, struct ts_secret *ret, struct ts_err *err);

/* The same for the token of a grant, the host of the request and now. */
int ts_prove_grant(const struct ts_request *request, const struct ts_api_key *key,
                   struct ts_grant *grant, struct ts_err *err);

/* The job, for a token that is in it; any other is refused. As in struct ts_program. */
int ts_prove_run(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
                 struct ts_err *err);

#endif
