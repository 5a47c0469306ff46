/* The values of tree.h are json-c's. */
#include "common/json/tree.h"

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/text.h"

static struct ts_json *
to_tree(struct json_object *value)
{
    return (struct ts_json *)value;
}

/* json-c's getters take pointers that are not const, and change nothing. */
static struct json_object *
to_json_c(const struct ts_json *value)
{
    return (struct json_object *)(uintptr_t)value;
}

/* Called by json-c before it frees a string, which it would leave in freed memory. */
static void
wipe_string(struct json_object *value, void *data)
{
    char *text = (char *)(uintptr_t)json_object_get_string(value);

    (void)data;
    explicit_bzero(text, (size_t)json_object_get_string_len(value));
}

/* A number's text stays with it: printing one must not need memory. */
static void
free_text(struct json_object *value, void *text)
{
    (void)value;
    free(text);
}

static struct ts_json *
with_text(struct json_object *number, const char *text)
{
    char *copy = strdup(text);

    if (number == NULL || copy == NULL) {
        json_object_put(number);
        free(copy);
        return NULL;
    }
    json_object_set_userdata(number, copy, free_text);
    return to_tree(number);
}

struct ts_json *
ts_json_new_object(void)
{
    return to_tree(json_object_new_object());
}

struct ts_json *
ts_json_new_array(void)
{
    return to_tree(json_object_new_array());
}

struct ts_json *
ts_json_new_string(const char *text)
{
    return ts_json_new_string_len(text, strlen(text));
}

struct ts_json *
ts_json_new_string_len(const char *text, size_t len)
{
    struct json_object *value =
        len <= INT32_MAX ? json_object_new_string_len(text, (int)len) : NULL;

    if (value != NULL)
        json_object_set_userdata(value, NULL, wipe_string);
    return to_tree(value);
}

struct ts_json *
ts_json_new_number(const char *text)
{
    return with_text(json_object_new_double(strtod(text, NULL)), text);
}

struct ts_json *
ts_json_new_integer(int64_t integer)
{
    char text[TS_DECIMAL_SIZE];

    return with_text(json_object_new_int64(integer), ts_text_decimal(text, integer));
}

struct ts_json *
ts_json_new_bool(bool value)
{
    return to_tree(json_object_new_boolean(value));
}

struct ts_json *
ts_json_share(struct ts_json *value)
{
    return to_tree(json_object_get(to_json_c(value)));
}

void
ts_json_free(struct ts_json *value)
{
    json_object_put(to_json_c(value));
}

enum ts_json_type
ts_json_type_of(const struct ts_json *value)
{
    switch (json_object_get_type(to_json_c(value))) {
    case json_type_boolean:
        return TS_JSON_BOOL;
    case json_type_int:
        return TS_JSON_INTEGER;
    case json_type_double:
        return TS_JSON_NUMBER;
    case json_type_string:
        return TS_JSON_STRING;
    case json_type_array:
        return TS_JSON_ARRAY;
    case json_type_object:
        return TS_JSON_OBJECT;
    default:
        return TS_JSON_NULL;
    }
}

bool
ts_json_is(const struct ts_json *value, enum ts_json_type type)
{
    return ts_json_type_of(value) == type;
}

const char *
ts_json_text(const struct ts_json *value)
{
    switch (ts_json_type_of(value)) {
    case TS_JSON_STRING:
        return json_object_get_string(to_json_c(value));
    case TS_JSON_INTEGER:
    case TS_JSON_NUMBER:
        return json_object_get_userdata(to_json_c(value));
    default:
        return "";
    }
}

size_t
ts_json_text_len(const struct ts_json *value)
{
    return ts_json_is(value, TS_JSON_STRING) ? (size_t)json_object_get_string_len(to_json_c(value))
                                             : strlen(ts_json_text(value));
}

int64_t
ts_json_to_integer(const struct ts_json *value)
{
    return ts_json_is(value, TS_JSON_INTEGER) ? json_object_get_int64(to_json_c(value)) : 0;
}

bool
ts_json_to_bool(const struct ts_json *value)
{
    return ts_json_is(value, TS_JSON_BOOL) && json_object_get_boolean(to_json_c(value));
}

size_t
ts_json_length(const struct ts_json *value)
{
    switch (ts_json_type_of(value)) {
    case TS_JSON_ARRAY:
        return json_object_array_length(to_json_c(value));
    case TS_JSON_OBJECT:
        return (size_t)json_object_object_length(to_json_c(value));
    default:
        return 0;
    }
}

/* The entry of an object at that index, or NULL. */
static const struct lh_entry *
entry_at(const struct ts_json *value, size_t index)
{
    const struct lh_entry *entry =
        ts_json_is(value, TS_JSON_OBJECT) ? json_object_get_object(to_json_c(value))->head : NULL;

    for (; entry != NULL && index > 0; index--)
        entry = entry->next;
    return entry;
}

struct ts_json *
ts_json_at(const struct ts_json *value, size_t index)
{
    if (ts_json_is(value, TS_JSON_ARRAY))
        return to_tree(json_object_array_get_idx(to_json_c(value), index));
    const struct lh_entry *entry = entry_at(value, index);
    return entry != NULL ? (struct ts_json *)lh_entry_v(entry) : NULL;
}

const char *
ts_json_name_at(const struct ts_json *value, size_t index)
{
    const struct lh_entry *entry = entry_at(value, index);

    return entry != NULL ? lh_entry_k(entry) : NULL;
}

bool
ts_json_find(const struct ts_json *object, const char *name, struct ts_json **ret)
{
    struct json_object *member = NULL;
    bool found = ts_json_is(object, TS_JSON_OBJECT) &&
                 json_object_object_get_ex(to_json_c(object), name, &member);

    if (ret != NULL)
        *ret = to_tree(member);
    return found;
}

int
ts_json_append(struct ts_json *array, struct ts_json *value)
{
    return json_object_array_add(to_json_c(array), to_json_c(value)) == 0 ? 0 : TS_ERR_NOMEM;
}

int
ts_json_set(struct ts_json *object, const char *name, struct ts_json *value)
{
    return json_object_object_add(to_json_c(object), name, to_json_c(value)) == 0 ? 0
                                                                                  : TS_ERR_NOMEM;
}

void
ts_json_delete(struct ts_json *object, const char *name)
{
    json_object_object_del(to_json_c(object), name);
}

bool
ts_json_equal(const struct ts_json *a, const struct ts_json *b)
{
    return json_object_equal(to_json_c(a), to_json_c(b)) != 0;
}
