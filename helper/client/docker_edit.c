#include "helper/client/docker_edit.h"

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "helper/setup/setup_file.h"

bool
docker_edit_is_empty(const struct ts_secret *text)
{
    TS_CLEANUP(ts_json_put_secret) struct json_object *object = NULL;
    struct ts_err ignored = {0};

    return setup_file_is_blank(text) ||
           (ts_json_parse_object(ts_secret_string(text), text->len, &object, &ignored) == 0 &&
            json_object_object_length(object) == 0);
}

int
docker_edit_parse(const struct ts_secret *text, const char *file, struct json_object **ret,
                  struct ts_err *err)
{
    if (setup_file_is_blank(text)) {
        *ret = json_object_new_object();
        return *ret != NULL ? 0 : ts_err_nomem(err);
    }
    int rc = ts_json_parse_object(ts_secret_string(text), text->len, ret, err);
    if (rc == TS_ERR_SYNTAX)
        (void)ts_err_prefix(err, "%s", file);
    return rc == TS_ERR_SYNTAX ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

bool
docker_edit_has_ours(const struct ts_secret *text)
{
    TS_CLEANUP(ts_json_put_secret) struct json_object *object = NULL;
    struct ts_err ignored = {0};

    if (docker_edit_parse(text, "", &object, &ignored) < 0)
        return true;
    struct json_object *helpers = ts_json_member(object, "credHelpers");
    if (!json_object_is_type(helpers, json_type_object))
        return false;
    struct json_object_iterator at = json_object_iter_begin(helpers);
    struct json_object_iterator end = json_object_iter_end(helpers);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        if (docker_edit_is_ours(object, json_object_iter_peek_name(&at)))
            return true;
    return false;
}

int
docker_edit_print(struct json_object *object, struct ts_secret *ret, struct ts_err *err)
{
    if (ts_json_print_lines(object, ret) < 0 || ts_secret_append_string(ret, "\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

const char *
docker_edit_helper(struct json_object *object, const char *host)
{
    return ts_json_string(ts_json_member(object, "credHelpers"), host);
}

bool
docker_edit_is_ours(struct json_object *object, const char *host)
{
    const char *helper = docker_edit_helper(object, host);

    return helper != NULL && strcmp(helper, DOCKER_EDIT_OURS) == 0;
}

int
docker_edit_add(struct json_object *object, const char *host, struct ts_err *err)
{
    struct json_object *helpers = ts_json_member(object, "credHelpers");

    if (helpers == NULL) {
        helpers = json_object_new_object();
        if (ts_json_add(object, "credHelpers", helpers) < 0)
            return ts_err_nomem(err);
    }
    if (!json_object_is_type(helpers, json_type_object))
        return ts_err_set(err, TS_ERR_CONFIG, "credHelpers is not an object");
    json_object_object_del(helpers, host);
    if (ts_json_add_string(helpers, host, DOCKER_EDIT_OURS) < 0)
        return ts_err_nomem(err);
    return 0;
}

/* The member as it is in `from`, whatever it is; gone where it is not there. */
static int
put_back(struct json_object *to, struct json_object *from, const char *name, struct ts_err *err)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(from, name, &value)) {
        json_object_object_del(to, name);
        return 0;
    }
    if (json_object_object_add(to, name, json_object_get(value)) == 0)
        return 0;
    json_object_put(value);
    return ts_err_nomem(err);
}

int
docker_edit_remove(struct json_object *object, struct json_object *before, const char *host,
                   struct ts_err *err)
{
    struct json_object *helpers = ts_json_member(object, "credHelpers");
    struct json_object *helpers_before = ts_json_member(before, "credHelpers");
    int rc = put_back(helpers, helpers_before, host, err);

    if (rc == 0 && json_object_object_length(helpers) == 0 && helpers_before == NULL)
        rc = put_back(object, before, "credHelpers", err);
    return rc;
}
