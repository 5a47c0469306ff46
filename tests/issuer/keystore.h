/*
 * The API keys that the issuer knows: one file DIR/keys/ID.json for each.
 *
 *     {"key_id","name","expiry","rotation_frequency","created_at","revoked","scopes","public_key"}
 *
 * and, after a rotation on the page, "replaces" and "replaced_by" with the other key's id. `expiry`
 * is the last day, UTC, "YYYY-MM-DD". `scopes` is what the key may ask for, null for
 * anything. Only the public half is kept, as at ThriveStack. Files are read at each request, so
 * that a revocation counts from the next request on. DIR/used/ID is an empty file whose time is
 * that of the last token: a file of its own, so that a token request never writes a key back that
 * somebody else is changing.
 *
 * A key is a JSON object that the caller puts. Functions that return -1 or NULL have reported it,
 * except where they say otherwise.
 */
#ifndef ISSUER_KEYSTORE_H
#define ISSUER_KEYSTORE_H

#include <json-c/json.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <time.h>

/* Reads a key. Returns NULL, unreported, where `id` is no UUID or no key has it. */
struct json_object *keystore_load(const char *dir, const char *id);

/* Writes a key in place of what was there. */
int keystore_save(const char *dir, struct json_object *key);

/* Sets the members of `changes` in the stored key, under a lock that all changes take. Returns 0,
 * or -1: unreported where no key has that id. */
int keystore_change(const char *dir, const char *id, struct json_object *changes);

/* Calls `each` with every key, in the order of their ids. Returns 0 or -1. */
int keystore_each(const char *dir, void (*each)(struct json_object *key, void *context),
                  void *context);

/* Notes that the key yielded a token now. A failure is reported and otherwise ignored. */
void keystore_touch(const char *dir, const char *id);

/* When the key yielded its last token; 0 for never. */
time_t keystore_used(const char *dir, const char *id);

/* Prints one line for each key: id, state, last day, name. */
int keystore_list(const char *dir);

/* The public half; the caller frees it. */
EVP_PKEY *keystore_public(struct json_object *key);

enum key_state { KEY_ACTIVE, KEY_REVOKED, KEY_EXPIRED };
enum key_state keystore_state(struct json_object *key, time_t now);

/* True where the key may ask for that scope. */
bool keystore_allows(struct json_object *key, const char *scope);

#endif
