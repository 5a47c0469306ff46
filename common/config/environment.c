#include "common/base/cleanup.h"
#include "common/config/config_internal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* Variables that stand for a setting of the profile in use, whichever it is. */
static const struct {
    const char *variable;
    const char *key;
    bool needs_key_file;
} overrides[] = {
    {"THRIVESTACK_KEY_FILE", "key_file", false},  {"THRIVESTACK_KEY_ID", "key_id", false},
    {"THRIVESTACK_SCOPES", "scopes", false},      {"THRIVESTACK_LIFETIME", "lifetime", false},
    {"THRIVESTACK_TOKEN_URL", "token_url", true}, {"THRIVESTACK_CA_FILE", "ca_file", true},
};

/* An empty variable counts as unset. */
static const char *
value_of(const struct ts_config_sources *sources, const char *variable)
{
    const char *value = sources->getenv(variable);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The XDG base directory specification: a path that is not absolute is to be ignored. */
static const char *
absolute_value_of(const struct ts_config_sources *sources, const char *variable)
{
    const char *value = value_of(sources, variable);

    return value != NULL && value[0] == '/' ? value : NULL;
}

static const char *
first_value_of(const struct ts_config_sources *sources, const char *const variables[],
               const char **ret_variable)
{
    for (size_t i = 0; variables[i] != NULL; i++) {
        const char *value = value_of(sources, variables[i]);

        *ret_variable = variables[i];
        if (value != NULL)
            return value;
    }
    return NULL;
}

/* Turns any failure about a variable's value into one that names it. */
static int
blame(int rc, const char *variable, struct ts_err *err)
{
    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    ts_err_prefix(err, "%s", variable);
    return ts_err_recode(err, TS_ERR_CONFIG);
}

int
ts_config_default_text(char **field, const char *value, struct ts_err *err)
{
    if (*field != NULL || value == NULL)
        return 0;
    *field = strdup(value);
    return *field != NULL ? 0 : ts_err_nomem(err);
}

/* What only an environment that names the key, too, may say: else setting one variable would send
 * somebody's key elsewhere. */
static int
require_key_file(const struct ts_config_sources *sources, const char *variable, struct ts_err *err)
{
    if (value_of(sources, "THRIVESTACK_KEY_FILE") != NULL)
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "%s is accepted only together with THRIVESTACK_KEY_FILE: set both, or "
                      "configure it in credential.conf",
                      variable);
}

static int
read_home(const struct ts_config_sources *sources, struct ts_environment *ret, struct ts_err *err)
{
    const char *home = absolute_value_of(sources, "HOME");

    if (home == NULL && sources->home != NULL && sources->home[0] == '/')
        home = sources->home;
    return ts_config_default_text(&ret->home, home, err);
}

/* FOLDER/NAME for the first of the two folders that there is; *ret stays NULL where none is. */
static int
join_first(const char *folder, const char *name, char **ret, struct ts_err *err)
{
    if (*ret != NULL || folder == NULL)
        return 0;
    return ts_path_join(folder, name, ret, err);
}

static bool
plays_root(const struct ts_config_sources *sources)
{
    return sources->root_owner != NULL && sources->root_owner() != 0;
}

/* Whether every folder above it is root's. Links count as what they are, not as where they lead. */
static bool
is_below_root_alone(const char *folder)
{
    TS_CLEANUP(ts_string_free) char *path = strdup(folder);
    struct stat st;
    char *slash;

    while (path != NULL && (slash = strrchr(path, '/')) != NULL && slash != path) {
        *slash = '\0';
        if (lstat(path, &st) == 0 ? st.st_uid != 0 : errno != ENOENT)
            return false;
    }
    return path != NULL;
}

/*
 * Root with a user's HOME (sudo -E, su) has no cache, unless one is named: a folder made there
 * would shut the user out of theirs, and be made wherever the user's links lead.
 */
static void
leave_to_user(const struct ts_config_sources *sources, char **cache_dir)
{
    if (*cache_dir == NULL || sources->uid != 0 || is_below_root_alone(*cache_dir) ||
        plays_root(sources))
        return;
    ts_string_free(cache_dir);
    *cache_dir = NULL;
}

/* The XDG base directory specification has it owned by the user. sudo and su leave that of another,
 * and cron or a container may have one that does not exist. */
static const char *
runtime_dir(const struct ts_config_sources *sources)
{
    const char *folder = absolute_value_of(sources, "XDG_RUNTIME_DIR");
    struct stat st;

    return folder != NULL && stat(folder, &st) == 0 && S_ISDIR(st.st_mode) &&
                   st.st_uid == sources->uid
               ? folder
               : NULL;
}

static int
read_cache_dir(const struct ts_config_sources *sources, const char *home, char **ret,
               struct ts_err *err)
{
    const char *own = value_of(sources, "THRIVESTACK_CACHE_DIR");

    if (own != NULL && own[0] != '/')
        return ts_err_set(err, TS_ERR_CONFIG, "THRIVESTACK_CACHE_DIR: not an absolute path");
    if (own != NULL)
        return ts_config_default_text(ret, own, err);
    int rc = join_first(runtime_dir(sources), "thrivestack", ret, err);
    if (rc == 0)
        rc = join_first(absolute_value_of(sources, "XDG_CACHE_HOME"), "thrivestack", ret, err);
    if (rc == 0)
        rc = join_first(home, ".cache/thrivestack", ret, err);
    leave_to_user(sources, ret);
    return rc;
}

static int
read_path(const struct ts_config_sources *sources, const char *variable, const char *home,
          char **ret, struct ts_err *err)
{
    const struct ts_path_base base = {.folder = NULL, .home = home};
    const char *value = value_of(sources, variable);

    return value == NULL ? 0 : blame(ts_path_resolve(value, &base, ret, err), variable, err);
}

static int
read_paths(const struct ts_config_sources *sources, struct ts_environment *environment,
           struct ts_config *config, struct ts_err *err)
{
    const char *home = environment->home;
    int rc = join_first(absolute_value_of(sources, "XDG_CONFIG_HOME"), "thrivestack",
                        &config->user_folder, err);

    if (rc == 0)
        rc = join_first(home, ".config/thrivestack", &config->user_folder, err);
    if (rc == 0)
        rc = read_cache_dir(sources, home, &config->cache_dir, err);
    if (rc == 0)
        rc = read_path(sources, "THRIVESTACK_TOKEN_FILE", home, &config->session_token_file, err);
    if (rc == 0)
        rc = read_path(sources, "THRIVESTACK_CONFIG", home, &environment->config_file, err);
    return rc;
}

static int
read_flags(const struct ts_config_sources *sources, struct ts_config *config, struct ts_err *err)
{
    const char *allow_http = value_of(sources, "THRIVESTACK_ALLOW_HTTP");
    const char *log = value_of(sources, "THRIVESTACK_LOG");

    if (log != NULL && strcmp(log, "debug") != 0)
        return ts_err_set(err, TS_ERR_CONFIG, "THRIVESTACK_LOG: not 'debug'");
    config->debug = log != NULL;
    if (allow_http == NULL || strcmp(allow_http, "0") == 0)
        return 0;
    if (strcmp(allow_http, "1") != 0)
        return ts_err_set(err, TS_ERR_CONFIG, "THRIVESTACK_ALLOW_HTTP: neither '1' nor '0'");
    config->allow_http = true;
    return require_key_file(sources, "THRIVESTACK_ALLOW_HTTP", err);
}

int
ts_environment_read(const struct ts_config_sources *sources, struct ts_environment *ret,
                    struct ts_config *config, struct ts_err *err)
{
    int rc = read_home(sources, ret, err);

    if (rc == 0)
        rc = read_paths(sources, ret, config, err);
    if (rc == 0)
        rc = read_flags(sources, config, err);
    if (rc == 0)
        rc = ts_config_default_text(&config->selected_profile, sources->profile, err);
    if (rc == 0)
        rc = ts_config_default_text(&config->selected_profile,
                                    value_of(sources, "THRIVESTACK_PROFILE"), err);
    return rc;
}

void
ts_environment_release(struct ts_environment *environment)
{
    ts_string_free(&environment->home);
    ts_string_free(&environment->config_file);
}

static int
override_everywhere(const char *key, const char *value, const struct ts_path_base *base,
                    struct ts_config *config, struct ts_err *err)
{
    const struct ts_config_setting *in_profile = ts_config_find_setting("profile", key);
    const struct ts_config_setting *in_host = ts_config_find_setting("host", key);
    int rc = 0;

    for (size_t i = 0; i < config->profiles_len && rc == 0; i++)
        rc = ts_config_apply(in_profile, value, base, &config->profiles[i], err);
    for (size_t i = 0; in_host != NULL && i < config->hosts_len && rc == 0; i++)
        rc = ts_config_apply(in_host, value, base, &config->hosts[i], err);
    return rc;
}

static int
apply_overrides(const struct ts_config_sources *sources, const struct ts_path_base *base,
                struct ts_config *config, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(overrides) && rc == 0; i++) {
        const char *variable = overrides[i].variable;
        const char *value = value_of(sources, variable);

        if (value == NULL)
            continue;
        if (overrides[i].needs_key_file)
            rc = require_key_file(sources, variable, err);
        if (rc == 0)
            rc = blame(override_everywhere(overrides[i].key, value, base, config, err), variable,
                       err);
    }
    return rc;
}

/* Plain http goes to loopback addresses only, which no proxy for https has a part in. */
static int
add_proxy(struct ts_endpoint *endpoint, const char *proxy, const char *variable, struct ts_err *err)
{
    bool https = ts_text_lower(endpoint->token_url[4]) == 's';

    if (!https || proxy == NULL || endpoint->proxy != NULL)
        return 0;
    int rc = ts_config_default_text(&endpoint->proxy, proxy, err);
    return rc < 0 ? rc : ts_config_default_text(&endpoint->proxy_variable, variable, err);
}

static int
apply_defaults(const struct ts_config_sources *sources, struct ts_config *config,
               struct ts_err *err)
{
    static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                          NULL};
    static const char *const exceptions[] = {"no_proxy", "NO_PROXY", NULL};
    const char *variable = NULL, *ignored = NULL;
    const char *proxy = first_value_of(sources, proxies, &variable);
    const char *no_proxy = first_value_of(sources, exceptions, &ignored);
    const char *wrong = proxy != NULL ? ts_config_check_proxy(proxy) : NULL;
    int rc = 0;

    if (wrong != NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "%s: %s", variable, wrong);
    /* The [events] section, where there is one, comes last. */
    const size_t len = config->profiles_len + (config->events.name != NULL ? 1 : 0);
    for (size_t i = 0; i < len && rc == 0; i++) {
        struct ts_profile *profile =
            i < config->profiles_len ? &config->profiles[i] : &config->events;

        profile->key.is_from_variable = value_of(sources, "THRIVESTACK_KEY_FILE") != NULL;
        rc = add_proxy(&profile->endpoint, proxy, variable, err);
        if (rc == 0)
            rc = ts_config_default_text(&profile->endpoint.no_proxy, no_proxy, err);
        if (rc == 0)
            rc = ts_config_default_text(&profile->key.credentials_dir,
                                        absolute_value_of(sources, "CREDENTIALS_DIRECTORY"), err);
    }
    return rc;
}

int
ts_environment_apply(const struct ts_config_sources *sources,
                     const struct ts_environment *environment, struct ts_config *config,
                     struct ts_err *err)
{
    const struct ts_path_base base = {.folder = NULL, .home = environment->home};
    int rc = apply_overrides(sources, &base, config, err);

    return rc < 0 ? rc : apply_defaults(sources, config, err);
}
