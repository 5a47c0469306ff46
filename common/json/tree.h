/*
 * JSON values in memory, which are json-c's; this file alone knows that. A value is created by one
 * of the ts_json_new_ functions and belongs to the caller until it is put into an object or array,
 * to which it then belongs. JSON's null is a NULL pointer. A string is zeroed when it is freed,
 * because it may be a secret. Members of an object are reached by index in as many steps as the
 * index says: documents here have a few dozen at most, and a larger one is only slower.
 */
#ifndef TS_JSON_TREE_H
#define TS_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ts_json_type {
    TS_JSON_NULL,
    TS_JSON_BOOL,
    TS_JSON_INTEGER, /* one that fits an int64_t */
    TS_JSON_NUMBER,  /* any other, kept as its text */
    TS_JSON_STRING,
    TS_JSON_ARRAY,
    TS_JSON_OBJECT,
};

struct ts_json;

/* NULL where there is no memory. */
struct ts_json *ts_json_new_object(void);
struct ts_json *ts_json_new_array(void);
struct ts_json *ts_json_new_string(const char *text);
struct ts_json *ts_json_new_string_len(const char *text, size_t len);
struct ts_json *ts_json_new_integer(int64_t integer);
struct ts_json *ts_json_new_bool(bool value);
struct ts_json *ts_json_new_number(const char *text);

/* Another owner for the value, which is freed with its last one. Returns the value. */
struct ts_json *ts_json_share(struct ts_json *value);
void ts_json_free(struct ts_json *value);

enum ts_json_type ts_json_type_of(const struct ts_json *value);
bool ts_json_is(const struct ts_json *value, enum ts_json_type type);

/* What a value of that type holds; "", 0 or false where it is of another. Numbers have a text, too,
 * as JSON writes them. Valid as long as the value. */
const char *ts_json_text(const struct ts_json *value);
size_t ts_json_text_len(const struct ts_json *value);
int64_t ts_json_to_integer(const struct ts_json *value);
bool ts_json_to_bool(const struct ts_json *value);

/* Members of an object or elements of an array, in the order in which they came; 0 where it is
 * neither. The name of an element is NULL. */
size_t ts_json_length(const struct ts_json *value);
struct ts_json *ts_json_at(const struct ts_json *value, size_t index);
const char *ts_json_name_at(const struct ts_json *value, size_t index);

/* Whether the object has such a member; *ret (may be NULL) is it, or NULL. */
bool ts_json_find(const struct ts_json *object, const char *name, struct ts_json **ret);

/* Take ownership of `value` where they succeed. ts_json_set replaces a member of that name. Return
 * 0 or TS_ERR_NOMEM. */
int ts_json_append(struct ts_json *array, struct ts_json *value);
int ts_json_set(struct ts_json *object, const char *name, struct ts_json *value);

void ts_json_delete(struct ts_json *object, const char *name);

/* Whether both are the same, members in whatever order. */
bool ts_json_equal(const struct ts_json *a, const struct ts_json *b);

#endif
