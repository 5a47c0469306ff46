/* The cache's folder before a run and after it. */
#ifndef FAULT_CACHE_STATE_H
#define FAULT_CACHE_STATE_H

#include <stdbool.h>
#include <stddef.h>

struct evp_pkey_st;

/* Makes the folder hold just what `saved` holds. */
void cache_state_set(const char *folder, const char *saved);

struct cache_state {
    unsigned tokens;
    unsigned drafts;
    char problem[300]; /* what is not as it should be, or "" */
};

/* Every file is whole, the user's alone, under a name of the cache's; every token in one is signed
 * with the key; no lock is held. */
void cache_state_read(const char *folder, struct evp_pkey_st *key, struct cache_state *ret);

/* So that the next one has to ask. */
void cache_state_drop_tokens(const char *folder);

/* As if everything in it had been written that many seconds earlier. */
void cache_state_age(const char *folder, long seconds);

/* Whether the text is exactly one token that the key has signed. */
bool is_signed_token(const char *text, size_t len, struct evp_pkey_st *key);

/* The same for anything in a token's form, such as a proof. */
bool is_signed(const char *text, size_t len, struct evp_pkey_st *key);

#endif
