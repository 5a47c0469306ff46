#include "common/json/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

struct member {
    char *name; /* NULL in an array */
    uint32_t hash;
    struct ts_json *value;
};

struct ts_json {
    enum ts_json_type type;
    unsigned owners;
    int64_t integer; /* a bool's, too */
    struct ts_secret text;
    struct member *members;
    size_t len;
};

static struct ts_json *
new_value(enum ts_json_type type, int64_t integer)
{
    struct ts_json *value = calloc(1, sizeof(*value));

    if (value != NULL) {
        value->type = type;
        value->owners = 1;
        value->integer = integer;
    }
    return value;
}

static struct ts_json *
new_text(enum ts_json_type type, const char *text, size_t len)
{
    struct ts_json *value = new_value(type, 0);

    if (value == NULL)
        return NULL;
    value->text = (struct ts_secret)TS_SECRET_INIT(len);
    if (ts_secret_append(&value->text, text, len) == 0)
        return value;
    ts_json_free(value);
    return NULL;
}

struct ts_json *
ts_json_new_object(void)
{
    return new_value(TS_JSON_OBJECT, 0);
}

struct ts_json *
ts_json_new_array(void)
{
    return new_value(TS_JSON_ARRAY, 0);
}

struct ts_json *
ts_json_new_string(const char *text)
{
    return new_text(TS_JSON_STRING, text, strlen(text));
}

struct ts_json *
ts_json_new_string_len(const char *text, size_t len)
{
    return new_text(TS_JSON_STRING, text, len);
}

struct ts_json *
ts_json_new_number(const char *text)
{
    return new_text(TS_JSON_NUMBER, text, strlen(text));
}

struct ts_json *
ts_json_new_integer(int64_t integer)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, integer);
    struct ts_json *value = new_text(TS_JSON_INTEGER, text, strlen(text));
    if (value != NULL)
        value->integer = integer;
    return value;
}

struct ts_json *
ts_json_new_bool(bool value)
{
    return new_value(TS_JSON_BOOL, value);
}

struct ts_json *
ts_json_share(struct ts_json *value)
{
    if (value != NULL)
        value->owners++;
    return value;
}

static void
release_member(struct member *member)
{
    free(member->name);
    ts_json_free(member->value);
}

void
ts_json_free(struct ts_json *value)
{
    if (value == NULL || --value->owners > 0)
        return;
    ts_secret_release(&value->text);
    for (size_t i = 0; i < value->len; i++)
        release_member(&value->members[i]);
    free(value->members);
    free(value);
}

enum ts_json_type
ts_json_type_of(const struct ts_json *value)
{
    return value != NULL ? value->type : TS_JSON_NULL;
}

bool
ts_json_is(const struct ts_json *value, enum ts_json_type type)
{
    return ts_json_type_of(value) == type;
}

const char *
ts_json_text(const struct ts_json *value)
{
    return value != NULL ? ts_secret_string(&value->text) : "";
}

size_t
ts_json_text_len(const struct ts_json *value)
{
    return value != NULL ? value->text.len : 0;
}

int64_t
ts_json_to_integer(const struct ts_json *value)
{
    return ts_json_is(value, TS_JSON_INTEGER) ? value->integer : 0;
}

bool
ts_json_to_bool(const struct ts_json *value)
{
    return ts_json_is(value, TS_JSON_BOOL) && value->integer != 0;
}

size_t
ts_json_length(const struct ts_json *value)
{
    return value != NULL ? value->len : 0;
}

struct ts_json *
ts_json_at(const struct ts_json *value, size_t index)
{
    return index < ts_json_length(value) ? value->members[index].value : NULL;
}

const char *
ts_json_name_at(const struct ts_json *value, size_t index)
{
    return index < ts_json_length(value) ? value->members[index].name : NULL;
}

static struct member *
find_member(const struct ts_json *object, const char *name)
{
    uint32_t hash = ts_text_fnv1a32(name, strlen(name));

    for (size_t i = 0; i < ts_json_length(object); i++) {
        struct member *member = &object->members[i];

        if (member->name != NULL && member->hash == hash && strcmp(member->name, name) == 0)
            return member;
    }
    return NULL;
}

bool
ts_json_find(const struct ts_json *object, const char *name, struct ts_json **ret)
{
    const struct member *member = find_member(object, name);

    if (ret != NULL)
        *ret = member != NULL ? member->value : NULL;
    return member != NULL;
}

/* Room doubles whenever the length reaches a power of two, so none need be stored. */
static struct member *
add_member(struct ts_json *container)
{
    if ((container->len & (container->len - 1)) == 0) {
        size_t room = container->len == 0 ? 1 : container->len * 2;
        struct member *members = reallocarray(container->members, room, sizeof(*members));

        if (members == NULL)
            return NULL;
        container->members = members;
    }
    struct member *member = &container->members[container->len];
    *member = (struct member){.value = NULL};
    return member;
}

int
ts_json_append(struct ts_json *array, struct ts_json *value)
{
    struct member *member = add_member(array);

    if (member == NULL)
        return TS_ERR_NOMEM;
    member->value = value;
    array->len++;
    return 0;
}

int
ts_json_set(struct ts_json *object, const char *name, struct ts_json *value)
{
    struct member *member = find_member(object, name);

    if (member != NULL) {
        ts_json_free(member->value);
        member->value = value;
        return 0;
    }
    member = add_member(object);
    if (member == NULL || (member->name = strdup(name)) == NULL)
        return TS_ERR_NOMEM;
    member->hash = ts_text_fnv1a32(name, strlen(name));
    member->value = value;
    object->len++;
    return 0;
}

void
ts_json_delete(struct ts_json *object, const char *name)
{
    struct member *member = find_member(object, name);

    if (member == NULL)
        return;
    struct member *end = object->members + object->len;
    release_member(member);
    memmove(member, member + 1, (size_t)(end - member - 1) * sizeof(*member));
    object->len--;
    /* The room that was doubled at this length is doubled again when the next one comes. */
}

static bool
equal_members(const struct ts_json *a, const struct ts_json *b)
{
    for (size_t i = 0; i < a->len; i++) {
        struct ts_json *other = NULL;

        if (a->type == TS_JSON_ARRAY)
            other = b->members[i].value;
        else if (!ts_json_find(b, a->members[i].name, &other))
            return false;
        if (!ts_json_equal(a->members[i].value, other))
            return false;
    }
    return true;
}

bool
ts_json_equal(const struct ts_json *a, const struct ts_json *b)
{
    if (a == b)
        return true;
    return a != NULL && b != NULL && a->type == b->type && a->integer == b->integer &&
           a->len == b->len && ts_secret_equal(&a->text, &b->text) && equal_members(a, b);
}
