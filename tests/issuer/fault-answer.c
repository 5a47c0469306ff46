/* Faults of the answer around the token. */
#include "fault-hooks.h"

#include <stdlib.h>
#include <string.h>

#define JSON "application/json"

/* A string literal as the two arguments bytes and length, NULs included. */
#define LITERAL(text) (text), sizeof(text) - 1

void
answer_truncated(struct exchange *exchange)
{
    /* Content-Length agrees with what is sent: only the JSON ends too early. */
    exchange->reply.len -= 20;
    exchange->reply.body[exchange->reply.len] = '\0';
}

void
answer_no_token(struct exchange *exchange)
{
    char *body = must_printf("{\"response_id\":\"%s\"}", exchange->response_id);
    exchange_body(exchange, JSON, body, strlen(body));
}

void
answer_dup_key(struct exchange *exchange)
{
    /* A parser that lets the last one win finds a token that is right. */
    char *body = must_printf("{\"token\":\"eyJ.eyJ.AAAA\",\"token\":\"%s\",\"response_id\":\"%s\"}",
                             exchange->token, exchange->response_id);
    exchange_body(exchange, JSON, body, strlen(body));
}

void
answer_trailing(struct exchange *exchange)
{
    char *body = must_printf("%s junk", exchange->reply.body);
    exchange_body(exchange, JSON, body, strlen(body));
}

void
answer_nested(struct exchange *exchange)
{
    size_t len = 100000;
    char *body = must_alloc(len + 1);
    memset(body, '[', len);
    exchange_body(exchange, JSON, body, len);
}

void
answer_big(struct exchange *exchange)
{
    /* Only its size is wrong: blanks before the last brace make a valid answer of 70,000 bytes. */
    size_t len = 70000;
    char *body = must_alloc(len + 1);
    memset(body, ' ', len);
    memcpy(body, exchange->reply.body, exchange->reply.len - 1);
    body[len - 1] = '}';
    exchange_body(exchange, JSON, body, len);
}

void
answer_echo_key(struct exchange *exchange)
{
    char *message = must_printf("cannot use this key: %s", exchange->grant.key_text);
    exchange_message(exchange, 401, message, strlen(message));
    free(message);
}

void
answer_message_control(struct exchange *exchange)
{
    /* ESC with a terminal command, newline and CR, NUL, DEL, C1 (NEL, CSI), bidi overrides. */
    static const char message[] = "refused \x1b[31mred\x1b[0m\nforged log line\rback\0after nul"
                                  "\x7f del \xc2\x85 nel \xc2\x9b"
                                  "31m csi \xe2\x80\xae olleh"
                                  "\xe2\x80\xac \xe2\x81\xa6isolate\xe2\x81\xa9 end";
    exchange_message(exchange, 403, LITERAL(message));
}

void
answer_message_long(struct exchange *exchange)
{
    /* 10,000 bytes: one character, then two-byte ones, so that a cut at an even length, such as
     * 200, falls within a character. */
    char message[10000];
    message[0] = 'x';
    for (size_t i = 1; i + 1 < sizeof(message); i += 2)
        memcpy(message + i, "\xc3\xa9", 2);
    message[sizeof(message) - 1] = 'x';
    exchange_message(exchange, 403, message, sizeof(message));
}

void
answer_message_token(struct exchange *exchange)
{
    char *message = must_printf("refused: %s", exchange->token);
    exchange_message(exchange, 403, message, strlen(message));
    free(message);
}

void
answer_error_text(struct exchange *exchange)
{
    char *body = must_printf("Forbidden by the gateway\n");
    exchange_body(exchange, "text/plain", body, strlen(body));
    exchange->reply.status = 403;
}
