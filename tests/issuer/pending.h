/*
 * New keys that were not downloaded yet. A private key is kept here, in memory and nowhere else,
 * until it is taken once, or for ten minutes, or until newer keys need its place.
 */
#ifndef ISSUER_PENDING_H
#define ISSUER_PENDING_H

#include <stdbool.h>

struct pending;

struct pending *pending_new(void);
void pending_free(struct pending *pending);

/* Keeps a copy of a key's download. All functions may be called by several threads. */
void pending_put(struct pending *pending, const char *id, const char *download);

/* True while the key's download is here. */
bool pending_has(struct pending *pending, const char *id);

/* Takes the download out: the caller wipes and frees it. NULL where it is not here any more. */
char *pending_take(struct pending *pending, const char *id);

#endif
