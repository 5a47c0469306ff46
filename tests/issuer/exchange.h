/*
 * One request and the answer to it in the making: what endpoint.c, the faults and delivery.c share.
 */
#ifndef ISSUER_EXCHANGE_H
#define ISSUER_EXCHANGE_H

#include "sign.h"

#include <json-c/json.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct event;
struct fault;

/* The options of `serve` that bear on answers. */
struct issuer {
    const char *dir;
    int64_t clock_offset; /* seconds that the server's clock is ahead */
    int64_t expiry_unit;  /* seconds in one unit of `expiry`: 1 or 60 */
    bool no_date;
};

/* What came in. Everything is borrowed from the connection; a header that is missing is NULL. */
struct inquiry {
    const char *method;
    const char *path; /* without the query */
    const char *content_type;
    const char *host, *origin, *authorization;
    const char *body; /* NUL-terminated */
    size_t body_len;
    bool too_large; /* the body was over BODY_MAX and is not here */
    bool cookie;    /* there was a Cookie header */
};

/* What is asked for, from the request's body. */
struct grant {
    char key_id[UUID_LEN + 1];  /* empty until it was found to be a UUID */
    EVP_PKEY *key;              /* the private key that was sent */
    const char *key_text;       /* the same as it was sent; lives in `request` */
    struct json_object *scopes; /* array of valid scope names */
    int64_t expiry;             /* in the server's unit; 0 until it was found valid */
    struct json_object *request;
};

struct header {
    const char *name, *value;
};

/* What goes out. */
struct reply {
    unsigned int status;
    char *body; /* malloc'ed */
    size_t len;
    const char *type;   /* Content-Type; NULL sends none */
    const char *header; /* one more header, NULL for none */
    const char *value;
    const struct header *headers; /* and more, up to one without a name; NULL for none */
};

struct exchange {
    const struct issuer *issuer;
    struct inquiry inquiry;
    const struct fault *fault; /* never NULL: without a fault, the one that does nothing */
    bool plain_fault;          /* no fault was asked for */
    const struct event *event; /* the event that the path means, NULL for a token */
    time_t now;                /* the clock that this answer goes by: Date, iat, exp */
    struct grant grant;

    struct json_object *header, *payload; /* of the token */
    struct sign_job job;
    char *hmac_key; /* malloc'ed, or NULL */
    char *token;    /* malloc'ed; may hold NULs */
    size_t token_len;
    char response_id[UUID_LEN + 1];
    char *location; /* malloc'ed, or NULL: for a header of the reply */
    struct reply reply;
};

/* Frees everything the exchange owns. Token and answer are wiped; the parsed request is not, since
 * json-c cannot. */
void exchange_release(struct exchange *exchange);

/* Makes {"message","response_id"} the reply, JSON, in place of what it was. */
void exchange_message(struct exchange *exchange, unsigned int status, const char *message,
                      size_t len);

/* Makes any bytes the reply's body, taking `body` over. The status stays. */
void exchange_body(struct exchange *exchange, const char *type, char *body, size_t len);

#endif
