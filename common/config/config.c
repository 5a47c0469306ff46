#include "common/config/config.h"
#include "common/base/cleanup.h"
#include "common/base/nearest.h"
#include "common/base/index.h"
#include "common/config/config_internal.h"

#include <stdlib.h>
#include <string.h>

/* A pattern of a [host] section: ini.c refuses sections with equal names in one file, but patterns
 * can be equal by other spellings, too. */
struct seen {
    uint64_t hash;
    const struct ts_ini *ini; /* where it was last */
    const struct ts_ini_section *section;
    size_t rule; /* its position in config->hosts, plus one; 0: not kept */
};

#define PATTERN_ROOM TS_HOST_PATTERN_ROOM(TS_INI_LINE_MAX)

/* What is known while the configuration is loaded, and released afterwards. */
struct loader {
    const struct ts_config_sources *sources;
    struct ts_config *config;
    struct ts_environment environment;
    struct ts_config_files files;
    struct seen *seen; /* the patterns of all files */
    size_t seen_len;
    struct ts_index index;            /* of `seen` */
    struct ts_host_rule default_rule; /* a [host] section that sets nothing */
    struct ts_host_rule checked_rule; /* takes what is only checked */
    bool names_profiles;              /* false: no [host] section names a profile */
    char only_host[TS_HOST_NAME_MAX + 1];
    unsigned only_port;
};

static void
loader_release(struct loader *loader)
{
    ts_host_rule_release(&loader->checked_rule);
    ts_index_release(&loader->index);
    free(loader->seen);
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
    uint64_t hash = ts_index_hash(pattern->name, strlen(pattern->name), (uint64_t)pattern->port);

    return pattern->path[0] == '\0' ? hash
                                    : ts_index_hash(pattern->path, strlen(pattern->path), hash);
}

static bool
is_seen_pattern(const struct seen *seen, uint64_t hash, const struct ts_host_pattern *pattern)
{
    char room[PATTERN_ROOM];
    struct ts_host_pattern other;
    struct ts_err ignored;

    return seen->hash == hash &&
           ts_host_pattern_view(seen->section->name, room, &other, &ignored) == 0 &&
           same_pattern(&other, pattern);
}

/* The pattern among those seen; added where it is new, then without a section. */
static struct seen *
find_seen(struct loader *loader, const struct ts_host_pattern *pattern)
{
    const uint64_t hash = hash_pattern(pattern);
    uint32_t *slot;

    for (size_t step = 0; *(slot = ts_index_slot(&loader->index, hash, step)) != 0; step++)
        if (is_seen_pattern(&loader->seen[*slot - 1], hash, pattern))
            return &loader->seen[*slot - 1];
    loader->seen[loader->seen_len++] = (struct seen){.hash = hash};
    *slot = (uint32_t)loader->seen_len;
    return &loader->seen[*slot - 1];
}

/* No fewer than there are [host] sections. */
static size_t
count_sections(const struct ts_config_files *files)
{
    size_t count = 0;

    for (size_t i = 0; i < files->len; i++)
        count += files->inis[i].len;
    return count;
}

static int
prepare_hosts(struct loader *loader, struct ts_err *err)
{
    const struct ts_config_sources *sources = loader->sources;
    const size_t room = count_sections(&loader->files);

    if (sources->only_host != NULL && sources->only_host[0] != '\0' &&
        !ts_host_split(sources->only_host, loader->only_host, &loader->only_port))
        loader->only_host[0] = '\0';
    if (room == 0)
        return 0;
    loader->seen = reallocarray(NULL, room, sizeof(*loader->seen));
    if (loader->seen == NULL || ts_index_make(room, &loader->index) < 0)
        return ts_err_nomem(err);
    return ts_config_set_defaults("host", &loader->default_rule, err);
}

/* Whether it is kept: it may serve the host that is asked for, or all are wanted. */
static bool
is_wanted(const struct loader *loader, const struct ts_host_pattern *pattern)
{
    const struct ts_config_sources *sources = loader->sources;

    return sources->only_host == NULL ||
           (loader->only_host[0] != '\0' &&
            ts_host_pattern_match(pattern, loader->only_host, loader->only_port,
                                  sources->only_path) > 0);
}

/* No default is a pointer. */
static int
add_rule(struct loader *loader, const char *name, struct ts_err *err)
{
    struct ts_config *config = loader->config;
    struct ts_host_rule *hosts = ts_array_grow(config->hosts, config->hosts_len, sizeof(*hosts));

    if (hosts == NULL)
        return ts_err_nomem(err);
    config->hosts = hosts;
    struct ts_host_rule *rule = &hosts[config->hosts_len];
    *rule = loader->default_rule;
    int rc = ts_host_pattern_parse(name, &rule->pattern, err);
    if (rc < 0)
        return rc;
    rule->label = rule->pattern.label;
    config->hosts_len++;
    return 0;
}

static int
open_host(struct loader *loader, const struct ts_ini *ini, const struct ts_ini_section *section,
          void **ret_target, struct ts_err *err)
{
    char room[PATTERN_ROOM];
    struct ts_host_pattern pattern;

    if (ts_host_pattern_view(section->name, room, &pattern, err) < 0)
        return ts_ini_error(ini, section->line, err, "[host PATTERN]: %s", err->text);
    struct seen *seen = find_seen(loader, &pattern);
    if (seen->ini == ini)
        return ts_ini_error(ini, section->line, err,
                            "a host twice: [host %s] is the same as [host %s] in line %u",
                            section->name, seen->section->name, seen->section->line);
    seen->ini = ini;
    seen->section = section;
    if (seen->rule == 0 && !is_wanted(loader, &pattern)) {
        *ret_target = &loader->checked_rule;
        return 0;
    }
    if (seen->rule == 0) {
        int rc = add_rule(loader, section->name, err);

        if (rc < 0)
            return rc;
        seen->rule = loader->config->hosts_len;
    }
    *ret_target = &loader->config->hosts[seen->rule - 1];
    return 0;
}

static int
open_events(struct loader *loader, const struct ts_ini *ini, const struct ts_ini_section *section,
            void **ret_target, struct ts_err *err)
{
    if (section->name[0] != '\0')
        return ts_ini_error(ini, section->line, err, "[events] has no name");
    *ret_target = &loader->config->events;
    if (loader->config->events.name != NULL)
        return 0;
    int rc = ts_config_default_text(&loader->config->events.name, "events", err);
    return rc < 0 ? rc : ts_config_set_defaults("events", &loader->config->events, err);
}

/* The kinds of section, and how the value that one fills is found or made. */
static const struct section_kind {
    const char *name;
    bool has_name;
    int (*open)(struct loader *loader, const struct ts_ini *ini,
                const struct ts_ini_section *section, void **ret_target, struct ts_err *err);
} section_kinds[] = {
    {"host", true, open_host},
    {"profile", true, open_profile},
    {"events", false, open_events},
};

static int
open_section(struct loader *loader, const struct ts_ini *ini, const struct ts_ini_section *section,
             void **ret_target, struct ts_err *err)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(section_kinds); i++) {
        if (strcmp(section_kinds[i].name, section->kind) != 0)
            continue;
        if (section_kinds[i].has_name && section->name[0] == '\0')
            return ts_ini_error(ini, section->line, err, "[%s] needs a name: [%s NAME]",
                                section->kind, section->kind);
        return section_kinds[i].open(loader, ini, section, ret_target, err);
    }
    struct ts_nearest nearest = TS_NEAREST_INIT(section->kind);
    char meant[TS_NEAREST_HINT_MAX];
    for (size_t i = 0; i < TS_ARRAY_LEN(section_kinds); i++)
        ts_nearest_try(&nearest, section_kinds[i].name);
    return ts_ini_error(ini, section->line, err,
                        "unknown section [%s]: [profile NAME], [host PATTERN] and [events] are "
                        "known%s",
                        section->kind, ts_nearest_hint(&nearest, meant));
}

static int
refuse_key(const struct ts_ini *ini, const struct ts_ini_section *section,
           const struct ts_ini_entry *entry, struct ts_err *err)
{
    struct ts_nearest nearest = TS_NEAREST_INIT(entry->key);
    char meant[TS_NEAREST_HINT_MAX];
    size_t count = 0;
    const struct ts_config_setting *settings = ts_config_settings(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(settings[i].section, section->kind) == 0)
            ts_nearest_try(&nearest, settings[i].key);
    return ts_ini_error(ini, entry->line, err, "unknown key '%s' in [%s%s%s]%s", entry->key,
                        section->kind, section->name[0] != '\0' ? " " : "", section->name,
                        ts_nearest_hint(&nearest, meant));
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

        loader->names_profiles |= entry->key[0] == 'p';
        if (setting == NULL)
            return refuse_key(ini, section, entry, err);
        rc = ts_config_apply(setting, entry->value, base, target, err);
        if (rc == TS_ERR_SYNTAX)
            rc = ts_ini_error(ini, entry->line, err, "%s: %s%s", entry->key, err->text,
                              ts_ini_comment_hint(entry->value));
        else if (rc == 0 && setting->one_of != NULL)
            rc = ts_config_check_exclusion(ini, section, entry, err);
    }
    return rc;
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

static bool
sets_profile(const struct ts_ini_section *section)
{
    for (size_t i = 0; i < section->len; i++)
        if (strcmp(section->entries[i].key, "profile") == 0)
            return true;
    return false;
}

/* Whether a later file sets the profile of that host. */
static bool
is_replaced(const struct loader *loader, size_t file, const struct ts_host_pattern *pattern)
{
    const uint64_t hash = hash_pattern(pattern);

    for (size_t i = file + 1; i < loader->files.len; i++) {
        const struct ts_ini *ini = &loader->files.inis[i];

        for (size_t j = 0; j < ini->len; j++) {
            const struct seen seen = {hash, ini, &ini->sections[j], 0};

            if (strcmp(ini->sections[j].kind, "host") == 0 && sets_profile(&ini->sections[j]) &&
                is_seen_pattern(&seen, hash, pattern))
                return true;
        }
    }
    return false;
}

/* A [host] section may name a profile of any file, so this is checked when all are merged, and
 * only where the value is not replaced. */
static int
check_host_profile(const struct loader *loader, size_t file, const struct ts_ini_section *section,
                   struct ts_err *err)
{
    for (size_t i = 0; i < section->len; i++) {
        const struct ts_ini_entry *entry = &section->entries[i];
        char room[PATTERN_ROOM];
        struct ts_host_pattern pattern;

        if (strcmp(entry->key, "profile") != 0 ||
            find_profile(loader->config, entry->value) != NULL)
            continue;
        int rc = ts_host_pattern_view(section->name, room, &pattern, err);
        if (rc < 0)
            return rc;
        if (!is_replaced(loader, file, &pattern))
            return ts_ini_error(&loader->files.inis[file], entry->line, err,
                                "profile: there is no [profile %s]", entry->value);
    }
    return 0;
}

static int
check_host_profiles(const struct loader *loader, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < loader->files.len && loader->names_profiles; i++) {
        const struct ts_ini *ini = &loader->files.inis[i];

        for (size_t j = 0; j < ini->len && rc == 0; j++)
            if (strcmp(ini->sections[j].kind, "host") == 0)
                rc = check_host_profile(loader, i, &ini->sections[j], err);
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

        if (key->key_file == NULL && key->key_command == NULL && key->api_key_file == NULL)
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
    if (rc == 0)
        rc = prepare_hosts(&loader, err);
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
