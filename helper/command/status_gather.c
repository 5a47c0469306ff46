#include "helper/command/status.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "common/cache/refresh.h"
#include "common/cache/session_token.h"

#define DAY INT64_C(86400)

/* "" counts as unknown. A path may be any bytes, JSON may not. */
static void
add_member(struct ts_json_writer *json, const char *name, const char *value)
{
    TS_CLEANUP(ts_string_free) char *escaped = NULL;

    if (value != NULL && !ts_text_is_utf8(value, strlen(value))) {
        const size_t size = strlen(value) * 4 + 8;

        escaped = malloc(size);
        if (escaped != NULL)
            ts_text_escape(escaped, size, value, "");
        value = escaped;
    }
    ts_json_write_string(json, name, value != NULL && value[0] != '\0' ? value : NULL);
}

/* 0 counts as unknown. */
static void
add_time(struct ts_json_writer *json, const char *name, int64_t when)
{
    char text[32] = "";

    if (when > 0)
        ts_text_rfc3339(text, when);
    add_member(json, name, text);
}

/* What cannot be read is a member of it and no failure: status is what one looks at when something
 * is wrong. */
static void
add_key(const struct helper *helper, const struct ts_profile *profile, struct ts_json_writer *json)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    struct ts_err err = {.code = 0};
    int rc = profile->key.api_key_file != NULL
                 ? helper_check_api_key(helper, profile, &err)
                 : helper_profile_request(helper, profile->name, &request, &err);

    if (rc == 0 && profile->key.api_key_file == NULL)
        rc = ts_refresh_key_info(&request, &info, &err);
    if (info.key_id[0] == '\0' && profile->key.key_id != NULL)
        ts_text_clean(info.key_id, sizeof(info.key_id), profile->key.key_id,
                      strlen(profile->key.key_id));
    const bool rotates = info.created > 0 && info.rotation_days > 0;
    ts_json_open(json, "key", '{');
    add_member(json, "file", profile->key.key_file);
    add_member(json, "command", profile->key.key_command);
    add_member(json, "api_key_file", profile->key.api_key_file);
    add_member(json, "key_id", info.key_id);
    add_member(json, "name", info.name);
    add_time(json, "expires_at", info.expires);
    add_member(json, "rotation_frequency", info.rotation_frequency);
    add_time(json, "rotation_due", rotates ? info.created + info.rotation_days * DAY : 0);
    add_member(json, "error", rc < 0 ? err.text : NULL);
    ts_json_close(json, '}');
}

/* What is known of the token; scopes that the profile asks for in vain are no reason to know less.
 */
static int
describe_session(struct ts_json_writer *json, struct ts_request *request, struct ts_err *err)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    struct ts_err why = {.code = 0};
    int rc = ts_session_token_get(request, &grant, &why);

    if (rc == TS_ERR_KEY) {
        struct ts_err ignored = {.code = 0};

        ts_list_release(&request->scopes);
        rc = ts_session_token_get(request, &grant, &ignored);
    }
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    add_member(json, "file", request->session_token_file);
    add_member(json, "error", why.text);
    if (rc < 0)
        return 0;
    ts_json_write_list(json, "scopes", &grant.scopes);
    add_time(json, "expires_at", ts_grant_expires_at(&grant, &grant.received));
    ts_json_write_integer(json, "expires_in", grant.life);
    ts_json_write_integer(json, "life", grant.life + grant.age);
    return 0;
}

/* The token of this login, where `token` would print it in place of one for the key. */
static int
add_session_token(const struct helper *helper, const struct ts_profile *profile,
                  struct ts_json_writer *json, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    struct ts_config view = helper->config;
    struct ts_err ignored = {.code = 0};

    view.selected_profile = profile->name;
    if (ts_config_request(&view, NULL, NULL, &request, &ignored) < 0 ||
        !ts_session_token_is_used(&request)) {
        add_member(json, "session_token", NULL);
        return 0;
    }
    ts_json_open(json, "session_token", '{');
    int rc = describe_session(json, &request, err);
    ts_json_close(json, '}');
    return rc;
}

/* Which cached tokens go into an array: those of one profile, or of none that is configured. */
struct selection {
    const struct ts_config *config;
    const char *profile; /* or NULL */
    struct ts_json_writer *json;
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
add_token(void *context, const struct ts_cached *cached, struct ts_err *err)
{
    const struct selection *selection = context;
    struct ts_json_writer *json = selection->json;

    (void)err;
    if (!is_selected(selection, cached))
        return 0;
    ts_json_open(json, NULL, '{');
    if (selection->profile == NULL)
        add_member(json, "profile", cached->profile);
    ts_json_write_list(json, "scopes", &cached->scopes);
    add_member(json, "key_id", cached->key_id);
    add_time(json, "expires_at", cached->expires_at);
    ts_json_write_integer(json, "expires_in", cached->remaining);
    ts_json_write_integer(json, "life", cached->life);
    add_member(json, "response_id", cached->response_id);
    ts_json_close(json, '}');
    return 0;
}

static int
add_tokens(const struct helper *helper, const char *profile, struct ts_json_writer *json,
           const char *member, struct ts_err *err)
{
    struct selection selection = {&helper->config, profile, json};
    const char *cache_dir = helper->config.cache_dir;

    ts_json_open(json, member, '[');
    int rc = cache_dir != NULL ? ts_refresh_list(cache_dir, add_token, &selection, err) : 0;
    ts_json_close(json, ']');
    return rc;
}

static int
add_profile(const struct helper *helper, const struct ts_profile *profile,
            struct ts_json_writer *json, struct ts_err *err)
{
    ts_json_open(json, NULL, '{');
    add_member(json, "name", profile->name);
    add_key(helper, profile, json);
    add_member(json, "token_url", profile->endpoint.token_url);
    ts_json_write_list(json, "scopes", &profile->scopes);
    ts_json_write_integer(json, "lifetime", profile->lifetime);
    int rc = add_session_token(helper, profile, json, err);
    if (rc == 0)
        rc = add_tokens(helper, profile->name, json, "tokens", err);
    ts_json_close(json, '}');
    return rc;
}

static const char *
effective_profile(const struct ts_config *config, const struct ts_host_rule *host)
{
    if (config->selected_profile != NULL)
        return config->selected_profile;
    return host->profile != NULL ? host->profile : "default";
}

static void
add_host(const struct ts_config *config, const struct ts_host_rule *host,
         struct ts_json_writer *json)
{
    TS_CLEANUP(ts_string_free) char *username = NULL;
    struct ts_err ignored = {.code = 0};

    /* A user without a name is no reason to show nothing; null says it. */
    (void)helper_username(host, NULL, &username, &ignored);
    ts_json_open(json, NULL, '{');
    add_member(json, "pattern", host->label);
    add_member(json, "profile", effective_profile(config, host));
    add_member(json, "username", username);
    add_member(json, "auth", host->auth == TS_AUTH_BEARER ? "bearer" : "basic");
    ts_json_write_bool(json, "askpass", host->askpass);
    ts_json_write_bool(json, "bound", host->bound);
    ts_json_close(json, '}');
}

int
status_gather(const struct helper *helper, struct ts_secret *ret, struct ts_err *err)
{
    const struct ts_config *config = &helper->config;
    struct ts_json_writer json = ts_json_begin(ret);
    int rc = 0;

    ts_json_open(&json, "config_files", '[');
    for (size_t i = 0; i < config->files.len; i++)
        add_member(&json, NULL, config->files.items[i]);
    ts_json_close(&json, ']');
    add_member(&json, "cache_dir", config->cache_dir);
    ts_json_open(&json, "profiles", '[');
    for (size_t i = 0; i < config->profiles_len && rc == 0; i++)
        rc = add_profile(helper, &config->profiles[i], &json, err);
    ts_json_close(&json, ']');
    if (rc == 0)
        rc = add_tokens(helper, NULL, &json, "other_tokens", err);
    if (rc < 0)
        return rc;
    ts_json_open(&json, "hosts", '[');
    for (size_t i = 0; i < config->hosts_len; i++)
        add_host(config, &config->hosts[i], &json);
    ts_json_close(&json, ']');
    return ts_json_end_line(&json) < 0 ? ts_err_nomem(err) : 0;
}
