/* The job `prove`: a proof that binds a token to one host (policy/proof.h). Nothing else in this
 * project signs with an API key. */
#ifndef TS_WORKER_PROVE_H
#define TS_WORKER_PROVE_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/worker/apikey.h"

/*
 * Appends the proof that `token` (signed by this very key; anything else is refused) is for `host`
 * (a name in lower case without a port), issued at `now`, Unix seconds, with a nonce of 128 random
 * bits. So the worker signs nothing but proofs, and proofs only for tokens of the key. Returns 0,
 * TS_ERR_USAGE, TS_ERR_ANSWER (the token is not this key's), TS_ERR_NOMEM or TS_ERR_SYSTEM.
 */
int ts_prove(const struct ts_secret *token, const char *host, const struct ts_api_key *key,
             int64_t now, struct ts_secret *ret, struct ts_err *err);

#endif
