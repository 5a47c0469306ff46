/*
 * The API keys that the issuer knows: one file DIR/keys/ID.json for each.
 *
 *     {"key_id","name","expiry","rotation_frequency","created_at","revoked","scopes","public_key"}
 *
 * `expiry` is the last day, UTC, "YYYY-MM-DD". `scopes` is what the key may ask for, null for
 * anything. Only the public half is kept, as at ThriveStack. Files are read at each request, so
 * that a revocation counts from the next request on.
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

/* Prints one line for each key: id, state, last day, name. */
int keystore_list(const char *dir);

/* The public half; the caller frees it. */
EVP_PKEY *keystore_public(struct json_object *key);

enum key_state { KEY_ACTIVE, KEY_REVOKED, KEY_EXPIRED };
enum key_state keystore_state(struct json_object *key, time_t now);

/* True where the key may ask for that scope. */
bool keystore_allows(struct json_object *key, const char *scope);

#endif
