/* The cache's folder and files as such, whatever is in them; see cache.h. */
#ifndef TS_CACHE_FILES_H
#define TS_CACHE_FILES_H

#include <stdbool.h>

#include "common/base/secret.h"

#define TS_CACHE_TOKEN ".json"
#define TS_CACHE_FAILURE ".fail"
#define TS_CACHE_LOCK ".lock"
#define TS_CACHE_PARTS "parts-"
#define TS_CACHE_DRAFT "draft-"
#define TS_CACHE_NAME_MAX 48

bool ts_cache_is_token(const char *name);
bool ts_cache_is_parts(const char *name);

/* False where it is missing, not to be trusted, or too large for *ret, to which it is appended. */
bool ts_cache_file_read(int fd, const char *name, struct ts_secret *ret);

/* Whole or not at all. */
bool ts_cache_file_write(int fd, const char *name, const struct ts_secret *text);

/* Whether it is gone. */
bool ts_cache_file_remove(int fd, const char *name);

/* Calls back for every file with a name of ours until the callback returns false. False where the
 * folder cannot be read to its end. */
typedef bool (*ts_cache_files_fn)(void *context, int fd, const char *name);
bool ts_cache_files_walk(int fd, ts_cache_files_fn callback, void *context);

/* Removes what nobody can need any more: tokens and failures that nobody has written for two days
 * (no token lives longer than one), parts after two minutes, drafts after ten. Locks stay. */
void ts_cache_files_prune(int fd);

#endif
