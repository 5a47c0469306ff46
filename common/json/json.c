#include "common/json/json.h"

void
ts_json_put(struct ts_json **object)
{
    ts_json_free(*object);
    *object = NULL;
}

struct ts_json *
ts_json_member(struct ts_json *object, const char *name)
{
    struct ts_json *member = NULL;

    return ts_json_find(object, name, &member) ? member : NULL;
}

const char *
ts_json_string(struct ts_json *object, const char *name)
{
    struct ts_json *member = ts_json_member(object, name);

    return ts_json_is(member, TS_JSON_STRING) ? ts_json_text(member) : NULL;
}

bool
ts_json_integer(struct ts_json *object, const char *name, int64_t *ret)
{
    struct ts_json *member = ts_json_member(object, name);

    if (!ts_json_is(member, TS_JSON_INTEGER))
        return false;
    *ret = ts_json_to_integer(member);
    return true;
}

bool
ts_json_bool(struct ts_json *object, const char *name, bool *ret)
{
    struct ts_json *member = ts_json_member(object, name);

    if (!ts_json_is(member, TS_JSON_BOOL))
        return false;
    *ret = ts_json_to_bool(member);
    return true;
}

int
ts_json_add(struct ts_json *object, const char *name, struct ts_json *value)
{
    if (value == NULL)
        return TS_ERR_NOMEM;
    if (ts_json_set(object, name, value) == 0)
        return 0;
    ts_json_free(value);
    return TS_ERR_NOMEM;
}

int
ts_json_add_string(struct ts_json *object, const char *name, const char *value)
{
    return ts_json_add(object, name, ts_json_new_string(value));
}
