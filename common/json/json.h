/*
 * Reading JSON (RFC 8259), strictly: what common libraries let through (duplicate keys,
 * NaN, single quotes, keys cut at \u0000, lone surrogates) is refused, so that two readers of one
 * text never see different things. Values are trees; see tree.h.
 */
#ifndef TS_JSON_H
#define TS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/json/tree.h"

#define TS_JSON_DEPTH_MAX 16

/*
 * Parses exactly one value, the whole of the text, as a JSON *object* of at most TS_JSON_DEPTH_MAX
 * levels. On success *ret is the caller's to put. Returns 0, TS_ERR_SYNTAX or TS_ERR_NOMEM; the
 * text never quotes the input.
 */
int ts_json_parse_object(const char *text, size_t len, struct ts_json **ret, struct ts_err *err);

/* ts_json_free, for TS_CLEANUP. */
void ts_json_put(struct ts_json **object);

/* A member of that name and type, or NULL. The string is valid as long as the object. */
const char *ts_json_string(struct ts_json *object, const char *name);
/* False, too, for a number that does not fit. */
bool ts_json_integer(struct ts_json *object, const char *name, int64_t *ret);
bool ts_json_bool(struct ts_json *object, const char *name, bool *ret);
struct ts_json *ts_json_member(struct ts_json *object, const char *name);

/* Add a member. Return 0 or TS_ERR_NOMEM. The second one takes ownership of `value` in every case;
 * NULL counts as out of memory. */
int ts_json_add_string(struct ts_json *object, const char *name, const char *value);
int ts_json_add(struct ts_json *object, const char *name, struct ts_json *value);

/* Appends the object as indented lines, without a final newline; json_write.h writes JSON without a
 * tree, on one line. Returns as ts_secret_append; on failure nothing is appended. */
int ts_json_print_lines(struct ts_json *object, struct ts_secret *ret);

/* Any value on one line, NULL being null. Returns as ts_secret_append; a failure may leave a part.
 */
int ts_json_print_value(struct ts_json *value, struct ts_secret *ret);

/* A string alone, with its quotes. Returns as ts_secret_append; a failure may leave a part. */
int ts_json_print_string(const char *text, size_t len, struct ts_secret *ret);

#endif
