#include "common/config/config.h"
#include "common/base/cleanup.h"
#include "common/base/index.h"
#include "common/config/config_internal.h"

#include <string.h>

/* What is known while the configuration is loaded, and released afterwards. */
struct loader {
    const struct ts_config_sources *sources;
    struct ts_config *config;
    struct ts_environment environment;
    struct ts_config_files files;
};

static void
loader_release(struct loader *loader)
{
    ts_config_files_release(&loader->files);
    ts_environment_release(&loader->environment);
}

static struct ts_profile *
find_profile(const struct ts_config *config, const char *name)
{
    for (size_t i = 0; i < config->profiles_len; i++)
        if (strcmp(config->profiles[i].name, name) == 0)
            return &config->profiles[i];
    return NULL;
}

const struct ts_profile *
ts_config_find_profile(const struct ts_config *config, const char *name)
{
    return find_profile(config, name);
}

static int
add_profile(struct ts_config *config, const char *name, struct ts_profile **ret, struct ts_err *err)
{
    struct ts_profile *profiles =
        reallocarray(config->profiles, config->profiles_len + 1, sizeof(*profiles));

    if (profiles == NULL)
        return ts_err_nomem(err);
    config->profiles = profiles;
    struct ts_profile *profile = &profiles[config->profiles_len++];
    memset(profile, 0, sizeof(*profile));
    profile->name = strdup(name);
    if (profile->name == NULL)
        return ts_err_nomem(err);
    *ret = profile;
    return ts_config_set_defaults("profile", profile, err);
}

static int
open_profile(struct loader *loader, const struct ts_ini *ini, const struct ts_ini_section *section,
             void **ret_target, struct ts_err *err)
{
    const char *wrong = ts_config_check_profile_name(section->name);
    struct ts_profile *profile = NULL;

    if (wrong != NULL)
        return ts_ini_error(ini, section->line, err, "[profile NAME]: a name that is %s", wrong);
    profile = find_profile(loader->config, section->name);
    int rc = profile != NULL ? 0 : add_profile(loader->config, section->name, &profile, err);
    *ret_target = profile;
    return rc;
}

static bool
same_pattern(const struct ts_host_pattern *a, const struct ts_host_pattern *b)
{
    return a->port == b->port && a->wildcard == b->wildcard && strcmp(a->name, b->name) == 0 &&
           strcmp(a->path, b->path) == 0;
}

static uint64_t
hash_pattern(const struct ts_host_pattern *pattern)
{
    return ts_index_hash(pattern->name, strlen(pattern->name), (uint64_t)pattern->port);
}

static struct ts_host_rule *
find_rule(const struct ts_config *config, const struct ts_host_pattern *pattern)
{
    const uint64_t hash = hash_pattern(pattern);

    for (size_t i = 0; i < config->hosts_len; i++)
        if (config->hosts[i].hash == hash && same_pattern(&config->hosts[i].pattern, pattern))
            return &config->hosts[i];
    return NULL;
}

/* ini.c refuses sections with equal names; patterns can be equal by other spellings, too. */
static int
refuse_second_spelling(const struct ts_ini *ini, const struct ts_ini_section *section,
                       const struct ts_host_pattern *pattern, struct ts_err *err)
{
    for (const struct ts_ini_section *s = ini->sections; s < section; s++) {
        TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern other = {.port = 0};

        if (strcmp(s->kind, "host") != 0 || ts_host_pattern_parse(s->name, &other, err) < 0)
            continue;
        if (same_pattern(&other, pattern))
            return ts_ini_error(ini, section->line, err,
                                "a host twice: [host %s] is the same as [host %s] in line %u",
                                section->name, s->name, s->line);
    }
    return 0;
}

static char *
copy_label(const char *text)
{
    char *label = strdup(text);

    for (char *p = label; p != NULL && *p != '\0' && *p != '/'; p++)
        *p = ts_text_lower(*p);
    return label;
}

static int
add_rule(struct ts_config *config, const char *name, struct ts_host_pattern *pattern,
         struct ts_host_rule **ret, struct ts_err *err)
{
    struct ts_host_rule *hosts = reallocarray(config->hosts, config->hosts_len + 1, sizeof(*hosts));

    if (hosts == NULL)
        return ts_err_nomem(err);
    config->hosts = hosts;
    struct ts_host_rule *rule = &hosts[config->hosts_len++];
    memset(rule, 0, sizeof(*rule));
    rule->pattern = *pattern;
    rule->hash = hash_pattern(pattern);
    *pattern = (struct ts_host_pattern){.port = 0};
    rule->label = copy_label(name);
    if (rule->label == NULL)
        return ts_err_nomem(err);
    *ret = rule;
    return ts_config_set_defaults("host", rule, err);
}

static int
open_host(struct loader *loader, const struct ts_ini *ini, const struct ts_ini_section *section,
          void **ret_target, struct ts_err *err)
{
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {.port = 0};
    int rc = ts_host_pattern_parse(section->name, &pattern, err);

    if (rc == TS_ERR_SYNTAX)
        return ts_ini_error(ini, section->line, err, "[host PATTERN]: %s", err->text);
    if (rc < 0)
        return rc;
    struct ts_host_rule *rule = find_rule(loader->config, &pattern);
    rc = rule != NULL ? refuse_second_spelling(ini, section, &pattern, err)
                      : add_rule(loader->config, section->name, &pattern, &rule, err);
    *ret_target = rule;
    return rc;
}

/* The kinds of section, and how the value that one fills is found or made. */
static const struct section_kind {
    const char *name;
    int (*open)(struct loader *loader, const struct ts_ini *ini,
                const struct ts_ini_section *section, void **ret_target, struct ts_err *err);
} section_kinds[] = {
    {"profile", open_profile},
    {"host", open_host},
};

static int
open_section(struct loader *loader, const struct ts_ini *ini, const struct ts_ini_section *section,
             void **ret_target, struct ts_err *err)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(section_kinds); i++) {
        if (strcmp(section_kinds[i].name, section->kind) != 0)
            continue;
        if (section->name[0] == '\0')
            return ts_ini_error(ini, section->line, err, "[%s] needs a name: [%s NAME]",
                                section->kind, section->kind);
        return section_kinds[i].open(loader, ini, section, ret_target, err);
    }
    return ts_ini_error(ini, section->line, err,
                        "unknown section [%s]: [profile NAME] and [host PATTERN] are known",
                        section->kind);
}

static int
merge_section(struct loader *loader, const struct ts_ini *ini, const struct ts_ini_section *section,
              const struct ts_path_base *base, struct ts_err *err)
{
    void *target = NULL;
    int rc = open_section(loader, ini, section, &target, err);

    for (size_t i = 0; i < section->len && rc == 0; i++) {
        const struct ts_ini_entry *entry = &section->entries[i];
        const struct ts_config_setting *setting = ts_config_find_setting(section->kind, entry->key);

        if (setting == NULL)
            return ts_ini_error(ini, entry->line, err, "unknown key '%s' in [%s %s]", entry->key,
                                section->kind, section->name);
        rc = ts_config_apply(setting, entry->value, base, target, err);
        if (rc == TS_ERR_SYNTAX)
            rc = ts_ini_error(ini, entry->line, err, "%s: %s", entry->key, err->text);
    }
    return rc < 0 ? rc : ts_config_check_section(ini, section, err);
}

static int
merge_file(struct loader *loader, const struct ts_ini *ini, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    int rc = ts_path_folder(ini->file, &folder, err);
    const struct ts_path_base base = {.folder = folder, .home = loader->environment.home};

    for (size_t i = 0; i < ini->len && rc == 0; i++)
        rc = merge_section(loader, ini, &ini->sections[i], &base, err);
    return rc;
}

/* A [host] section may name a profile of any file, so this is checked when all are merged, and
 * only where the value has not been replaced since. */
static int
check_host_profile(const struct loader *loader, const struct ts_ini *ini,
                   const struct ts_ini_section *section, struct ts_err *err)
{
    for (size_t i = 0; i < section->len; i++) {
        const struct ts_ini_entry *entry = &section->entries[i];
        TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {.port = 0};

        if (strcmp(entry->key, "profile") != 0 ||
            find_profile(loader->config, entry->value) != NULL)
            continue;
        int rc = ts_host_pattern_parse(section->name, &pattern, err);
        if (rc < 0)
            return rc;
        const struct ts_host_rule *rule = find_rule(loader->config, &pattern);
        if (rule != NULL && strcmp(rule->profile, entry->value) == 0)
            return ts_ini_error(ini, entry->line, err, "profile: there is no [profile %s]",
                                entry->value);
    }
    return 0;
}

static int
check_host_profiles(const struct loader *loader, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < loader->files.len; i++) {
        const struct ts_ini *ini = &loader->files.inis[i];

        for (size_t j = 0; j < ini->len && rc == 0; j++)
            if (strcmp(ini->sections[j].kind, "host") == 0)
                rc = check_host_profile(loader, ini, &ini->sections[j], err);
    }
    return rc;
}

static int
check_selection(const struct loader *loader, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret files = TS_SECRET_INIT(TS_INI_FILE_MAX);
    const char *selected = loader->config->selected_profile;

    if (selected == NULL || find_profile(loader->config, selected) != NULL)
        return 0;
    if (ts_list_join(&loader->files.searched, ' ', &files) < 0)
        return ts_err_nomem(err);
    return ts_err_set(err, TS_ERR_CONFIG, "there is no profile '%s' in %s", selected,
                      files.len > 0 ? ts_secret_string(&files) : "any file");
}

/* The key file lies beside the user's credential.conf, wherever --config may point; where there is
 * no home at all, beside the system's. */
static int
set_default_key_files(const struct loader *loader, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    const char *system_file = loader->sources->system_file;
    int rc = ts_config_default_text(&folder, loader->config->user_folder, err);

    if (rc == 0 && folder == NULL)
        rc = ts_path_folder(system_file != NULL ? system_file : "/", &folder, err);
    for (size_t i = 0; i < loader->config->profiles_len && rc == 0; i++) {
        struct ts_key_source *key = &loader->config->profiles[i].key;

        if (key->key_file == NULL && key->key_command == NULL)
            rc = ts_path_join(folder, "key.json", &key->key_file, err);
    }
    return rc;
}

int
ts_config_load(const struct ts_config_sources *sources, struct ts_config *ret, struct ts_err *err)
{
    TS_CLEANUP(loader_release)
    struct loader loader = {.sources = sources, .config = ret};
    struct ts_profile *ignored = NULL;

    memset(ret, 0, sizeof(*ret));
    int rc = ts_environment_read(sources, &loader.environment, ret, err);
    if (rc == 0)
        rc = add_profile(ret, "default", &ignored, err);
    if (rc == 0)
        rc = ts_config_files_read(sources, &loader.environment, ret, &loader.files, err);
    for (size_t i = 0; i < loader.files.len && rc == 0; i++)
        rc = merge_file(&loader, &loader.files.inis[i], err);
    if (rc == 0)
        rc = check_host_profiles(&loader, err);
    if (rc == 0)
        rc = check_selection(&loader, err);
    if (rc == 0)
        rc = ts_environment_apply(sources, &loader.environment, ret, err);
    return rc < 0 ? rc : set_default_key_files(&loader, err);
}
