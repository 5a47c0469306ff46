#include "helper/command/status.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "common/cache/refresh.h"
#include "common/cache/session_token.h"

#define DAY INT64_C(86400)

/* "" counts as unknown. */
static int
add_member(struct ts_json *object, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        return ts_json_add_string(object, name, value);
    return ts_json_set(object, name, NULL) == 0 ? 0 : TS_ERR_NOMEM;
}

/* 0 counts as unknown. */
static int
add_time(struct ts_json *object, const char *name, int64_t when)
{
    char text[32] = "";

    if (when > 0)
        ts_text_rfc3339(text, when);
    return add_member(object, name, text);
}

static int
add_element(struct ts_json *array, struct ts_json *element)
{
    if (element == NULL)
        return TS_ERR_NOMEM;
    if (ts_json_append(array, element) == 0)
        return 0;
    ts_json_free(element);
    return TS_ERR_NOMEM;
}

static int
add_texts(struct ts_json *object, const char *name, const struct ts_list *texts)
{
    struct ts_json *array = ts_json_new_array();
    int rc = ts_json_add(object, name, array);

    for (size_t i = 0; i < texts->len && rc == 0; i++)
        rc = add_element(array, ts_json_new_string(texts->items[i]));
    return rc;
}

static int
describe_key(struct ts_json *key, const struct ts_key_info *info, const char *error)
{
    bool rotates = info->created > 0 && info->rotation_days > 0;

    if (add_member(key, "key_id", info->key_id) < 0 || add_member(key, "name", info->name) < 0 ||
        add_time(key, "expires_at", info->expires) < 0 ||
        add_member(key, "rotation_frequency", info->rotation_frequency) < 0 ||
        add_time(key, "rotation_due", rotates ? info->created + info->rotation_days * DAY : 0) < 0)
        return TS_ERR_NOMEM;
    return add_member(key, "error", error);
}

/* What cannot be read is told, not failed on: status is what one looks at when something is wrong.
 */
static int
gather_key(const struct helper *helper, const struct ts_profile *profile, struct ts_json *object)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    struct ts_json *key = ts_json_new_object();
    struct ts_err err = {.code = 0};

    if (ts_json_add(object, "key", key) < 0)
        return TS_ERR_NOMEM;
    int rc = helper_profile_request(helper, profile->name, &request, &err);
    if (rc == 0)
        rc = ts_refresh_key_info(&request, &info, &err);
    if (info.key_id[0] == '\0' && profile->key.key_id != NULL)
        ts_text_clean(info.key_id, sizeof(info.key_id), profile->key.key_id,
                      strlen(profile->key.key_id));
    if (add_member(key, "file", profile->key.key_file) < 0 ||
        add_member(key, "command", profile->key.key_command) < 0)
        return TS_ERR_NOMEM;
    return describe_key(key, &info, rc < 0 ? err.text : NULL);
}

/* What is known of the token; scopes that the profile asks for in vain are no reason to know less.
 */
static int
describe_session(struct ts_json *object, struct ts_request *request, struct ts_err *err)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    struct ts_err why = {.code = 0};
    int rc = ts_session_token_get(request, &grant, &why);

    if (rc == TS_ERR_KEY) {
        struct ts_err ignored = {.code = 0};

        ts_list_release(&request->scopes);
        rc = ts_session_token_get(request, &grant, &ignored);
    }
    if (rc == TS_ERR_NOMEM || add_member(object, "file", request->session_token_file) < 0 ||
        add_member(object, "error", why.text) < 0)
        return ts_err_nomem(err);
    if (rc < 0)
        return 0;
    if (add_texts(object, "scopes", &grant.scopes) < 0 ||
        add_time(object, "expires_at", ts_grant_expires_at(&grant, &grant.received)) < 0 ||
        ts_json_add_integer(object, "expires_in", grant.life) < 0 ||
        ts_json_add_integer(object, "life", grant.life + grant.age) < 0)
        return ts_err_nomem(err);
    return 0;
}

/* The token of this login, where `token` would hand it out in place of one for the key. */
static int
add_session_token(const struct helper *helper, const struct ts_profile *profile,
                  struct ts_json *object, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    struct ts_config view = helper->config;
    struct ts_err ignored = {.code = 0};

    view.selected_profile = profile->name;
    if (ts_config_request(&view, NULL, NULL, &request, &ignored) < 0 ||
        !ts_session_token_is_used(&request))
        return add_member(object, "session_token", NULL) < 0 ? ts_err_nomem(err) : 0;
    struct ts_json *session = ts_json_new_object();
    if (ts_json_add(object, "session_token", session) < 0)
        return ts_err_nomem(err);
    return describe_session(session, &request, err);
}

/* Which cached tokens go into an array: those of one profile, or of none that is configured. */
struct selection {
    const struct ts_config *config;
    const char *profile; /* or NULL */
    struct ts_json *array;
};

static bool
is_selected(const struct selection *selection, const struct ts_cached *cached)
{
    const char *name = cached->profile != NULL ? cached->profile : "";

    if (selection->profile != NULL)
        return strcmp(selection->profile, name) == 0;
    return ts_config_find_profile(selection->config, name) == NULL;
}

static int
describe_token(struct ts_json *token, const struct ts_cached *cached, bool with_profile)
{
    if (with_profile && add_member(token, "profile", cached->profile) < 0)
        return TS_ERR_NOMEM;
    if (add_texts(token, "scopes", &cached->scopes) < 0 ||
        add_member(token, "key_id", cached->key_id) < 0 ||
        add_time(token, "expires_at", cached->expires_at) < 0 ||
        ts_json_add_integer(token, "expires_in", cached->remaining) < 0 ||
        ts_json_add_integer(token, "life", cached->life) < 0)
        return TS_ERR_NOMEM;
    return add_member(token, "response_id", cached->response_id);
}

static int
add_token(void *context, const struct ts_cached *cached, struct ts_err *err)
{
    const struct selection *selection = context;

    if (!is_selected(selection, cached))
        return 0;
    struct ts_json *token = ts_json_new_object();
    if (add_element(selection->array, token) < 0 ||
        describe_token(token, cached, selection->profile == NULL) < 0)
        return ts_err_nomem(err);
    return 0;
}

static int
add_tokens(const struct helper *helper, const char *profile, struct ts_json *object,
           const char *member, struct ts_err *err)
{
    struct ts_json *array = ts_json_new_array();
    struct selection selection = {&helper->config, profile, array};

    if (ts_json_add(object, member, array) < 0)
        return ts_err_nomem(err);
    if (helper->config.cache_dir == NULL)
        return 0;
    return ts_refresh_list(helper->config.cache_dir, add_token, &selection, err);
}

static int
add_profile(const struct helper *helper, const struct ts_profile *profile, struct ts_json *profiles,
            struct ts_err *err)
{
    struct ts_json *object = ts_json_new_object();

    if (add_element(profiles, object) < 0 ||
        ts_json_add_string(object, "name", profile->name) < 0 ||
        gather_key(helper, profile, object) < 0 ||
        add_member(object, "token_url", profile->endpoint.token_url) < 0 ||
        add_texts(object, "scopes", &profile->scopes) < 0 ||
        ts_json_add_integer(object, "lifetime", profile->lifetime) < 0)
        return ts_err_nomem(err);
    int rc = add_session_token(helper, profile, object, err);
    return rc < 0 ? rc : add_tokens(helper, profile->name, object, "tokens", err);
}

static int
add_profiles(const struct helper *helper, struct ts_json *status, struct ts_err *err)
{
    struct ts_json *profiles = ts_json_new_array();

    if (ts_json_add(status, "profiles", profiles) < 0)
        return ts_err_nomem(err);
    for (size_t i = 0; i < helper->config.profiles_len; i++) {
        int rc = add_profile(helper, &helper->config.profiles[i], profiles, err);
        if (rc < 0)
            return rc;
    }
    return add_tokens(helper, NULL, status, "other_tokens", err);
}

static const char *
effective_profile(const struct ts_config *config, const struct ts_host_rule *host)
{
    if (config->selected_profile != NULL)
        return config->selected_profile;
    return host->profile != NULL ? host->profile : "default";
}

static int
add_host(const struct ts_config *config, const struct ts_host_rule *host, struct ts_json *hosts)
{
    TS_CLEANUP(ts_string_free) char *username = NULL;
    struct ts_json *object = ts_json_new_object();
    struct ts_err ignored = {.code = 0};

    /* A user without a name is no reason to show nothing; null says it. */
    (void)helper_username(host, NULL, &username, &ignored);
    if (add_element(hosts, object) < 0 || ts_json_add_string(object, "pattern", host->label) < 0 ||
        add_member(object, "profile", effective_profile(config, host)) < 0 ||
        add_member(object, "username", username) < 0 ||
        add_member(object, "auth", host->auth == TS_AUTH_BEARER ? "bearer" : "basic") < 0)
        return TS_ERR_NOMEM;
    int rc = ts_json_add_bool(object, "askpass", host->askpass);
    return rc < 0 ? rc : ts_json_add_bool(object, "bound", host->bound);
}

static int
add_hosts(const struct ts_config *config, struct ts_json *status)
{
    struct ts_json *hosts = ts_json_new_array();
    int rc = ts_json_add(status, "hosts", hosts);

    for (size_t i = 0; i < config->hosts_len && rc == 0; i++)
        rc = add_host(config, &config->hosts[i], hosts);
    return rc;
}

static int
add_files(const struct ts_config *config, struct ts_json *status)
{
    struct ts_json *files = ts_json_new_array();
    int rc = ts_json_add(status, "config_files", files);

    for (size_t i = 0; i < config->files.len && rc == 0; i++)
        rc = add_element(files, ts_json_new_string(config->files.items[i]));
    return rc < 0 ? rc : add_member(status, "cache_dir", config->cache_dir);
}

int
status_gather(const struct helper *helper, struct ts_json **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *status = ts_json_new_object();

    if (status == NULL || add_files(&helper->config, status) < 0)
        return ts_err_nomem(err);
    int rc = add_profiles(helper, status, err);
    if (rc < 0)
        return rc;
    if (add_hosts(&helper->config, status) < 0)
        return ts_err_nomem(err);
    *ret = TS_TAKE(status);
    return 0;
}
