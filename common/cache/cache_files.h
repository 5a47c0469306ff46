/* The cache's folder and files as such, whatever is in them; see cache.h. */
#ifndef TS_CACHE_FILES_H
#define TS_CACHE_FILES_H

#include <stdbool.h>

#include "common/base/secret.h"

#define TS_CACHE_TOKEN ".json"
#define TS_CACHE_FAILURE ".fail"
#define TS_CACHE_LOCK ".lock"
#define TS_CACHE_SPARE_LOCK ".spare"
#define TS_CACHE_PARTS "parts-"
#define TS_CACHE_PROOF "proof-"
#define TS_CACHE_ASKED "asked-"
#define TS_CACHE_DRAFT "draft-"
#define TS_CACHE_NAME_MAX 48

/* `NAME.json` and the like; `ret` takes TS_CACHE_NAME_MAX and is returned. */
const char *ts_cache_file_name(char *ret, const char *name, const char *ending);

bool ts_cache_is_token(const char *name);
bool ts_cache_is_parts(const char *name);

/* False where it is missing, not to be trusted, or too large for *ret, to which it is appended. */
bool ts_cache_file_read(int fd, const char *name, struct ts_secret *ret);

/* Whole or not at all. */
bool ts_cache_file_write(int fd, const char *name, const struct ts_secret *text);

/* Whether it is gone. */
bool ts_cache_file_remove(int fd, const char *name);

/* Calls back for every file with one of our names until the callback returns false. False where the
 * folder cannot be read to its end. */
typedef bool (*ts_cache_files_fn)(void *context, int fd, const char *name);
bool ts_cache_files_walk(int fd, ts_cache_files_fn callback, void *context);

/* Removes what is of no use any more: tokens and failures that were written two days ago (no token
 * lives longer than one), parts and proofs after two minutes, drafts and marks after ten, and locks
 * that are two days old and that no process holds. */
void ts_cache_files_prune(int fd);

#endif
