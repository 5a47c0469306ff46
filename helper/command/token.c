/* `token`: prints one, for scripts and people. */
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/json/json.h"
#include "helper/helper.h"

static int
add_times(struct ts_json *object, const struct ts_grant *grant, const struct ts_clock *now)
{
    char expires_at[32];

    ts_text_rfc3339(expires_at, ts_grant_expires_at(grant, now));
    int rc = ts_json_add_string(object, "expires_at", expires_at);
    return rc < 0 ? rc : ts_json_add_integer(object, "expires_in", ts_grant_remaining(grant, now));
}

static int
add_scopes(struct ts_json *object, const struct ts_list *scopes)
{
    struct ts_json *array = ts_json_new_array();

    if (ts_json_add(object, "scopes", array) < 0)
        return TS_ERR_NOMEM;
    for (size_t i = 0; i < scopes->len; i++) {
        struct ts_json *scope = ts_json_new_string(scopes->items[i]);

        if (scope == NULL || ts_json_append(array, scope) < 0) {
            ts_json_put(&scope);
            return TS_ERR_NOMEM;
        }
    }
    return 0;
}

static int
print_json(const struct ts_grant *grant, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = ts_json_new_object();
    struct ts_clock now;
    int rc = ts_clock_read(&now, err);

    if (rc < 0)
        return rc;
    if (object == NULL ||
        ts_json_add_string(object, "token", ts_secret_string(&grant->token)) < 0 ||
        add_times(object, grant, &now) < 0 || add_scopes(object, &grant->scopes) < 0 ||
        ts_json_add_string(object, "key_id", grant->key_id) < 0 ||
        ts_json_add_string(object, "response_id", grant->response_id) < 0 ||
        ts_json_print(object, answer) < 0 || ts_secret_append_string(answer, "\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

static int
print_plain(const char *before, const struct ts_grant *grant, struct ts_secret *answer,
            struct ts_err *err)
{
    if (ts_secret_append_string(answer, before) < 0 ||
        ts_secret_append(answer, grant->token.data, grant->token.len) < 0 ||
        ts_secret_append_string(answer, "\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

static int
answer_token(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    const unsigned given = helper->options.given;

    if (helper->options.arguments_len > 0)
        return helper_usage(err, "'token' takes no arguments");
    if ((given & OPTION_JSON) != 0 && (given & OPTION_HEADER) != 0)
        return helper_usage(err, "--json and --header exclude each other");
    int rc = helper_load_config(helper, err);
    if (rc == 0)
        rc = helper_get_token(helper, NULL, false, &grant, err);
    if (rc < 0)
        return rc;
    if ((given & OPTION_JSON) != 0)
        return print_json(&grant, answer, err);
    return print_plain((given & OPTION_HEADER) != 0 ? "Authorization: Bearer " : "", &grant, answer,
                       err);
}

int
command_token(struct helper *helper)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(OUTPUT_MAX);
    struct ts_err err = {.code = 0};

    return helper_finish(helper, answer_token(helper, &answer, &err), &answer, &err);
}
