#include "common/base/cleanup.h"
#include "common/config/config_internal.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400
#define PROFILE(name, member)                                                                      \
    .section = "profile", .key = (name), .offset = offsetof(struct ts_profile, member)
#define HOST(name, member)                                                                         \
    .section = "host", .key = (name), .offset = offsetof(struct ts_host_rule, member)

#define EVENTS(name, member)                                                                       \
    .section = "events", .key = (name), .offset = offsetof(struct ts_profile, member)

#define HOST_ROW 15   /* the first of [host] */
#define EVENTS_ROW 24 /* the first of [events] */

static const struct ts_config_setting settings[] = {
    {PROFILE("key_file", key.key_file), .type = TS_SETTING_PATH, .one_of = "keys"},
    {PROFILE("key_id", key.key_id), .type = TS_SETTING_TEXT, .check = ts_config_check_key_id},
    {PROFILE("key_command", key.key_command), .type = TS_SETTING_TEXT, .one_of = "keys"},
    {PROFILE("api_key_file", key.api_key_file), .type = TS_SETTING_PATH, .one_of = "keys"},
    {PROFILE("token_url", endpoint.token_url), .type = TS_SETTING_TEXT,
     .check = ts_config_check_token_url,
     .default_value = "https://api.app.thrivestack.ai/api/user/token"},
    {PROFILE("scopes", scopes), .type = TS_SETTING_SCOPES},
    {PROFILE("lifetime", lifetime), .type = TS_SETTING_SECONDS, .min = 1, .max = TS_LIFETIME_MAX,
     .default_value = "1h"},
    {PROFILE("expiry_unit", endpoint.expiry_in_minutes), .type = TS_SETTING_FLAG,
     .words = {"seconds", "minutes"}, .default_value = "seconds"},
    {PROFILE("min_valid", min_valid), .type = TS_SETTING_SECONDS, .min = 0, .max = DAY,
     .default_value = "5m"},
    {PROFILE("max_age", max_age), .type = TS_SETTING_SECONDS, .min = 1, .max = DAY},
    {PROFILE("timeout", endpoint.timeout_ms), .type = TS_SETTING_MS, .min = 1, .max = 600,
     .default_value = "8s"},
    {PROFILE("ca_file", endpoint.ca_file), .type = TS_SETTING_PATH},
    {PROFILE("pinned_public_key", endpoint.pinned_public_key), .type = TS_SETTING_TEXT,
     .check = ts_config_check_pinned_key},
    {PROFILE("proxy", endpoint.proxy), .type = TS_SETTING_TEXT, .check = ts_config_check_proxy},
    {PROFILE("verify_signature", endpoint.verify_signature), .type = TS_SETTING_FLAG,
     .words = {"no", "yes"}, .default_value = "yes"},

    {HOST("profile", profile), .type = TS_SETTING_TEXT, .check = ts_config_check_profile_name},
    {HOST("username", username), .type = TS_SETTING_TEXT, .check = ts_config_check_username},
    {HOST("scopes", scopes), .type = TS_SETTING_SCOPES},
    {HOST("lifetime", lifetime), .type = TS_SETTING_SECONDS, .min = 1, .max = TS_LIFETIME_MAX},
    {HOST("min_valid", min_valid), .type = TS_SETTING_SECONDS, .min = 0, .max = DAY},
    {HOST("max_age", max_age), .type = TS_SETTING_SECONDS, .min = 1, .max = DAY},
    {HOST("auth", auth), .type = TS_SETTING_AUTH, .words = {"basic", "bearer"},
     .default_value = "basic"},
    {HOST("askpass", askpass), .type = TS_SETTING_FLAG, .words = {"no", "yes"},
     .default_value = "no"},
    {HOST("bound", bound), .type = TS_SETTING_FLAG, .words = {"no", "yes"}, .default_value = "no"},

    {EVENTS("api_key_file", key.api_key_file), .type = TS_SETTING_PATH},
    {EVENTS("events_url", endpoint.token_url), .type = TS_SETTING_TEXT,
     .check = ts_config_check_events_url, .default_value = "https://app.thrivestack.ai/v1"},
    {EVENTS("timeout", endpoint.timeout_ms), .type = TS_SETTING_MS, .min = 1, .max = 600,
     .default_value = "8s"},
    {EVENTS("ca_file", endpoint.ca_file), .type = TS_SETTING_PATH},
    {EVENTS("proxy", endpoint.proxy), .type = TS_SETTING_TEXT, .check = ts_config_check_proxy},
};

const struct ts_config_setting *
ts_config_settings(size_t *ret_len)
{
    *ret_len = TS_ARRAY_LEN(settings);
    return settings;
}

const struct ts_config_setting *
ts_config_find_setting(const char *section, const char *key)
{
    static const size_t starts[] = {0, HOST_ROW, EVENTS_ROW, TS_ARRAY_LEN(settings)};
    const size_t kind = section[0] == 'h' ? 1 : section[0] == 'e' ? 2 : 0;
    const struct ts_config_setting *setting = settings + starts[kind];
    const struct ts_config_setting *end = settings + starts[kind + 1];

    for (; setting < end; setting++)
        if (setting->key[0] == key[0] && strcmp(setting->key, key) == 0)
            return setting;
    return NULL;
}

/* Whether only one of the two can be set. */
static bool
excludes(const struct ts_config_setting *setting, const struct ts_config_setting *other)
{
    return setting != NULL && other != NULL && setting != other && setting->one_of != NULL &&
           other->one_of != NULL && strcmp(setting->one_of, other->one_of) == 0;
}

static void *
field_of(const struct ts_config_setting *setting, void *target)
{
    return (char *)target + setting->offset;
}

static int
apply_text(const struct ts_config_setting *setting, const char *value, char **field,
           struct ts_err *err)
{
    const char *wrong = setting->check != NULL ? setting->check(value) : NULL;

    if (wrong != NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "%s", wrong);
    char *copy = strdup(value);
    if (copy == NULL)
        return ts_err_nomem(err);
    free(*field);
    *field = copy;
    return 0;
}

static int
apply_scopes(const char *value, struct ts_list *field, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list scopes = {NULL, 0};
    int rc = ts_list_add_split(&scopes, value, err);

    if (rc < 0)
        return rc;
    if (scopes.len == 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "a value is missing");
    for (size_t i = 0; i < scopes.len; i++)
        if (!ts_text_is_scope(scopes.items[i]) || scopes.items[i][0] == '#')
            return ts_err_set(err, TS_ERR_SYNTAX,
                              "a scope with '\"', '\\' or what is not "
                              "ASCII in it, or over "
                              "256 characters");
    ts_list_release(field);
    *field = scopes;
    scopes = (struct ts_list){NULL, 0};
    return 0;
}

/* The largest unit that leaves no rest, as a person would write it. */
static void
print_duration(char *ret, size_t size, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    while (seconds == 0 ? units[i].seconds > 1 : seconds % units[i].seconds != 0)
        i++;
    (void)snprintf(ret, size, "%lld%c", (long long)(seconds / units[i].seconds), units[i].letter);
}

static int
apply_duration(const struct ts_config_setting *setting, const char *value, int64_t *field,
               struct ts_err *err)
{
    int64_t seconds = 0;

    if (!ts_text_duration(value, setting->min, setting->max, &seconds)) {
        char min[24], max[24];

        print_duration(min, sizeof(min), setting->min);
        print_duration(max, sizeof(max), setting->max);
        return ts_err_set(err, TS_ERR_SYNTAX,
                          "not a duration from %s to %s (like 90s, 15m, 1h, 1d)", min, max);
    }
    *field = setting->type == TS_SETTING_MS ? seconds * 1000 : seconds;
    return 0;
}

static int
apply_word(const struct ts_config_setting *setting, const char *value, void *field,
           struct ts_err *err)
{
    bool second = strcmp(value, setting->words[1]) == 0;

    if (!second && strcmp(value, setting->words[0]) != 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "neither '%s' nor '%s'", setting->words[0],
                          setting->words[1]);
    if (setting->type == TS_SETTING_AUTH)
        *(enum ts_host_auth *)field = second ? TS_AUTH_BEARER : TS_AUTH_BASIC;
    else
        *(bool *)field = second;
    return 0;
}

static int
apply_value(const struct ts_config_setting *setting, const char *value,
            const struct ts_path_base *base, void *field, struct ts_err *err)
{
    switch (setting->type) {
    case TS_SETTING_TEXT:
        return apply_text(setting, value, field, err);
    case TS_SETTING_PATH:
        return ts_path_resolve(value, base, field, err);
    case TS_SETTING_SCOPES:
        return apply_scopes(value, field, err);
    case TS_SETTING_SECONDS:
    case TS_SETTING_MS:
        return apply_duration(setting, value, field, err);
    case TS_SETTING_FLAG:
    case TS_SETTING_AUTH:
        return apply_word(setting, value, field, err);
    }
    return ts_err_set(err, TS_ERR_SYNTAX, "a setting of an unknown type");
}

static bool
has_control_character(const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
            return true;
    return false;
}

/* Of thousands of hosts, most have the same values; what is there was checked when it was set. */
static bool
is_set_already(const struct ts_config_setting *setting, const char *value, void *field)
{
    const char *text = setting->type == TS_SETTING_TEXT ? *(char **)field : NULL;

    return text != NULL && strcmp(text, value) == 0 && setting->one_of == NULL;
}

int
ts_config_apply(const struct ts_config_setting *setting, const char *value,
                const struct ts_path_base *base, void *target, struct ts_err *err)
{
    if (is_set_already(setting, value, field_of(setting, target)))
        return 0;
    if (value[0] == '\0')
        return ts_err_set(err, TS_ERR_SYNTAX, "a value is missing");
    if (has_control_character(value))
        return ts_err_set(err, TS_ERR_SYNTAX, "a value with a control character");
    int rc = apply_value(setting, value, base, field_of(setting, target), err);
    for (size_t i = 0; setting->one_of != NULL && i < TS_ARRAY_LEN(settings) && rc == 0; i++)
        if (excludes(setting, &settings[i]))
            ts_string_free(field_of(&settings[i], target));
    return rc;
}

int
ts_config_set_defaults(const char *section, void *target, struct ts_err *err)
{
    static const struct ts_path_base no_base = {NULL, NULL};
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(settings) && rc == 0; i++) {
        const struct ts_config_setting *setting = &settings[i];

        if (strcmp(setting->section, section) != 0)
            continue;
        if (setting->default_value != NULL)
            rc = ts_config_apply(setting, setting->default_value, &no_base, target, err);
        else if (setting->type == TS_SETTING_SECONDS)
            *(int64_t *)field_of(setting, target) = -1;
    }
    return rc;
}

int
ts_config_check_exclusion(const struct ts_ini *ini, const struct ts_ini_section *section,
                          const struct ts_ini_entry *entry, struct ts_err *err)
{
    const struct ts_config_setting *setting = ts_config_find_setting(section->kind, entry->key);

    for (const struct ts_ini_entry *other = section->entries; other < entry; other++)
        if (excludes(setting, ts_config_find_setting(section->kind, other->key)))
            return ts_ini_error(ini, entry->line, err, "%s beside %s in line %u: only one of them",
                                entry->key, other->key, other->line);
    return 0;
}
