/*
 * Faults: what the endpoint does wrong on demand, chosen by the path of each request.
 *
 * A fault is one row of a table. Its members act at the stage they belong to and do nothing where
 * they are zero, so that most faults need no code at all:
 *
 *     arrival   failures, every, status, delivery HANG and RESET: whatever the request looks like
 *     request   is checked as always; a fault below this line needs a valid one
 *     clock     shift, unit
 *     token     drop, set, claims, form, then it is signed, then finish
 *     answer    token_json, body, answer
 *     sending   no_date, header, delay, delivery
 */
#ifndef ISSUER_FAULT_H
#define ISSUER_FAULT_H

#include "exchange.h"

enum delivery {
    DELIVER_WHOLE,
    DELIVER_DRIP,    /* one byte a second */
    DELIVER_CUT,     /* Content-Length for all of it, but only half, then the end */
    DELIVER_ENDLESS, /* the body, then 'A' for ever */
    DELIVER_HANG,    /* nothing, until the client is gone */
    DELIVER_RESET,   /* nothing, and a TCP reset */
    DELIVER_LOST,    /* nothing, and a TCP reset, after the request was served */
};

struct fault {
    const char *name;
    const char *says; /* a sentence */

    unsigned int failures; /* so many first requests to this server get a 503, then all is well */
    unsigned int every;    /* with `status`: one in so many requests to this server */
    unsigned int status;   /* this status at once, with a message */

    long shift;   /* seconds that this answer's whole clock is ahead */
    int64_t unit; /* seconds in one unit of `expiry`, in place of the server's */

    const char *drop;                          /* removes this claim, or member of the header */
    const char *set;                           /* gives this claim, or member of the header ... */
    const char *to;                            /* ... this value, JSON */
    void (*claims)(struct exchange *exchange); /* changes header, payload and job before signing */
    enum base64_form form;
    void (*finish)(struct exchange *exchange); /* changes the token when it is signed */

    const char *token_json; /* JSON in place of the token */
    const char *body;       /* bytes in place of the answer, of type */
    const char *type;
    void (*answer)(struct exchange *exchange); /* makes the answer, or changes it */

    bool no_date;
    const char *header, *value; /* one more header */
    unsigned int delay_ms;
    enum delivery delivery;
};

/* Finds a fault by the `len` bytes of its name; NULL where there is none. */
const struct fault *fault_find(const char *name, size_t len);

/* The fault that does nothing. */
const struct fault *fault_none(void);

/* Counts a request to a fault; returns the status that it is to fail with, or 0. */
unsigned int fault_fails(const struct fault *fault);

/* Prints every name with its sentence. */
void fault_list(void);

#endif
