/*
 * The token endpoint without its HTTP server: from a request to its answer.
 *
 *     POST /api/user/token, /api/team/update     as documented
 *     POST /stolen                               the same; where redirects lead
 *     POST /v1/identify, /v1/group, /v1/track     events; see event.h
 *     any  /fault/NAME, /fault/NAME/...          the same with a fault
 */
#ifndef ISSUER_ENDPOINT_H
#define ISSUER_ENDPOINT_H

#include "exchange.h"

/* Answers: reads issuer and inquiry, fills the rest, writes the request's line to the log. Faults
 * of the sending are left to the caller. `context` is not used. The caller releases the exchange.
 * Needs no lock; any number of threads may call it. */
void endpoint_answer(struct exchange *exchange, void *context);

#endif
