/*
 * The functions that rows of the table in fault.c name. Each changes the exchange at the stage that
 * fault.h describes; none can fail.
 */
#ifndef ISSUER_FAULT_HOOKS_H
#define ISSUER_FAULT_HOOKS_H

#include "exchange.h"

/* claims: before signing (fault-token.c) */
void claims_expired(struct exchange *exchange);
void claims_exp_before_iat(struct exchange *exchange);
void claims_exp_string(struct exchange *exchange);
void claims_exp_float(struct exchange *exchange);
void claims_too_long(struct exchange *exchange);
void claims_iat_old(struct exchange *exchange);
void claims_aud_prefix(struct exchange *exchange);
void claims_aud_array(struct exchange *exchange);
void claims_aud_spaces(struct exchange *exchange);
void claims_alg_none(struct exchange *exchange);
void claims_alg_hs256(struct exchange *exchange);
void claims_alg_rs512(struct exchange *exchange);
void claims_foreign_key(struct exchange *exchange);

/* finish: the signed token (fault-token.c) */
void finish_bad_signature(struct exchange *exchange);
void finish_newline(struct exchange *exchange);
void finish_cr(struct exchange *exchange);
void finish_nul(struct exchange *exchange);
void finish_two_parts(struct exchange *exchange);
void finish_four_parts(struct exchange *exchange);

/* answer: the body around it (fault-answer.c) */
void answer_truncated(struct exchange *exchange);
void answer_no_token(struct exchange *exchange);
void answer_dup_key(struct exchange *exchange);
void answer_trailing(struct exchange *exchange);
void answer_nested(struct exchange *exchange);
void answer_big(struct exchange *exchange);
void answer_echo_key(struct exchange *exchange);
void answer_message_control(struct exchange *exchange);
void answer_message_long(struct exchange *exchange);
void answer_message_token(struct exchange *exchange);
void answer_error_text(struct exchange *exchange);

#endif
