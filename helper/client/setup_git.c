/*
 * `setup git`: by `git config --global`. An empty value in front of ours makes git forget the
 * helpers before it, so that credential-store is not handed our token to keep in plain text.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/git_config.h"
#include "helper/setup/setup.h"
#include "helper/tool.h"

struct wiring {
    struct setup *setup;
    char *git;
    char *file;            /* what `git config --global` writes */
    char *url;             /* credential.https://HOST/PATH */
    char *key;             /* url.helper */
    char *path_key;        /* url.useHttpPath */
    char *ours;            /* the helper's value */
    struct ts_list there;  /* the values of `key` now */
    struct ts_list before; /* those in the backup */
};

static void
wiring_release(struct wiring *wiring)
{
    free(wiring->git);
    free(wiring->file);
    free(wiring->url);
    free(wiring->key);
    free(wiring->path_key);
    free(wiring->ours);
    ts_list_release(&wiring->there);
    ts_list_release(&wiring->before);
}

static void
free_indices(size_t **indices)
{
    free(*indices);
}

/* A word as a shell reads it back. */
static int
append_quoted(const char *word, struct ts_secret *ret)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=@%+,";
    int rc = 0;

    if (word[0] != '\0' && strspn(word, plain) == strlen(word))
        return ts_secret_append_string(ret, word);
    rc = ts_secret_append_string(ret, "'");
    for (; *word != '\0' && rc == 0; word++)
        rc = *word == '\'' ? ts_secret_append_string(ret, "'\\''") : ts_secret_append(ret, word, 1);
    return rc < 0 ? rc : ts_secret_append_string(ret, "'");
}

/* The values of a key in one file, a missing file or key being none. */
static int
read_values(const struct wiring *wiring, const char *file, const char *key, struct ts_list *ret,
            struct ts_err *err)
{
    const char *argv[] = {"git", "config", "--file", file, "--null", "--get-all", key, NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(TOOL_OUTPUT_MAX);
    const struct tool_call call = {wiring->git, argv, true};
    int status = 0;

    int rc = tool_run(&call, &output, &status, err);
    if (rc == 0 && status > 1)
        return ts_err_set(err, TS_ERR_CONFIG, "git cannot read %s", file);
    for (size_t at = 0; rc == 0 && at < output.len; at += strlen(output.data + at) + 1)
        rc = ts_list_add(ret, output.data + at, err);
    return rc;
}

static int
append_words(struct ts_secret *ret, const char *const *words, size_t len)
{
    int rc = 0;

    for (size_t i = 0; i < len && rc == 0; i++) {
        rc = i > 0 ? ts_secret_append_string(ret, " ") : 0;
        if (rc == 0)
            rc = append_quoted(words[i], ret);
    }
    return rc;
}

/* `git config --global WORDS...` as a step, and a line of the plan. */
static int
add_command(struct wiring *wiring, const char *const *words, size_t len, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret line = TS_SECRET_INIT(OUTPUT_MAX);
    const char *const front[] = {wiring->git, "config", "--global"};

    int rc = setup_file_read(wiring->file, false, &file, err);
    if (rc < 0)
        return rc;
    struct setup_step *step = setup_add_step(wiring->setup, &file, err);
    if (step == NULL)
        return TS_ERR_CONFIG;
    for (size_t i = 0; i < TS_ARRAY_LEN(front) + len; i++) {
        const char *word = i < TS_ARRAY_LEN(front) ? front[i] : words[i - TS_ARRAY_LEN(front)];

        step->command[i] = strdup(word);
        if (step->command[i] == NULL)
            return ts_err_nomem(err);
    }
    if (ts_secret_append_string(&line, "git config --global ") < 0 ||
        append_words(&line, words, len) < 0)
        return ts_err_nomem(err);
    return setup_plan(wiring->setup, err, "%s", ts_secret_string(&line));
}

static int
add_value(struct wiring *wiring, const char *key, const char *value, struct ts_err *err)
{
    const char *const words[] = {"--add", key, value};

    return add_command(wiring, words, TS_ARRAY_LEN(words), err);
}

static int
drop_value(struct wiring *wiring, const char *key, const char *value, struct ts_err *err)
{
    const char *const words[] = {"--fixed-value", "--unset-all", key, value};

    return add_command(wiring, words, TS_ARRAY_LEN(words), err);
}

/* Whether paths matter for this host, so that git must send them. */
static bool
needs_path(const struct setup *setup)
{
    return setup->path[0] != '\0';
}

static size_t
count(const struct ts_list *list, const char *item)
{
    size_t found = 0;

    for (size_t i = 0; i < list->len; i++)
        found += strcmp(list->items[i], item) == 0;
    return found;
}

/* Which helper of this host git reads last, if it is not ours; else *ret is NULL. */
static int
find_follower(const struct wiring *wiring, const struct git_entries *entries,
              const struct git_entry **ret, struct ts_err *err)
{
    TS_CLEANUP(free_indices) size_t *helpers = NULL;
    size_t len = 0;

    int rc =
        git_config_helpers(entries, wiring->setup->host, wiring->setup->path, &helpers, &len, err);
    const struct git_entry *last = rc == 0 && len > 0 ? &entries->items[helpers[len - 1]] : NULL;
    *ret = last != NULL && strcmp(last->value, wiring->ours) != 0 ? last : NULL;
    return rc;
}

/* Whether it stands where a line at the end of the global file is read after it. */
static bool
is_in_global_file(const struct wiring *wiring, const struct git_entry *entry)
{
    static const char file[] = "file:";

    return strncmp(entry->origin, file, strlen(file)) == 0 &&
           strcmp(entry->origin + strlen(file), wiring->file) == 0;
}

/* Whether our two lines are all that is said of this URL: then git drops their section with them,
 * and makes another one at the end of the file. Beside a comment it would keep the section. */
static bool
stand_alone(const struct wiring *wiring, const struct setup_file *file,
            const struct git_entries *entries)
{
    size_t said = 0;

    for (size_t i = 0; i < entries->len; i++)
        said += strncmp(entries->items[i].key, wiring->url, strlen(wiring->url)) == 0 &&
                entries->items[i].key[strlen(wiring->url)] == '.';
    return strpbrk(ts_secret_string(&file->text), "#;") == NULL && said == 2 &&
           wiring->there.len == 2 && count(&wiring->there, wiring->ours) == 1 &&
           count(&wiring->there, "") == 1;
}

static int
add_pair(struct wiring *wiring, bool is_reset, struct ts_err *err)
{
    int rc = is_reset ? 0 : add_value(wiring, wiring->key, "", err);

    return rc < 0 ? rc : add_value(wiring, wiring->key, wiring->ours, err);
}

/* Behind a helper that somebody has set since; where that takes more than git has commands for, it
 * is pointed out. */
static int
move_pair(struct wiring *wiring, const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(git_entries_release) struct git_entries entries = {NULL, 0};
    const struct git_entry *follower = NULL;

    int rc = git_config_read(wiring->git, &entries, err);
    if (rc == 0)
        rc = find_follower(wiring, &entries, &follower, err);
    if (rc < 0 || follower == NULL)
        return rc;
    if (!is_in_global_file(wiring, follower))
        return setup_note(wiring->setup, err,
                          "note: git reads %s = %s (%s) after ours, and tells it to store this "
                          "host's tokens: remove it",
                          follower->key, follower->value, follower->origin);
    if (!stand_alone(wiring, file, &entries))
        return setup_note(wiring->setup, err,
                          "note: git reads %s = %s after ours, and tells it to store this host's "
                          "tokens: move [credential \"%s\"] to the end of %s",
                          follower->key, follower->value, wiring->url + strlen("credential."),
                          wiring->file);
    rc = drop_value(wiring, wiring->key, wiring->ours, err);
    if (rc == 0)
        rc = drop_value(wiring, wiring->key, "", err);
    return rc < 0 ? rc : add_pair(wiring, false, err);
}

static int
wire(struct wiring *wiring, const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list paths = {NULL, 0};
    const struct ts_list *there = &wiring->there;
    bool is_reset = there->len > 0 && there->items[there->len - 1][0] == '\0';

    int rc = ts_list_has(there, wiring->ours) ? move_pair(wiring, file, err)
                                              : add_pair(wiring, is_reset, err);
    if (rc < 0 || !needs_path(wiring->setup))
        return rc;
    rc = read_values(wiring, wiring->file, wiring->path_key, &paths, err);
    if (rc == 0 && (paths.len == 0 || strcmp(paths.items[paths.len - 1], "true") != 0))
        rc = add_value(wiring, wiring->path_key, "true", err);
    return rc;
}

/* The backup tells whether an empty value, or useHttpPath, was there before us; one that was made
 * when we were there already tells nothing. */
static int
unwire(struct wiring *wiring, const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list paths = {NULL, 0};
    TS_CLEANUP(ts_list_release) struct ts_list paths_before = {NULL, 0};
    int rc = 0;

    if (!ts_list_has(&wiring->there, wiring->ours))
        return 0;
    if (file->has_backup)
        rc = read_values(wiring, file->backup_path, wiring->path_key, &paths_before, err);
    if (rc == 0)
        rc = read_values(wiring, wiring->file, wiring->path_key, &paths, err);
    if (rc == 0)
        rc = drop_value(wiring, wiring->key, wiring->ours, err);
    if (rc == 0 && count(&wiring->there, "") == 1 &&
        (count(&wiring->before, "") == 0 || ts_list_has(&wiring->before, wiring->ours)))
        rc = drop_value(wiring, wiring->key, "", err);
    if (rc == 0 && needs_path(wiring->setup) && count(&paths, "true") == 1 && paths_before.len == 0)
        rc = drop_value(wiring, wiring->path_key, "true", err);
    return rc;
}

/* Other helpers are asked to store every password that worked. */
static int
point_out_stores(const struct wiring *wiring, struct ts_err *err)
{
    TS_CLEANUP(git_entries_release) struct git_entries entries = {NULL, 0};
    int rc = git_config_read(wiring->git, &entries, err);

    for (size_t i = 0; i < entries.len && rc == 0; i++) {
        const struct git_entry *entry = &entries.items[i];

        if (git_config_applies(entry->key, "helper", wiring->setup->host, wiring->setup->path) &&
            git_helper_is_store(entry->value))
            rc = setup_note(wiring->setup, err,
                            "note: %s = %s (%s) keeps passwords in plain text; the empty value "
                            "before ours keeps it from getting this host's tokens, unless it is "
                            "read after that",
                            entry->key, entry->value, entry->origin);
    }
    return rc;
}

static int
make_value(struct wiring *wiring, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;
    TS_CLEANUP(ts_secret_release) struct ts_secret value = TS_SECRET_INIT((size_t)16 * 1024);
    const char *config = wiring->setup->helper->options.config;

    int rc = setup_program("git-credential-thrivestack", &program, err);
    if (rc < 0)
        return rc;
    rc = append_quoted(program, &value);
    if (rc == 0 && config != NULL)
        rc = ts_secret_append_string(&value, " --config ");
    if (rc == 0 && config != NULL)
        rc = append_quoted(wiring->setup->helper->config.user_file, &value);
    wiring->ours = rc == 0 ? strdup(ts_secret_string(&value)) : NULL;
    return wiring->ours != NULL ? 0 : ts_err_nomem(err);
}

static int
prepare(struct wiring *wiring, struct ts_err *err)
{
    struct setup *setup = wiring->setup;

    int rc = tool_find("git", &wiring->git, err);
    if (rc == TS_ERR_NOT_FOUND)
        return ts_err_set(err, TS_ERR_CONFIG, "git is not installed: it is not in PATH");
    if (rc == 0)
        rc = git_config_global_file(&wiring->file, err);
    if (rc == 0)
        rc = make_value(wiring, err);
    if (rc < 0)
        return rc;
    if (asprintf(&wiring->url, "credential.https://%s%s", setup->host, setup->path) < 0)
        wiring->url = NULL;
    if (wiring->url == NULL || asprintf(&wiring->key, "%s.helper", wiring->url) < 0)
        wiring->key = NULL;
    if (wiring->key == NULL || asprintf(&wiring->path_key, "%s.useHttpPath", wiring->url) < 0)
        wiring->path_key = NULL;
    return wiring->path_key != NULL ? 0 : ts_err_nomem(err);
}

int
setup_git(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(wiring_release) struct wiring wiring = {.setup = setup};
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;

    int rc = prepare(&wiring, err);
    if (rc == 0)
        rc = setup_conf(setup, "git", NULL, err);
    if (rc == 0)
        rc = setup_file_read(wiring.file, false, &file, err);
    if (rc == 0)
        rc = read_values(&wiring, wiring.file, wiring.key, &wiring.there, err);
    if (rc == 0 && file.has_backup)
        rc = read_values(&wiring, file.backup_path, wiring.key, &wiring.before, err);
    if (rc < 0)
        return rc;
    if (setup->remove)
        return unwire(&wiring, &file, err);
    rc = wire(&wiring, &file, err);
    return rc < 0 ? rc : point_out_stores(&wiring, err);
}
