/*
 * The files of the token cache: one folder of the user's, in it, named by an identity's hash,
 *
 *     NAME.json   a token (or, after an erase, what the erased one was known by)
 *     NAME.fail   the last failure, so that those who waited for it share it
 *     NAME.lock   an empty file, locked by the process that asks the endpoint
 *     NAME.spare  the same, for one more process, where the first does not finish
 *     parts-HASH  a token that askpass returns in parts
 *     asked-HASH  an empty mark: a question that askpass has explained already
 *     proof-HASH  the last proof of a token for one host, for git and docker
 *
 * A file that is not a regular file of this user's with no access for others, does not parse, or is
 * for another identity counts as missing, and is replaced. Files are written under another name and
 * renamed, so that a reader sees all of one or nothing.
 */
#ifndef TS_CACHE_H
#define TS_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/cache/identity.h"
#include "common/config/request.h"

#define TS_CACHE_FILE_MAX ((size_t)48 * 1024)

/* What a token file holds. */
struct ts_cache_entry {
    struct ts_grant grant; /* its token is empty where it was erased */
    char *profile;         /* who fetched it */
    char *key_source;      /* as ts_identity_key_source has it */
    char *token_url;
    char spent[TS_IDENTITY_NAME_LEN + 1]; /* ts_cache_hash of the last token, erased or not */
};

#define TS_CACHE_ENTRY_INIT ((struct ts_cache_entry){.grant = TS_GRANT_INIT})
void ts_cache_entry_release(struct ts_cache_entry *entry);

/* A failure that is shared. */
struct ts_cache_failure {
    struct ts_err err;
    bool early; /* met while a token that was still good was to be replaced */
    struct ts_clock when;
};

/* Opens the folder, made 0700 where missing. -1 where there is none that can be used: not this
 * user's, writable by others, a symbolic link, or no place for one. */
int ts_cache_open(const char *folder);

/* The same to remove files: no folder is made, and one that others can write to is opened, too,
 * because what is in it may be served when its mode is corrected. *ret_fd is -1, and 0 returned,
 * where there is no folder or it is another user's. TS_ERR_CONFIG for a symbolic link,
 * TS_ERR_SYSTEM for a folder that cannot be opened. */
int ts_cache_find(const char *folder, int *ret_fd, struct ts_err *err);

/* Milliseconds since the folder last changed, which every token that comes and every one that goes
 * does; negative where that cannot be told. The other counts as a change, for a token that could
 * not be kept; false where the folder does not take even that. */
int64_t ts_cache_quiet_ms(int fd);
bool ts_cache_touch(int fd);

/* Whether the folder has what the identity names; *ret is released by the caller in every case. */
bool ts_cache_read(int fd, const struct ts_identity *identity, struct ts_cache_entry *ret);
bool ts_cache_read_failure(int fd, const struct ts_identity *identity,
                           struct ts_cache_failure *ret);

/* Whether it could be written. Writing a token drops the failure, and files long dead. */
bool ts_cache_write(int fd, const struct ts_identity *identity, const struct ts_cache_entry *entry);
bool ts_cache_write_failure(int fd, const struct ts_identity *identity,
                            const struct ts_cache_failure *failure);

/* Keeps a token under a `parts-` name, and finds one again by how its first `received` characters
 * hash (FNV-1a, 32 bits). */
bool ts_cache_write_parts(int fd, const struct ts_identity *identity,
                          const struct ts_secret *token);
bool ts_cache_find_parts(int fd, const struct ts_identity *identity, size_t received, uint32_t hash,
                         struct ts_secret *ret);
/* Removes the file of a token whose last part was returned. */
void ts_cache_remove_parts(int fd, const struct ts_secret *token);

/* Keeps the proof of a token for one host, with the time; and finds it again. `host` is part of
 * what identifies it. False where there is none. */
struct ts_cache_proof {
    char *host;
    struct ts_secret token; /* which the proof belongs to */
    struct ts_secret proof;
    struct ts_clock made;
};
#define TS_CACHE_PROOF_INIT                                                                        \
    ((struct ts_cache_proof){.token = TS_SECRET_INIT(TS_TOKEN_MAX),                                \
                             .proof = TS_SECRET_INIT(TS_TOKEN_MAX)})
void ts_cache_proof_release(struct ts_cache_proof *proof);
bool ts_cache_write_proof(int fd, const struct ts_identity *identity,
                          const struct ts_cache_proof *proof);
bool ts_cache_find_proof(int fd, const struct ts_identity *identity, const char *host,
                         const struct ts_secret *token, struct ts_cache_proof *ret);

/* Calls back for every token file, whoever it is for, with its NAME; `entry` is NULL for one that
 * cannot be read. *ret_whole (may be NULL) says whether it came to the end of the folder. */
typedef int (*ts_cache_walk_fn)(void *context, int fd, const char *name,
                                const struct ts_cache_entry *entry, struct ts_err *err);
int ts_cache_walk(int fd, ts_cache_walk_fn callback, void *context, bool *ret_whole,
                  struct ts_err *err);

/* Removes NAME's token and failure; or all parts and failures, which are of use for minutes only;
 * or every file that is ours. Whether they are gone. */
bool ts_cache_remove(int fd, const char *name);
bool ts_cache_remove_notes(int fd);
bool ts_cache_remove_all(int fd);

/* How a token is known once it is gone; not cryptographic. `ret` takes TS_IDENTITY_NAME_LEN + 1. */
void ts_cache_hash(const struct ts_secret *token, char *ret);

/* Leaves a mark for something that should be said once only. False where it was there already; true
 * where none can be left, too. */
bool ts_cache_mark(int fd, uint64_t hash);

#endif
