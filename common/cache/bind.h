/* Adds a proof to a token, for refresh.h: `TOKEN~PROOF` (policy/proof.h). */
#ifndef TS_BIND_H
#define TS_BIND_H

#include "common/base/error.h"
#include "common/config/request.h"

/* For how long git and docker, which ask once per request, are given the same proof. */
#define TS_PROOF_REUSE_SECONDS 30

/*
 * Puts a proof for request->bound_host behind grant->token: the one that came with the token, one
 * that was kept where the request takes that, or a new one from the worker. Errors are those the
 * worker reports.
 */
int ts_bind(const struct ts_request *request, struct ts_grant *grant, struct ts_err *err);

#endif
