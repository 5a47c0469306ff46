#include "helper/client/docker_edit.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "helper/setup/setup_file.h"

bool
docker_edit_is_empty(const struct ts_secret *text)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err ignored = {0};

    return setup_file_is_blank(text) ||
           (ts_json_parse_object(ts_secret_string(text), text->len, &object, &ignored) == 0 &&
            ts_json_length(object) == 0);
}

int
docker_edit_parse(const struct ts_secret *text, const char *file, struct ts_json **ret,
                  struct ts_err *err)
{
    if (setup_file_is_blank(text)) {
        *ret = ts_json_new_object();
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
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err ignored = {0};

    if (docker_edit_parse(text, "", &object, &ignored) < 0)
        return true;
    struct ts_json *helpers = ts_json_member(object, "credHelpers");
    if (!ts_json_is(helpers, TS_JSON_OBJECT))
        return false;
    for (size_t i = 0; i < ts_json_length(helpers); i++)
        if (docker_edit_is_ours(object, ts_json_name_at(helpers, i)))
            return true;
    return false;
}

int
docker_edit_print(struct ts_json *object, struct ts_secret *ret, struct ts_err *err)
{
    if (ts_json_print_lines(object, ret) < 0 || ts_secret_append_string(ret, "\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

const char *
docker_edit_helper(struct ts_json *object, const char *host)
{
    return ts_json_string(ts_json_member(object, "credHelpers"), host);
}

bool
docker_edit_is_ours(struct ts_json *object, const char *host)
{
    const char *helper = docker_edit_helper(object, host);

    return helper != NULL && strcmp(helper, DOCKER_EDIT_OURS) == 0;
}

int
docker_edit_add(struct ts_json *object, const char *host, struct ts_err *err)
{
    struct ts_json *helpers = ts_json_member(object, "credHelpers");

    if (helpers == NULL) {
        helpers = ts_json_new_object();
        if (ts_json_add(object, "credHelpers", helpers) < 0)
            return ts_err_nomem(err);
    }
    if (!ts_json_is(helpers, TS_JSON_OBJECT))
        return ts_err_set(err, TS_ERR_CONFIG, "credHelpers is not an object");
    ts_json_delete(helpers, host);
    if (ts_json_add_string(helpers, host, DOCKER_EDIT_OURS) < 0)
        return ts_err_nomem(err);
    return 0;
}

/* The member as it is in `from`, whatever it is; gone where it is not there. */
static int
put_back(struct ts_json *to, struct ts_json *from, const char *name, struct ts_err *err)
{
    struct ts_json *value = NULL;

    if (!ts_json_find(from, name, &value)) {
        ts_json_delete(to, name);
        return 0;
    }
    if (ts_json_set(to, name, ts_json_share(value)) == 0)
        return 0;
    ts_json_free(value);
    return ts_err_nomem(err);
}

int
docker_edit_remove(struct ts_json *object, struct ts_json *before, const char *host,
                   struct ts_err *err)
{
    struct ts_json *helpers = ts_json_member(object, "credHelpers");
    struct ts_json *helpers_before = ts_json_member(before, "credHelpers");
    int rc = put_back(helpers, helpers_before, host, err);

    if (rc == 0 && ts_json_length(helpers) == 0 && helpers_before == NULL)
        rc = put_back(object, before, "credHelpers", err);
    return rc;
}
