/*
 * JSON values are json-c's; the reading of texts is our own (RFC 8259). json-c's reader takes
 * duplicate keys, NaN and single quotes even in its strict mode and cuts keys at \u0000, so that
 * two readers of one text could see different things, and it crashes where memory runs out in the
 * middle of a member's name, which a PAM module may not do to its host.
 */
#ifndef TS_JSON_H
#define TS_JSON_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define TS_JSON_DEPTH_MAX 16

/*
 * Parses exactly one value, the whole of the text, as a JSON *object* of at most TS_JSON_DEPTH_MAX
 * levels. On success *ret is the caller's to put. Returns 0, TS_ERR_SYNTAX or TS_ERR_NOMEM; the
 * text never quotes the input.
 */
int ts_json_parse_object(const char *text, size_t len, struct json_object **ret,
                         struct ts_err *err);

/* json_object_put, for TS_CLEANUP. */
void ts_json_put(struct json_object **object);

/* As ts_json_put, zeroing the object's string members first: for documents that hold secrets. */
void ts_json_put_secret(struct json_object **object);

/* A member of that name and type, or NULL. The string is valid as long as the object. */
const char *ts_json_string(struct json_object *object, const char *name);
/* False, too, for a number that does not fit (the two outermost values count as such). */
bool ts_json_integer(struct json_object *object, const char *name, int64_t *ret);
bool ts_json_bool(struct json_object *object, const char *name, bool *ret);
struct json_object *ts_json_member(struct json_object *object, const char *name);

/* Add a member. Return 0 or TS_ERR_NOMEM. */
int ts_json_add_string(struct json_object *object, const char *name, const char *value);
int ts_json_add_integer(struct json_object *object, const char *name, int64_t value);
int ts_json_add_bool(struct json_object *object, const char *name, bool value);
/* Takes ownership of `value` in every case; NULL counts as out of memory. */
int ts_json_add(struct json_object *object, const char *name, struct json_object *value);

/* Appends the object as one line of JSON without a final newline, or as indented lines. Returns as
 * ts_secret_append; on failure nothing is appended. */
int ts_json_print(struct json_object *object, struct ts_secret *ret);
int ts_json_print_lines(struct json_object *object, struct ts_secret *ret);

#endif
