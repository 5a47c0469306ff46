/*
 * Making an API key: the download that its owner gets, and the entry that the key store keeps.
 */
#ifndef ISSUER_KEY_MAKE_H
#define ISSUER_KEY_MAKE_H

#include "text.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct key_request {
    const char *id; /* a UUID; NULL for a new one */
    const char *name;
    const char *expires;        /* "YYYY-MM-DD", the last day */
    const char *rotation;       /* "90d" */
    const char *replaces;       /* id of the key that this one replaces, or NULL */
    struct json_object *scopes; /* array, or NULL for any; key_make takes it over */
    int64_t bits;
    bool pkcs8, ec;
};

struct made_key {
    char id[UUID_LEN + 1];
    struct json_object *entry;    /* for keystore_save */
    struct json_object *download; /* what the owner gets: the details and private_key */
    char *private_pem, *public_pem;
};

/* Makes a key. Returns 0, or -1 after reporting; key_release in both cases. */
int key_make(const struct key_request *request, struct made_key *ret);

/* Frees what key_make made. json-c cannot wipe its copy of the private key. */
void key_release(struct made_key *made);

#endif
