/*
 * credential.conf(5): the helper's configuration.
 *
 * The system's file and its credential.conf.d, the user's file and credential.conf.d over them key
 * by key, the environment over all files, the command line over everything. Everything is checked
 * when it is read; a file with one mistake has no effect. How it is used:
 *
 *     ts_config_load(&sources, &config, &err);
 *     host = ts_config_find_host(&config, "git.example.com", "/team/repo");
 *     ts_config_request(&config, host, &overrides, &request, &err);
 */
#ifndef TS_CONFIG_H
#define TS_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/config/host.h"
#include "common/config/request.h"
#include "common/base/text.h"

/* Where configuration comes from; a value, so that tests bring their own. */
struct ts_config_sources {
    const char *system_file; /* SYSCONFDIR/thrivestack/credential.conf */
    const char *config_file; /* --config, replaces all files; or NULL */
    const char *profile;     /* --profile; or NULL */
    const char *only_host; /* keeps only the [host] sections that serve this host, as it is given to
                            * ts_config_find_host; the others are checked. "": none; NULL: all */
    const char *only_path; /* the path on it; or NULL */
    const char *(*getenv)(const char *name); /* secure_getenv, or a test's */
    const char *home;          /* the home folder from passwd, used where HOME is unset; or NULL */
    uid_t uid;                 /* whose files are trusted, beside root's */
    uid_t (*root_owner)(void); /* as in struct ts_file_rules, for the system's file; or NULL */
};

/* A profile, every setting in it resolved to a value. */
struct ts_profile {
    char *name;
    struct ts_key_source key;
    struct ts_endpoint endpoint;
    struct ts_list scopes;
    int64_t lifetime;
    int64_t min_valid;
    int64_t max_age; /* -1: none */
};

enum ts_host_auth { TS_AUTH_BASIC, TS_AUTH_BEARER };

/* A [host] section. Members that are not set there are NULL, empty or -1: the profile's count. */
struct ts_host_rule {
    struct ts_host_pattern pattern;
    const char *label; /* the pattern's */
    char *profile;     /* or NULL: `default` (or --profile, THRIVESTACK_PROFILE where given) */
    char *username;
    struct ts_list scopes;
    int64_t lifetime;
    int64_t min_valid;
    int64_t max_age;
    enum ts_host_auth auth;
    bool askpass;
    bool bound; /* only tokens with a proof for the very host */
};

/* The [events] section is a profile of which key.api_key_file and the endpoint count alone; without
 * such a section, all of it is 0. */
struct ts_config {
    struct ts_profile events;
    struct ts_profile *profiles; /* always holds `default` and the selected one */
    size_t profiles_len;
    struct ts_host_rule *hosts;
    size_t hosts_len;
    char *selected_profile; /* --profile, else THRIVESTACK_PROFILE, else NULL */
    char *user_folder;      /* XDG_CONFIG_HOME/thrivestack, or NULL where there is no home */
    char *user_file;     /* what a person edits: --config's file, else user_folder/credential.conf,
                          * whether or not it exists; or NULL where there is no home */
    char *user_conf_dir; /* user_folder/credential.conf.d, whether or not it exists; NULL where
                          * --config replaces it or there is no home */
    char *cache_dir;     /* as design: THRIVESTACK_CACHE_DIR, XDG_RUNTIME_DIR, ...; NULL: none */
    char *session_token_file; /* THRIVESTACK_TOKEN_FILE or NULL */
    bool allow_http;      /* THRIVESTACK_ALLOW_HTTP=1, given together with THRIVESTACK_KEY_FILE */
    bool debug;           /* THRIVESTACK_LOG=debug */
    struct ts_list files; /* the configuration files read, in order, for status and doctor */
};

/* What the command line adds to a request. Zeroes and NULLs (-1 for times): not given. */
struct ts_config_overrides {
    struct ts_list scopes;
    int64_t lifetime;
    int64_t min_valid;
    bool fresh;
    bool can_scope;     /* whether --scope could have been given; for messages */
    bool takes_api_key; /* a profile with a private API key will do, which has no tokens */
};

/* Returns 0, TS_ERR_CONFIG (`FILE:LINE: ...`, unsafe files included) or TS_ERR_NOMEM. *ret is
 * released with ts_config_release in every case. */
int ts_config_load(const struct ts_config_sources *sources, struct ts_config *ret,
                   struct ts_err *err);
void ts_config_release(struct ts_config *config);

/* What is wrong with a user name to log in with, as an English fragment, or NULL. */
const char *ts_config_check_username(const char *value);

/* A profile by name, or NULL. */
const struct ts_profile *ts_config_find_profile(const struct ts_config *config, const char *name);

/*
 * The [host] section that serves a host: exact names before wildcards, then the longest path.
 * `host` is `name`, `name:port` or `[v6]:port`; no port means 443. `path` may be NULL or "".
 * NULL where there is none.
 */
const struct ts_host_rule *ts_config_find_host(const struct ts_config *config, const char *host,
                                               const char *path);

/*
 * The request that follows from a profile, a host (may be NULL) and the command line (may be NULL).
 * Which profile: `selected_profile` where given, else the host's, else `default`. Returns 0,
 * TS_ERR_CONFIG (unknown profile; no scopes and no session token to use; plain http that is not
 * allowed; key_command without key_id; api_key_file, where tokens are wanted) or TS_ERR_NOMEM. *ret
 * is overwritten, and released with ts_request_release in every case.
 */
int ts_config_request(const struct ts_config *config, const struct ts_host_rule *host,
                      const struct ts_config_overrides *overrides, struct ts_request *ret,
                      struct ts_err *err);

/* The request for events of one kind, the last part of its URL: identify, group, track. Returns 0,
 * TS_ERR_CONFIG (no api_key_file in [events]; plain http that is not allowed) or TS_ERR_NOMEM. *ret
 * as in ts_config_request. */
int ts_config_events_request(const struct ts_config *config, const char *kind,
                             struct ts_request *ret, struct ts_err *err);

/* What a value may look like, and where it is kept. */
enum ts_setting_type {
    TS_SETTING_TEXT,    /* char * */
    TS_SETTING_PATH,    /* char *, absolute */
    TS_SETTING_SCOPES,  /* struct ts_list */
    TS_SETTING_SECONDS, /* int64_t; -1: not set */
    TS_SETTING_MS,      /* int64_t, a duration kept in milliseconds */
    TS_SETTING_FLAG,    /* bool: words[0] is false, words[1] true */
    TS_SETTING_AUTH,    /* enum ts_host_auth: words[] in its order */
};

/* One row per setting: the reader goes by it, and so do `status`, the manual's test and the
 * completions. */
struct ts_config_setting {
    const char *section; /* "profile", "host" or "events" */
    const char *key;
    const char *default_value; /* as the file would have it; NULL: none, or see the manual */
    enum ts_setting_type type;
    size_t offset; /* in struct ts_profile or struct ts_host_rule */
    int64_t min;   /* durations, seconds */
    int64_t max;
    const char *words[2];
    const char *(*check)(const char *value); /* texts: what is wrong, or NULL where nothing is */
    const char *one_of; /* of the paths and texts with this word only the last counts; or NULL */
};
const struct ts_config_setting *ts_config_settings(size_t *ret_len);

#endif
