#include "exchange.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static void
wipe(char *secret, size_t len)
{
    if (secret)
        OPENSSL_cleanse(secret, len);
    free(secret);
}

void
exchange_release(struct exchange *exchange)
{
    EVP_PKEY_free(exchange->grant.key);
    json_object_put(exchange->grant.scopes);
    json_object_put(exchange->grant.request);
    json_object_put(exchange->header);
    json_object_put(exchange->payload);
    wipe(exchange->token, exchange->token_len);
    wipe(exchange->reply.body, exchange->reply.len);
    free(exchange->hmac_key);
    free(exchange->location);
    *exchange = (struct exchange){0};
}

void
exchange_body(struct exchange *exchange, const char *type, char *body, size_t len)
{
    wipe(exchange->reply.body, exchange->reply.len);
    exchange->reply.type = type;
    exchange->reply.body = body;
    exchange->reply.len = len;
}

void
exchange_message(struct exchange *exchange, unsigned int status, const char *message, size_t len)
{
    struct json_object *body = json_object_new_object();
    json_object_object_add(body, "message", json_object_new_string_len(message, (int)len));
    json_object_object_add(body, "response_id", json_object_new_string(exchange->response_id));
    char *text = must_printf("%s", json_text(body));
    json_object_put(body);
    exchange_body(exchange, "application/json", text, strlen(text));
    exchange->reply.status = status;
}
