/*
 * git's own configuration, asked of git: which credential helpers a host gets, in git's order
 * (gitcredentials(7): all that match, as the files have them; an empty value drops those before).
 */
#ifndef HELPER_GIT_CONFIG_H
#define HELPER_GIT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"

/* One line of `git config --list --show-origin`. */
struct git_entry {
    char *origin; /* "file:/home/ann/.gitconfig" */
    char *key;    /* section and name in lower case, the part between as it is */
    char *value;
};

struct git_entries {
    struct git_entry *items;
    size_t len;
};

void git_entries_release(struct git_entries *entries);

/* Everything that begins with `credential.`, as git reads it here. `git` is the program. 0,
 * TS_ERR_CONFIG (git refuses its configuration) or as tool_run. */
int git_config_read(const char *git, struct git_entries *ret, struct ts_err *err);

/* The same from what `git config --null --show-origin --get-regexp` printed: 0, TS_ERR_SYNTAX or
 * TS_ERR_NOMEM. */
int git_config_parse(const char *text, size_t len, struct git_entries *ret, struct ts_err *err);

/* Whether a key `credential.NAME` or `credential.URL.NAME` applies to https://HOST/PATH. */
bool git_config_applies(const char *key, const char *name, const char *host, const char *path);

/* The helpers of a host that count, as indices into entries->items: the last empty value and what
 * comes before it are left out. *ret is the caller's to free. 0 or TS_ERR_NOMEM. */
int git_config_helpers(const struct git_entries *entries, const char *host, const char *path,
                       size_t **ret, size_t *ret_len, struct ts_err *err);

/* What git does about one host's credentials; `setup` and `doctor` both go by it. Entries are NULL
 * where there is none such. */
struct git_wiring {
    const struct git_entry *ours;  /* asks this program */
    const struct git_entry *other; /* also asks another one, which is then told to store tokens */
    const struct git_entry *reset; /* the last empty value; where nothing is asked, it is why */
    bool sends_path;               /* useHttpPath */
    const char *username;          /* the name git asks for, or NULL */
};
/* *ret is valid as long as the entries. 0 or TS_ERR_NOMEM. */
int git_config_check(const struct git_entries *entries, const char *host, const char *path,
                     struct git_wiring *ret, struct ts_err *err);

/* Whether a value of `helper` is this program: by name, or by any path. */
bool git_helper_is_ours(const char *value);

/* The program of a value that begins with a path, the caller's to free; NULL where it is a name. */
char *git_helper_program(const char *value);

/* Whether it is git's own credential-store, which keeps passwords in plain text. */
bool git_helper_is_store(const char *value);

/* The N of `git version 2.N`; 0 where it cannot be told. */
int64_t git_version_minor(const char *text);

/* The file that `git config --global` writes. *ret is the caller's to free. 0, TS_ERR_CONFIG (no
 * home, or GIT_CONFIG_GLOBAL is not absolute) or TS_ERR_NOMEM. */
int git_config_global_file(char **ret, struct ts_err *err);

#endif
