/*
 * Judging an answer of the token endpoint: first its HTTP status, then the token in it, claim by
 * claim, before anyone gets to see it.
 */
#ifndef TS_WORKER_ANSWER_H
#define TS_WORKER_ANSWER_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/config/request.h"
#include "common/worker/apikey.h"
#include "common/worker/response.h"

/*
 * 0 for a status that promises a token (200, 201); TS_ERR_REFUSED (4xx), TS_ERR_UNAVAILABLE (429,
 * 5xx) or TS_ERR_ANSWER (anything else), with the server's message and response_id.
 */
int ts_answer_check_status(const struct ts_response *response, const struct ts_api_key *key,
                           struct ts_err *err);

/* The same for an event: 0 for 200, 201, 202 and 204. `api_key` is the project's, which was sent.
 */
int ts_answer_check_event(const struct ts_response *response, const struct ts_secret *api_key,
                          struct ts_err *err);

/*
 * The token of a good answer: RS256 by the key's own public half (unless the request says not to
 * verify), for the scopes asked for, alive after the answer's Date (after `now`, Unix seconds by
 * the local clock, only where there is none). *ret gets everything but `received`. Returns 0,
 * TS_ERR_ANSWER with the response_id, or TS_ERR_NOMEM.
 */
int ts_answer_read(const struct ts_response *response, const struct ts_request *request,
                   const struct ts_api_key *key, int64_t now, struct ts_grant *ret,
                   struct ts_err *err);

#endif
