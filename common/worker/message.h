/*
 * What a server says about a failure, made fit to show: found, cleaned, cut, and withheld where it
 * quotes what was sent to it.
 */
#ifndef TS_WORKER_MESSAGE_H
#define TS_WORKER_MESSAGE_H

#include "common/json/tree.h"
#include "common/config/request.h"
#include "common/base/secret.h"
#include "common/worker/response.h"

#define TS_MESSAGE_MAX 200 /* bytes, as the API's description has it */

struct ts_message {
    char text[TS_MESSAGE_MAX + 1];            /* or "" */
    char response_id[TS_RESPONSE_ID_MAX + 1]; /* or "" */
};

/*
 * Reads an answer's message and response_id. `private_pem` is the key that was sent, a PEM or one
 * line. A
 * message that quotes 16 characters of it in a row, or that holds something like a token, becomes
 * "(message withheld: it quotes a secret)"; such a response_id is dropped.
 */
void ts_message_read(const struct ts_response *response, const struct ts_secret *private_pem,
                     struct ts_message *ret);

/* The response_id alone, from an answer that is JSON. */
void ts_message_read_id(struct ts_json *answer, const struct ts_secret *private_pem,
                        char ret[TS_RESPONSE_ID_MAX + 1]);

#endif
