/*
 * Strict readings of small texts: whole input, range-checked, nothing skipped. None of these
 * depends on the locale. Functions that return a bool leave their output untouched on false.
 */
#ifndef TS_TEXT_H
#define TS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"

/* A decimal integer from min to max: digits only, no sign, no leading blank, at most 18 digits. */
bool ts_text_integer(const char *text, int64_t min, int64_t max, int64_t *ret);

/* An integer in decimal, somewhere in `ret`: what a cache hit prints, which so does not load the
 * formatted output of the C library. */
#define TS_DECIMAL_SIZE 21
const char *ts_text_decimal(char ret[TS_DECIMAL_SIZE], int64_t value);

/* A duration in seconds: `90`, `90s`, `15m`, `1h`, `1d`. */
bool ts_text_duration(const char *text, int64_t min, int64_t max, int64_t *ret);

/* A date `YYYY-MM-DD`, years 1970 to 9999: the last second of that day, UTC. What follows a `T` or
 * a blank (a time of day) is ignored; callers that want a bare date check the length. */
bool ts_text_date_end(const char *text, int64_t *ret_end_of_day);

/* A point in time as RFC 3339 has it, a day and an hour that there are: `2026-11-24T20:15:30Z`,
 * with a fraction of a second or none, and `Z` or `+01:00`. A leap second passes. */
bool ts_text_is_time(const char *text);

/* `yes` or `no`. */
bool ts_text_bool(const char *text, bool *ret);

/* ASCII only, so that host names never depend on the locale. */
bool ts_text_equal_nocase(const char *a, const char *b);

static inline char
ts_text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Only [A-Za-z0-9_-], 1 to 64 characters: a key id (also fit to be part of a file name). */
bool ts_text_is_key_id(const char *text);

/* A scope: 1 to 256 of RFC 6749's scope-token characters (0x21, 0x23-0x5b, 0x5d-0x7e). */
bool ts_text_is_scope(const char *text);

/* Only characters that a token has: base64url's, and dots. Nothing that ends a line, whatever else
 * it is; also true of nothing at all. */
bool ts_text_is_token(const char *text, size_t len);

/* Whether all of it is UTF-8 (RFC 3629): nothing overlong, no surrogates. */
bool ts_text_is_utf8(const char *text, size_t len);

/*
 * Copies untrusted text to `ret` (size bytes, at most size-1 used) so that it is safe to show: C0
 * and C1 control characters and Unicode's bidirectional controls are dropped, runs of blanks become
 * one, bytes that are not UTF-8 become '?', and it is cut at a character's boundary.
 */
void ts_text_clean(char *ret, size_t size, const char *text, size_t len);

/*
 * Copies a text so that it is printable ASCII: control characters, everything outside ASCII and the
 * characters in `also` become \xHH. What does not fit into size bytes (at least 8) ends in "...".
 */
void ts_text_escape(char *ret, size_t size, const char *text, const char *also);

/* For a name from outside in a line of `key=value` words, lest it be taken for several. */
#define TS_TEXT_NOT_IN_NAMES " \"'\\="

/* FNV-1a; not cryptographic. Used for file names, and (32 bits) in the prompt for further parts of
 * a token. */
uint32_t ts_text_fnv1a32(const void *data, size_t len);
uint64_t ts_text_fnv1a64(const void *data, size_t len, uint64_t seed);
#define TS_FNV1A64_SEED UINT64_C(0xcbf29ce484222325)

/* Sixteen lower-case hexadecimal digits and a NUL. */
#define TS_HEX64_SIZE 17
void ts_text_hex64(char *ret, uint64_t value);

/* An RFC 3339 time in UTC, `2026-11-24T03:29:00Z`. `ret` holds at least 32 bytes. */
void ts_text_rfc3339(char *ret, int64_t unix_seconds);

/* A list of strings, owned by the list. */
struct ts_list {
    char **items; /* len strings, not NULL-terminated */
    size_t len;
};

void ts_list_release(struct ts_list *list);
int ts_list_add(struct ts_list *list, const char *item, struct ts_err *err);
int ts_list_add_len(struct ts_list *list, const char *item, size_t len, struct ts_err *err);
/* Adds the items of a text that are separated by blanks or tabs; an empty text adds none. */
int ts_list_add_split(struct ts_list *list, const char *text, struct ts_err *err);
int ts_list_copy(struct ts_list *to, const struct ts_list *from, struct ts_err *err);
bool ts_list_has(const struct ts_list *list, const char *item);
/* Whether every item of `wanted` is in `list`. */
bool ts_list_has_all(const struct ts_list *list, const struct ts_list *wanted);
/* Sorted by bytes, duplicates dropped. */
void ts_list_normalize(struct ts_list *list);
/* Appends the items, separated by `separator`. Returns as ts_secret_append. */
int ts_list_join(const struct ts_list *list, char separator, struct ts_secret *ret);

#endif
