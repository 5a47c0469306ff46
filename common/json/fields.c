#include "common/json/fields.h"
#include "common/base/base64url.h"
#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "common/base/secret.h"
#include "common/base/text.h"

#include <string.h>

static void
write_bytes(struct ts_json_writer *json, const char *name, const struct ts_secret *bytes)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(json->out->max);
    int rc = ts_base64url_encode(ts_secret_string(bytes), bytes->len, &text);

    if (rc < 0 && json->rc == 0)
        json->rc = rc;
    ts_json_write_string(json, name, ts_secret_string(&text));
}

static void
write_field(struct ts_json_writer *json, const struct ts_field *field, const void *at)
{
    switch (field->type) {
    case TS_FIELD_STRING:
        if (*(const char *const *)at != NULL)
            ts_json_write_string(json, field->name, *(const char *const *)at);
        break;
    case TS_FIELD_TEXT:
        ts_json_write_string(json, field->name, at);
        break;
    case TS_FIELD_SECRET:
    case TS_FIELD_TOKEN:
        ts_json_write_string(json, field->name, ts_secret_string(at));
        break;
    case TS_FIELD_BYTES:
        write_bytes(json, field->name, at);
        break;
    case TS_FIELD_SCOPES:
    case TS_FIELD_TEXTS:
        ts_json_write_list(json, field->name, at);
        break;
    case TS_FIELD_BOOL:
        ts_json_write_bool(json, field->name, *(const bool *)at);
        break;
    case TS_FIELD_LONG:
        ts_json_write_integer(json, field->name, *(const long *)at);
        break;
    case TS_FIELD_INTEGER:
        ts_json_write_integer(json, field->name, *(const int64_t *)at);
        break;
    }
}

void
ts_fields_write(struct ts_json_writer *json, const struct ts_field_table *table, const void *from)
{
    for (size_t i = 0; i < table->len; i++)
        write_field(json, &table->fields[i], (const char *)from + table->fields[i].offset);
}

/* Each of these returns 0, TS_ERR_NOMEM, or TS_ERR_SYNTAX for a member that is missing or wrong. */
static int
check_value(bool right)
{
    return right ? 0 : TS_ERR_SYNTAX;
}

/* As check_value, for a step that fails only by its size or for want of memory. */
static int
check_append(int rc)
{
    return rc == TS_ERR_NOMEM ? rc : check_value(rc == 0);
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

/* Of at most `max` bytes; 0: a scope. */
static bool
is_item(const char *text, int64_t max)
{
    if (max == 0)
        return ts_text_is_scope(text);
    return strlen(text) <= (size_t)max && !has_control(text);
}

static int
list_from_json(struct ts_json *array, int64_t max, struct ts_list *ret)
{
    struct ts_err ignored = {0};
    int rc = check_value(ts_json_is(array, TS_JSON_ARRAY));

    for (size_t i = 0; rc == 0 && i < ts_json_length(array); i++) {
        struct ts_json *item = ts_json_at(array, i);

        rc = check_value(ts_json_is(item, TS_JSON_STRING) && is_item(ts_json_text(item), max));
        if (rc == 0)
            rc = ts_list_add(ret, ts_json_text(item), &ignored);
    }
    return rc;
}

static int
read_text(struct ts_json *object, const struct ts_field *field, char *at)
{
    const char *text = ts_json_string(object, field->name);

    if (text == NULL || strlen(text) > (size_t)field->max || has_control(text))
        return TS_ERR_SYNTAX;
    memcpy(at, text, strlen(text) + 1);
    return 0;
}

static int
read_string(struct ts_json *object, const struct ts_field *field, char **at)
{
    const char *text = ts_json_string(object, field->name);

    if (text == NULL)
        return check_value(!ts_json_find(object, field->name, NULL));
    *at = strdup(text);
    return *at != NULL ? 0 : TS_ERR_NOMEM;
}

static int
read_secret(struct ts_json *object, const struct ts_field *field, struct ts_secret *at)
{
    const char *text = ts_json_string(object, field->name);

    at->max = (size_t)field->max;
    if (text == NULL || text[0] == '\0')
        return TS_ERR_SYNTAX;
    return check_append(ts_secret_append_string(at, text));
}

/* A token goes where a newline would begin an answer's next line. */
static int
read_token_field(struct ts_json *object, const struct ts_field *field, struct ts_secret *at)
{
    int rc = read_secret(object, field, at);

    return rc == 0 ? check_value(ts_text_is_token(at->data, at->len)) : rc;
}

static int
read_bytes(struct ts_json *object, const struct ts_field *field, struct ts_secret *at)
{
    const char *text = ts_json_string(object, field->name);

    at->max = (size_t)field->max;
    if (text == NULL)
        return TS_ERR_SYNTAX;
    return check_append(ts_base64url_decode(text, strlen(text), at));
}

static int
read_integer(struct ts_json *object, const struct ts_field *field, int64_t *ret)
{
    int64_t value = 0;

    if (!ts_json_integer(object, field->name, &value) || value < field->min || value > field->max)
        return TS_ERR_SYNTAX;
    *ret = value;
    return 0;
}

static int
read_long(struct ts_json *object, const struct ts_field *field, long *ret)
{
    int64_t value = 0;
    int rc = read_integer(object, field, &value);

    if (rc == 0)
        *ret = (long)value;
    return rc;
}

static int
read_field(struct ts_json *object, const struct ts_field *field, char *at)
{
    switch (field->type) {
    case TS_FIELD_STRING:
        return read_string(object, field, (void *)at);
    case TS_FIELD_TEXT:
        return read_text(object, field, at);
    case TS_FIELD_SECRET:
        return read_secret(object, field, (void *)at);
    case TS_FIELD_TOKEN:
        return read_token_field(object, field, (void *)at);
    case TS_FIELD_BYTES:
        return read_bytes(object, field, (void *)at);
    case TS_FIELD_SCOPES:
        return list_from_json(ts_json_member(object, field->name), 0, (void *)at);
    case TS_FIELD_TEXTS:
        return list_from_json(ts_json_member(object, field->name), field->max, (void *)at);
    case TS_FIELD_BOOL:
        return check_value(ts_json_bool(object, field->name, (void *)at));
    case TS_FIELD_LONG:
        return read_long(object, field, (void *)at);
    case TS_FIELD_INTEGER:
        return read_integer(object, field, (void *)at);
    }
    return TS_ERR_SYNTAX;
}

int
ts_fields_read(struct ts_json *object, const struct ts_field_table *table, int others, void *to,
               struct ts_err *err)
{
    size_t known = (size_t)others;

    if (!ts_json_is(object, TS_JSON_OBJECT))
        return ts_err_set(err, TS_ERR_SYNTAX, "an object is missing");
    for (size_t i = 0; i < table->len; i++) {
        const struct ts_field *field = &table->fields[i];

        int rc = read_field(object, field, (char *)to + field->offset);
        if (rc == TS_ERR_NOMEM)
            return ts_err_nomem(err);
        if (rc < 0)
            return ts_err_set(err, TS_ERR_SYNTAX, "member %s is missing or wrong", field->name);
        known += ts_json_find(object, field->name, NULL) ? 1U : 0U;
    }
    if (ts_json_length(object) != known)
        return ts_err_set(err, TS_ERR_SYNTAX, "there is an unknown member");
    return 0;
}
