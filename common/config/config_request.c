#include "common/base/cleanup.h"
#include "common/config/config_internal.h"

#include <string.h>
#include <unistd.h>

static int
copy_text(char **ret, const char *text, struct ts_err *err)
{
    if (text == NULL)
        return 0;
    *ret = strdup(text);
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

static int
copy_texts(const struct ts_config *config, const struct ts_profile *profile, struct ts_request *ret,
           struct ts_err *err)
{
    const struct {
        char **to;
        const char *from;
    } texts[] = {
        {&ret->profile, profile->name},
        {&ret->key.key_file, profile->key.key_file},
        {&ret->key.key_command, profile->key.key_command},
        {&ret->key.api_key_file, profile->key.api_key_file},
        {&ret->key.key_id, profile->key.key_id},
        {&ret->key.credentials_dir, profile->key.credentials_dir},
        {&ret->endpoint.token_url, profile->endpoint.token_url},
        {&ret->endpoint.ca_file, profile->endpoint.ca_file},
        {&ret->endpoint.pinned_public_key, profile->endpoint.pinned_public_key},
        {&ret->endpoint.proxy, profile->endpoint.proxy},
        {&ret->endpoint.proxy_variable, profile->endpoint.proxy_variable},
        {&ret->endpoint.no_proxy, profile->endpoint.no_proxy},
        {&ret->cache_dir, config->cache_dir},
        {&ret->session_token_file, config->session_token_file},
    };
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(texts) && rc == 0; i++)
        rc = copy_text(texts[i].to, texts[i].from, err);
    return rc;
}

static void
copy_values(const struct ts_config *config, const struct ts_profile *profile,
            struct ts_request *ret)
{
    ret->endpoint.allow_http = config->allow_http;
    ret->endpoint.expiry_in_minutes = profile->endpoint.expiry_in_minutes;
    ret->endpoint.verify_signature = profile->endpoint.verify_signature;
    ret->endpoint.timeout_ms = profile->endpoint.timeout_ms;
    ret->key.is_from_variable = profile->key.is_from_variable;
    ret->debug = config->debug;
}

/* The later one that is set counts: profile, host, command line. */
static int64_t
last_set(int64_t profile, int64_t host, int64_t option)
{
    return option >= 0 ? option : host >= 0 ? host : profile;
}

static void
set_times(const struct ts_profile *profile, const struct ts_host_rule *host,
          const struct ts_config_overrides *overrides, struct ts_request *ret)
{
    int64_t lifetime_option =
        overrides != NULL && overrides->lifetime > 0 ? overrides->lifetime : -1;
    int64_t min_valid_option = overrides != NULL ? overrides->min_valid : -1;

    ret->lifetime =
        last_set(profile->lifetime, host != NULL ? host->lifetime : -1, lifetime_option);
    ret->min_valid =
        last_set(profile->min_valid, host != NULL ? host->min_valid : -1, min_valid_option);
    ret->min_valid_strict = min_valid_option >= 0;
    ret->max_age = last_set(profile->max_age, host != NULL ? host->max_age : -1, -1);
    ret->fresh = overrides != NULL && overrides->fresh;
}

static int
set_scopes(const struct ts_profile *profile, const struct ts_host_rule *host,
           const struct ts_config_overrides *overrides, struct ts_request *ret, struct ts_err *err)
{
    const struct ts_list *scopes = &profile->scopes;

    if (host != NULL && host->scopes.len > 0)
        scopes = &host->scopes;
    if (overrides != NULL && overrides->scopes.len > 0)
        scopes = &overrides->scopes;
    return ts_list_copy(&ret->scopes, scopes, err);
}

/* What to do depends on how much there is: nothing at all, another profile, or only no scopes. */
static int
refuse_without_scopes(const struct ts_config *config, const struct ts_config_overrides *overrides,
                      const struct ts_request *request, struct ts_err *err)
{
    const char *file = config->user_file != NULL ? config->user_file : "credential.conf";
    const char *name = request->profile;
    const struct ts_profile *other = NULL;

    if (config->files.len == 0 && request->key.key_file != NULL &&
        access(request->key.key_file, F_OK) != 0)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "profile %s: no scopes in %s and no API key in %s: run "
                          "'thrivestack-credential init', which sets up both",
                          name, file, request->key.key_file);
    for (size_t i = 0; i < config->profiles_len && strcmp(name, "default") == 0; i++)
        if (config->profiles[i].scopes.len > 0)
            other = &config->profiles[i];
    if (other != NULL)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "profile default: no scopes, but profile %s has some: pass --profile %s, "
                          "or rename [profile %s] of %s",
                          other->name, other->name, other->name, file);
    return ts_err_set(
        err, TS_ERR_CONFIG, "profile %s: no scopes: set `scopes` in [profile %s] of %s, or %s",
        name, name, file,
        overrides != NULL && overrides->can_scope ? "pass --scope" : "THRIVESTACK_SCOPES");
}

static int
check_request(const struct ts_config *config, const struct ts_config_overrides *overrides,
              const struct ts_request *request, struct ts_err *err)
{
    const char *file = config->user_file != NULL ? config->user_file : "credential.conf";
    const char *name = request->profile;

    if (request->key.api_key_file != NULL && overrides != NULL && overrides->takes_api_key)
        return 0;
    if (request->key.api_key_file != NULL)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "profile %s has a private API key (api_key_file), which is no key for "
                          "tokens: use 'token', or git or docker for a [host] with "
                          "`profile = %s`",
                          name, name);
    if (request->scopes.len == 0 && request->session_token_file == NULL)
        return refuse_without_scopes(config, overrides, request, err);
    if (request->key.key_command != NULL && request->key.key_id == NULL)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "profile %s: key_command needs a key_id: set `key_id` in [profile %s] "
                          "of %s",
                          name, name, file);
    /* "https" and "http:" differ in the fifth character; the reader lets nothing else through. */
    if (request->endpoint.token_url[4] == ':' && !request->endpoint.allow_http)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "profile %s: token_url is plain http, which needs "
                          "THRIVESTACK_ALLOW_HTTP=1 together with THRIVESTACK_KEY_FILE",
                          name);
    return 0;
}

int
ts_config_request(const struct ts_config *config, const struct ts_host_rule *host,
                  const struct ts_config_overrides *overrides, struct ts_request *ret,
                  struct ts_err *err)
{
    const char *name = "default";

    *ret = TS_REQUEST_INIT;
    if (config->selected_profile != NULL)
        name = config->selected_profile;
    else if (host != NULL && host->profile != NULL)
        name = host->profile;
    const struct ts_profile *profile = ts_config_find_profile(config, name);
    if (profile == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "there is no profile '%s'", name);
    copy_values(config, profile, ret);
    set_times(profile, host, overrides, ret);
    int rc = copy_texts(config, profile, ret, err);
    if (rc == 0)
        rc = set_scopes(profile, host, overrides, ret, err);
    return rc < 0 ? rc : check_request(config, overrides, ret, err);
}

/* URL/KIND, whether the URL ends in a slash or not. */
static int
add_kind(const char *kind, char **url, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret whole = TS_SECRET_INIT(TS_INI_LINE_MAX + 64);
    size_t len = strlen(*url);

    while (len > 0 && (*url)[len - 1] == '/')
        len--;
    if (ts_secret_append(&whole, *url, len) < 0 ||
        ts_secret_append_strings(&whole, "/", kind, NULL) < 0)
        return ts_err_nomem(err);
    ts_string_free(url);
    return copy_text(url, ts_secret_string(&whole), err);
}

int
ts_config_events_request(const struct ts_config *config, const char *kind, struct ts_request *ret,
                         struct ts_err *err)
{
    const char *file = config->user_file != NULL ? config->user_file : "credential.conf";
    const struct ts_profile *events = &config->events;

    *ret = TS_REQUEST_INIT;
    if (events->key.api_key_file == NULL)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "no key to send events with: set `api_key_file` in [events] of %s", file);
    if (events->endpoint.token_url[4] == ':' && !config->allow_http)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "[events]: events_url is plain http, which needs "
                          "THRIVESTACK_ALLOW_HTTP=1 together with THRIVESTACK_KEY_FILE");
    copy_values(config, events, ret);
    int rc = copy_texts(config, events, ret, err);
    return rc < 0 ? rc : add_kind(kind, &ret->endpoint.token_url, err);
}

const struct ts_host_rule *
ts_config_find_host(const struct ts_config *config, const char *host, const char *path)
{
    char name[TS_HOST_NAME_MAX + 1];
    const struct ts_host_rule *best = NULL;
    size_t best_rank = 0;
    unsigned port = 0;

    if (!ts_host_split(host, name, &port))
        return NULL;
    for (size_t i = 0; i < config->hosts_len; i++) {
        size_t rank = ts_host_pattern_match(&config->hosts[i].pattern, name, port, path);

        if (rank > best_rank) {
            best_rank = rank;
            best = &config->hosts[i];
        }
    }
    return best;
}

static void
release_profile(struct ts_profile *profile)
{
    char **const texts[] = {
        &profile->name,
        &profile->key.key_file,
        &profile->key.key_command,
        &profile->key.api_key_file,
        &profile->key.key_id,
        &profile->key.credentials_dir,
        &profile->endpoint.token_url,
        &profile->endpoint.ca_file,
        &profile->endpoint.pinned_public_key,
        &profile->endpoint.proxy,
        &profile->endpoint.proxy_variable,
        &profile->endpoint.no_proxy,
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(texts); i++)
        ts_string_free(texts[i]);
    ts_list_release(&profile->scopes);
}

void
ts_host_rule_release(struct ts_host_rule *rule)
{
    ts_host_pattern_release(&rule->pattern);
    ts_string_free(&rule->profile);
    ts_string_free(&rule->username);
    ts_list_release(&rule->scopes);
}

void
ts_config_release(struct ts_config *config)
{
    release_profile(&config->events);
    for (size_t i = 0; i < config->profiles_len; i++)
        release_profile(&config->profiles[i]);
    for (size_t i = 0; i < config->hosts_len; i++)
        ts_host_rule_release(&config->hosts[i]);
    ts_list_release(&config->files);
    free(config->profiles);
    free(config->hosts);
    ts_string_free(&config->selected_profile);
    ts_string_free(&config->user_folder);
    ts_string_free(&config->user_file);
    ts_string_free(&config->user_conf_dir);
    ts_string_free(&config->cache_dir);
    ts_string_free(&config->session_token_file);
    memset(config, 0, sizeof(*config));
}
