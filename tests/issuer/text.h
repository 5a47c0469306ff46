/*
 * Text in the forms this program needs: formatted, base64, UUIDs, dates, JSON.
 *
 * Running out of memory ends the program. It is a test server: an answer that is wrong only because
 * memory was short would mislead the test that reads it.
 */
#ifndef ISSUER_TEXT_H
#define ISSUER_TEXT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define UUID_LEN 36
#define DATE_LEN 10

/* Returns zeroed memory of `size` bytes, which the caller frees. */
void *must_alloc(size_t size);

/* Returns what printf would print; the caller frees it. */
char *must_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns a copy of `len` bytes with a NUL behind it; the caller frees it. */
char *must_copy(const char *from, size_t len);

enum base64_form {
    BASE64_URL,        /* RFC 4648 section 5 without padding, as RFC 7515 wants it */
    BASE64_URL_PADDED, /* the same with '=' */
    BASE64_PLAIN,      /* RFC 4648 section 4, '+' and '/', without padding */
    BASE64_PADDED,     /* RFC 4648 section 4 in full */
};

/* Returns `len` bytes (at most 1 GiB) encoded; the caller frees it. */
char *base64_encode(const void *from, size_t len, enum base64_form form);

/* Writes a random UUID (RFC 4122, version 4) in lower case. */
void uuid_make(char ret[UUID_LEN + 1]);

/* True if `text` has the shape of a UUID: 8-4-4-4-12 lower-case hex digits. Nothing else becomes a
 * part of a path. */
bool uuid_valid(const char *text);

/* Bytes of the UTF-8 character (RFC 3629) that the text begins with; 0 where it is none. A NUL is
 * one, of length 1. */
size_t utf8_length(const char *text);

/* True where all of it is UTF-8. */
bool utf8_valid(const char *text);

/* Reads "YYYY-MM-DD" and sets *ret to the first second, UTC, after that day. Returns 0, or -1 where
 * it is not a date of the calendar; reports nothing. */
int date_end(const char *text, time_t *ret);

/* Writes the UTC day of `when` as "YYYY-MM-DD". */
void date_print(time_t when, char ret[DATE_LEN + 1]);

/* Returns a JSON value's shortest text, without escaped slashes; it lives as long as the value. */
const char *json_text(struct json_object *value);

/* Returns a string member of an object, or NULL where there is none of that name and type. */
const char *json_member(struct json_object *object, const char *name);

/* Parses exactly one JSON value of `len` bytes, nested at most 32 deep, nothing behind it. Returns
 * a value that the caller puts, or NULL (also for JSON's null); reports nothing. */
struct json_object *json_parse(const char *text, size_t len);

#endif
