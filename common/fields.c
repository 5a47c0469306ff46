#include "common/fields.h"
#include "common/base64url.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/secret.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

static struct json_object *
scopes_to_json(const struct ts_list *list)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array != NULL && i < list->len; i++) {
        struct json_object *item = json_object_new_string(list->items[i]);

        if (item == NULL || json_object_array_add(array, item) != 0) {
            json_object_put(item);
            ts_json_put(&array);
        }
    }
    return array;
}

static int
add_bytes(struct json_object *object, const char *name, const struct ts_secret *bytes)
{
    TS_CLEANUP(ts_secret_release)
    struct ts_secret text = TS_SECRET_INIT(bytes->len / 3 * 4 + 4);

    if (ts_base64url_encode(ts_secret_string(bytes), bytes->len, &text) < 0)
        return TS_ERR_NOMEM;
    return ts_json_add_string(object, name, ts_secret_string(&text));
}

static int
add_field(struct json_object *object, const struct ts_field *field, const char *at)
{
    const struct ts_secret *secret = (const void *)at;
    const char *const *string = (const void *)at;

    switch (field->type) {
    case TS_FIELD_STRING:
        return *string == NULL ? 0 : ts_json_add_string(object, field->name, *string);
    case TS_FIELD_TEXT:
        return ts_json_add_string(object, field->name, at);
    case TS_FIELD_SECRET:
    case TS_FIELD_TOKEN:
        return ts_json_add(object, field->name,
                           json_object_new_string_len(ts_secret_string(secret), (int)secret->len));
    case TS_FIELD_BYTES:
        return add_bytes(object, field->name, secret);
    case TS_FIELD_SCOPES:
        return ts_json_add(object, field->name, scopes_to_json((const void *)at));
    case TS_FIELD_BOOL:
        return ts_json_add_bool(object, field->name, *(const bool *)at);
    case TS_FIELD_LONG:
        return ts_json_add_integer(object, field->name, *(const long *)(const void *)at);
    case TS_FIELD_INTEGER:
        return ts_json_add_integer(object, field->name, *(const int64_t *)(const void *)at);
    }
    return TS_ERR_NOMEM;
}

int
ts_fields_add(struct json_object *object, const struct ts_field_table *table, const void *from)
{
    int rc = 0;

    for (size_t i = 0; i < table->len && rc == 0; i++)
        rc = add_field(object, &table->fields[i], (const char *)from + table->fields[i].offset);
    return rc;
}

static bool
scopes_from_json(struct json_object *array, struct ts_list *ret)
{
    struct ts_err ignored = {0};
    bool ok = json_object_is_type(array, json_type_array);

    for (size_t i = 0; ok && i < json_object_array_length(array); i++) {
        struct json_object *item = json_object_array_get_idx(array, i);

        ok = json_object_is_type(item, json_type_string) &&
             ts_text_is_scope(json_object_get_string(item)) &&
             ts_list_add(ret, json_object_get_string(item), &ignored) == 0;
    }
    return ok;
}

/* Texts are for messages and lists of one line each, whoever wrote them. */
static bool
has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static bool
read_text(struct json_object *object, const struct ts_field *field, char *at)
{
    const char *text = ts_json_string(object, field->name);

    if (text == NULL || strlen(text) > (size_t)field->max || has_control(text))
        return false;
    memcpy(at, text, strlen(text) + 1);
    return true;
}

static bool
read_string(struct json_object *object, const struct ts_field *field, char **at)
{
    const char *text = ts_json_string(object, field->name);

    if (text == NULL)
        return !json_object_object_get_ex(object, field->name, NULL);
    *at = strdup(text);
    return *at != NULL;
}

static bool
read_secret(struct json_object *object, const struct ts_field *field, struct ts_secret *at)
{
    const char *text = ts_json_string(object, field->name);

    at->max = (size_t)field->max;
    return text != NULL && text[0] != '\0' && ts_secret_append_string(at, text) == 0;
}

/* A token goes where a newline would begin an answer's next line. */
static bool
read_token(struct json_object *object, const struct ts_field *field, struct ts_secret *at)
{
    return read_secret(object, field, at) && ts_text_is_token(at->data, at->len);
}

static bool
read_bytes(struct json_object *object, const struct ts_field *field, struct ts_secret *at)
{
    const char *text = ts_json_string(object, field->name);

    at->max = (size_t)field->max;
    return text != NULL && ts_base64url_decode(text, strlen(text), at) == 0;
}

static bool
read_integer(struct json_object *object, const struct ts_field *field, int64_t *ret)
{
    int64_t value = 0;

    if (!ts_json_integer(object, field->name, &value) || value < field->min || value > field->max)
        return false;
    *ret = value;
    return true;
}

static bool
read_long(struct json_object *object, const struct ts_field *field, long *ret)
{
    int64_t value = 0;

    if (!read_integer(object, field, &value))
        return false;
    *ret = (long)value;
    return true;
}

static bool
read_field(struct json_object *object, const struct ts_field *field, char *at)
{
    switch (field->type) {
    case TS_FIELD_STRING:
        return read_string(object, field, (void *)at);
    case TS_FIELD_TEXT:
        return read_text(object, field, at);
    case TS_FIELD_SECRET:
        return read_secret(object, field, (void *)at);
    case TS_FIELD_TOKEN:
        return read_token(object, field, (void *)at);
    case TS_FIELD_BYTES:
        return read_bytes(object, field, (void *)at);
    case TS_FIELD_SCOPES:
        return scopes_from_json(ts_json_member(object, field->name), (void *)at);
    case TS_FIELD_BOOL:
        return ts_json_bool(object, field->name, (void *)at);
    case TS_FIELD_LONG:
        return read_long(object, field, (void *)at);
    case TS_FIELD_INTEGER:
        return read_integer(object, field, (void *)at);
    }
    return false;
}

int
ts_fields_read(struct json_object *object, const struct ts_field_table *table, int others, void *to,
               struct ts_err *err)
{
    int known = others;

    if (!json_object_is_type(object, json_type_object))
        return ts_err_set(err, TS_ERR_SYNTAX, "an object is missing");
    for (size_t i = 0; i < table->len; i++) {
        const struct ts_field *field = &table->fields[i];

        if (!read_field(object, field, (char *)to + field->offset))
            return ts_err_set(err, TS_ERR_SYNTAX, "member %s is missing or wrong", field->name);
        known += json_object_object_get_ex(object, field->name, NULL) ? 1 : 0;
    }
    if (json_object_object_length(object) != known)
        return ts_err_set(err, TS_ERR_SYNTAX, "there is an unknown member");
    return 0;
}
