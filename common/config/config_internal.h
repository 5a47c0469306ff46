/*
 * What the files of the configuration reader share: config_files.c (which files, and reading them),
 * config.c (merging), config_schema.c (the table of settings), config_value.c (what a text may look
 * like), environment.c (the environment).
 */
#ifndef TS_CONFIG_INTERNAL_H
#define TS_CONFIG_INTERNAL_H

#include "common/config/config.h"
#include "common/config/ini.h"
#include "common/base/path.h"

/* config_value.c: what is wrong with a value, as an English fragment, or NULL. None quotes it. */
const char *ts_config_check_key_id(const char *value);
const char *ts_config_check_token_url(const char *value);
const char *ts_config_check_events_url(const char *value);
const char *ts_config_check_pinned_key(const char *value);
const char *ts_config_check_proxy(const char *value);
const char *ts_config_check_profile_name(const char *value);

/* The row of a setting of "profile" or "host", or NULL. */
const struct ts_config_setting *ts_config_find_setting(const char *section, const char *key);

void ts_host_rule_release(struct ts_host_rule *rule);

/* Every setting of a section (`target`: zeroed struct ts_profile or struct ts_host_rule) gets its
 * default. Returns 0 or TS_ERR_NOMEM. */
int ts_config_set_defaults(const char *section, void *target, struct ts_err *err);

/* Sets one setting of `target` from its text, and unsets those that it excludes. Returns 0,
 * TS_ERR_SYNTAX (the text says what is wrong, without naming the key) or TS_ERR_NOMEM. */
int ts_config_apply(const struct ts_config_setting *setting, const char *value,
                    const struct ts_path_base *base, void *target, struct ts_err *err);

/* Refuses an entry behind another of its section that excludes it. 0 or TS_ERR_CONFIG. */
int ts_config_check_exclusion(const struct ts_ini *ini, const struct ts_ini_section *section,
                              const struct ts_ini_entry *entry, struct ts_err *err);

/* What the environment says before any file is read; every member may be NULL. */
struct ts_environment {
    char *home;        /* absolute */
    char *config_file; /* THRIVESTACK_CONFIG, absolute */
};
void ts_environment_release(struct ts_environment *environment);

/* Fills *ret and config's user_folder, cache_dir, session_token_file, selected_profile,
 * allow_http and debug. Returns 0, TS_ERR_CONFIG (the text names the variable) or TS_ERR_NOMEM. */
int ts_environment_read(const struct ts_config_sources *sources, struct ts_environment *ret,
                        struct ts_config *config, struct ts_err *err);

/* Lays the environment over profiles and hosts that the files have filled. Returns as above. */
int ts_environment_apply(const struct ts_config_sources *sources,
                         const struct ts_environment *environment, struct ts_config *config,
                         struct ts_err *err);

/* Where *field is NULL: a copy of `value`, which may be NULL too. 0 or TS_ERR_NOMEM. */
int ts_config_default_text(char **field, const char *value, struct ts_err *err);

/* The files of a configuration, parsed, the later ones over the earlier. */
struct ts_config_files {
    struct ts_ini *inis;
    size_t len;
    struct ts_list searched; /* where files were looked for, for messages */
};

/*
 * Reads all files that there are. Needs config->user_folder; sets config's user_file, user_conf_dir
 * and files. Returns 0, TS_ERR_CONFIG
 * or TS_ERR_NOMEM. *ret, zeroed before, is released with ts_config_files_release in every case.
 */
int ts_config_files_read(const struct ts_config_sources *sources,
                         const struct ts_environment *environment, struct ts_config *config,
                         struct ts_config_files *ret, struct ts_err *err);
void ts_config_files_release(struct ts_config_files *files);

#endif
