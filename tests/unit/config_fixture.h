/*
 * A folder of its own with a system's and a user's credential.conf, an environment that is a table,
 * and the loading of it all: what the tests of credential.conf share. `^` in a text stands for the
 * folder, which is also the working directory.
 */
#ifndef TS_CONFIG_FIXTURE_H
#define TS_CONFIG_FIXTURE_H

#include "common/config/config.h"

#define SYSTEM_FILE "^/etc/credential.conf"
#define USER_FILE "^/home/.config/thrivestack/credential.conf"
#define SYSTEM_FOLDER "^/etc/credential.conf.d/"
#define USER_FOLDER "^/home/.config/thrivestack/credential.conf.d/"
#define WITH_SCOPES "[profile default]\nscopes = a\n"

/* One way to be configured. NULLs: the file does not exist, the option is not given. */
struct setting_up {
    const char *system;
    const char *user;
    const struct more_file {
        const char *path;
        const char *text;
    } more[4];          /* further files, removed again afterwards */
    const char *env[6]; /* NAME=value */
    const char *config_file;
    const char *profile;
    const char *host; /* asked for; NULL: none */
    const char *path;
    const char *only_host; /* as in struct ts_config_sources */
};

/* For cmocka_run_group_tests. */
int set_up(void **state);
int tear_down(void **state);

/* The text with every '^' replaced by the folder; the caller frees it. */
char *expand(const char *text);

/* Replaces a file; NULL removes it. Both texts are expanded. */
void write_file(const char *path, const char *text);

/* Both return what ts_config_load and ts_config_request do. */
int load(const struct setting_up *with, struct ts_config *ret, struct ts_err *err);
int make_request(const struct setting_up *with, struct ts_request *ret, struct ts_err *err);

#endif
