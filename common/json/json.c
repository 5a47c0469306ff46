#include "common/json/json.h"

#include <json-c/linkhash.h>
#include <string.h>

void
ts_json_put(struct json_object **object)
{
    if (*object != NULL)
        json_object_put(*object);
    *object = NULL;
}

static void
zero_strings(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string)) {
        /* json-c hands out its own buffer; it has no function that zeroes one. */
        union {
            const char *readable;
            char *writable;
        } text = {.readable = json_object_get_string(value)};
        explicit_bzero(text.writable, (size_t)json_object_get_string_len(value));
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, key, member)
        {
            (void)key;
            zero_strings(member);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            zero_strings(json_object_array_get_idx(value, i));
    }
}

void
ts_json_put_secret(struct json_object **object)
{
    if (*object != NULL)
        zero_strings(*object);
    ts_json_put(object);
}

struct json_object *
ts_json_member(struct json_object *object, const char *name)
{
    struct json_object *member = NULL;

    return json_object_object_get_ex(object, name, &member) ? member : NULL;
}

const char *
ts_json_string(struct json_object *object, const char *name)
{
    struct json_object *member = ts_json_member(object, name);

    return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : NULL;
}

bool
ts_json_integer(struct json_object *object, const char *name, int64_t *ret)
{
    struct json_object *member = ts_json_member(object, name);

    if (!json_object_is_type(member, json_type_int))
        return false;
    /* json-c answers the nearest value it has for a number that does not fit. */
    int64_t value = json_object_get_int64(member);
    if (value == INT64_MAX || value == INT64_MIN)
        return false;
    *ret = value;
    return true;
}

bool
ts_json_bool(struct json_object *object, const char *name, bool *ret)
{
    struct json_object *member = ts_json_member(object, name);

    if (!json_object_is_type(member, json_type_boolean))
        return false;
    *ret = json_object_get_boolean(member) != 0;
    return true;
}

int
ts_json_add(struct json_object *object, const char *name, struct json_object *value)
{
    if (value == NULL)
        return TS_ERR_NOMEM;
    if (json_object_object_add(object, name, value) == 0)
        return 0;
    json_object_put(value);
    return TS_ERR_NOMEM;
}

int
ts_json_add_string(struct json_object *object, const char *name, const char *value)
{
    return ts_json_add(object, name, json_object_new_string(value));
}

int
ts_json_add_integer(struct json_object *object, const char *name, int64_t value)
{
    return ts_json_add(object, name, json_object_new_int64(value));
}

int
ts_json_add_bool(struct json_object *object, const char *name, bool value)
{
    return ts_json_add(object, name, json_object_new_boolean(value));
}
