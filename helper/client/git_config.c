#include "helper/client/git_config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/config/host.h"
#include "common/base/path.h"
#include "helper/tool.h"

#define OURS "git-credential-thrivestack"

void
git_entries_release(struct git_entries *entries)
{
    for (size_t i = 0; i < entries->len; i++) {
        free(entries->items[i].origin);
        free(entries->items[i].key);
        free(entries->items[i].value);
    }
    free(entries->items);
    *entries = (struct git_entries){NULL, 0};
}

/* A text that ends in `end`; *at moves behind that. NULL where there is no such end. */
static char *
parse_setting_text(const char **at, const char *limit, char end)
{
    const char *stop = memchr(*at, end, (size_t)(limit - *at));

    if (stop == NULL)
        return NULL;
    char *text = strndup(*at, (size_t)(stop - *at));
    *at = stop + 1;
    return text;
}

/* "ORIGIN NUL KEY LF VALUE NUL"; a key without LF has no value, which git reads as true. */
static int
parse_setting(const char **at, const char *limit, struct git_entry *ret, struct ts_err *err)
{
    ret->origin = parse_setting_text(at, limit, '\0');
    char *rest = ret->origin != NULL ? parse_setting_text(at, limit, '\0') : NULL;
    if (rest == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "git config printed output that cannot be parsed");
    char *newline = strchr(rest, '\n');
    ret->key = rest;
    ret->value = strdup(newline != NULL ? newline + 1 : "true");
    if (newline != NULL)
        *newline = '\0';
    return ret->value != NULL ? 0 : ts_err_nomem(err);
}

int
git_config_parse(const char *text, size_t len, struct git_entries *ret, struct ts_err *err)
{
    const char *at = text;
    const char *limit = text + len;

    while (at < limit) {
        struct git_entry *more = reallocarray(ret->items, ret->len + 1, sizeof(*more));
        if (more == NULL)
            return ts_err_nomem(err);
        ret->items = more;
        more[ret->len] = (struct git_entry){NULL, NULL, NULL};
        int rc = parse_setting(&at, limit, &more[ret->len++], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int
git_config_read(const char *git, struct git_entries *ret, struct ts_err *err)
{
    static const char *const argv[] = {"git",          "config",         "--null", "--show-origin",
                                       "--get-regexp", "^credential\\.", NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(TOOL_OUTPUT_MAX);
    const struct tool_call call = {git, argv, false};
    int status = 0;

    int rc = tool_run(&call, &output, &status, err);
    if (rc < 0 || status == 1) /* 1: nothing matches */
        return rc;
    if (status != 0)
        return ts_err_set(err, TS_ERR_CONFIG, "git cannot read its configuration");
    return git_config_parse(ts_secret_string(&output), output.len, ret, err);
}

static bool
url_applies(const char *url, const char *host, const char *path)
{
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {NULL, 0, false, NULL};
    char name[TS_HOST_NAME_MAX + 1];
    struct ts_err ignored = {0};
    unsigned port = 0;

    if (strncasecmp(url, "https://", 8) == 0)
        url += 8;
    else if (strstr(url, "://") != NULL)
        return false;
    size_t authority = strcspn(url, "/");
    const char *user_end = memchr(url, '@', authority);
    TS_CLEANUP(ts_string_free) char *text = strdup(user_end != NULL ? user_end + 1 : url);
    if (text == NULL)
        return false;
    for (size_t len = strlen(text); len > 0 && text[len - 1] == '/'; len--)
        text[len - 1] = '\0';
    return ts_host_pattern_parse(text, &pattern, &ignored) == 0 &&
           ts_host_split(host, name, &port) &&
           ts_host_pattern_match(&pattern, name, port, path) != 0;
}

bool
git_config_applies(const char *key, const char *name, const char *host, const char *path)
{
    static const char section[] = "credential.";
    size_t len = strlen(key);
    size_t name_len = strlen(name);

    if (strncmp(key, section, sizeof(section) - 1) != 0 || len < sizeof(section) + name_len - 1 ||
        strcmp(key + len - name_len, name) != 0)
        return false;
    key += sizeof(section) - 1;
    len -= sizeof(section) - 1;
    if (len == name_len)
        return true;
    if (len < name_len + 2 || key[len - name_len - 1] != '.')
        return false;
    TS_CLEANUP(ts_string_free) char *url = strndup(key, len - name_len - 1);
    return url != NULL && url_applies(url, host, path);
}

int
git_config_helpers(const struct git_entries *entries, const char *host, const char *path,
                   size_t **ret, size_t *ret_len, struct ts_err *err)
{
    size_t *found = calloc(entries->len + 1, sizeof(*found));
    size_t len = 0;

    if (found == NULL)
        return ts_err_nomem(err);
    for (size_t i = 0; i < entries->len; i++) {
        if (!git_config_applies(entries->items[i].key, "helper", host, path))
            continue;
        if (entries->items[i].value[0] == '\0')
            len = 0;
        else
            found[len++] = i;
    }
    *ret = found;
    *ret_len = len;
    return 0;
}

static void
free_indices(size_t **indices)
{
    free(*indices);
}

/* As git reads a boolean value. */
static bool
is_true(const char *value)
{
    return strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
           strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0;
}

int
git_config_check(const struct git_entries *entries, const char *host, const char *path,
                 struct git_wiring *ret, struct ts_err *err)
{
    TS_CLEANUP(free_indices) size_t *helpers = NULL;
    size_t len = 0;
    int rc = git_config_helpers(entries, host, path, &helpers, &len, err);

    *ret = (struct git_wiring){NULL, NULL, NULL, false, NULL};
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < len; i++) {
        const struct git_entry *entry = &entries->items[helpers[i]];

        if (git_helper_is_ours(entry->value))
            ret->ours = entry;
        else
            ret->other = entry;
    }
    for (size_t i = 0; i < entries->len; i++) {
        const struct git_entry *entry = &entries->items[i];

        if (git_config_applies(entry->key, "helper", host, path) && entry->value[0] == '\0')
            ret->reset = entry;
        if (git_config_applies(entry->key, "usehttppath", host, path))
            ret->sends_path = is_true(entry->value);
        if (git_config_applies(entry->key, "username", host, path))
            ret->username = entry->value;
    }
    return 0;
}

/* A value's first word as a shell reads it, without a `!` before it. */
static char *
first_word(const char *value)
{
    value += value[0] == '!';
    value += strspn(value, " \t");

    char *word = strdup(value);
    size_t len = 0;
    char quote = '\0';

    for (const char *at = value; word != NULL && *at != '\0'; at++) {
        if (quote == '\0' && (*at == ' ' || *at == '\t'))
            break;
        if (*at == quote)
            quote = '\0';
        else if (quote == '\0' && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (*at == '\\' && quote != '\'' && at[1] != '\0')
            word[len++] = *++at;
        else
            word[len++] = *at;
    }
    if (word != NULL)
        word[len] = '\0';
    return word;
}

bool
git_helper_is_ours(const char *value)
{
    TS_CLEANUP(ts_string_free) char *word = first_word(value);
    const char *slash = word != NULL ? strrchr(word, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : word;

    if (name == NULL)
        return false;
    if (value[0] != '!' && slash == NULL)
        return strcmp(name, "thrivestack") == 0;
    return strcmp(name, OURS) == 0 || strcmp(name, "thrivestack-credential") == 0;
}

char *
git_helper_program(const char *value)
{
    TS_CLEANUP(ts_string_free) char *word = first_word(value);

    return word != NULL && word[0] == '/' ? TS_TAKE(word) : NULL;
}

bool
git_helper_is_store(const char *value)
{
    TS_CLEANUP(ts_string_free) char *word = first_word(value);
    const char *slash = word != NULL ? strrchr(word, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : word;

    return name != NULL &&
           (strcmp(name, "store") == 0 || strcmp(name, "git-credential-store") == 0);
}

int64_t
git_version_minor(const char *text)
{
    const char *two = strstr(text, " 2.");
    size_t len = two != NULL ? strspn(two + 3, "0123456789") : 0;
    int64_t minor = 0;
    char digits[8] = "";

    if (len > 0 && len < sizeof(digits)) {
        memcpy(digits, two + 3, len);
        (void)ts_text_integer(digits, 0, 10000, &minor);
    }
    return minor;
}

int
git_config_global_file(char **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *xdg = NULL;
    const char *given = secure_getenv("GIT_CONFIG_GLOBAL");
    const char *home = tool_home();

    if (given != NULL && given[0] != '/')
        return ts_err_set(
            err, TS_ERR_CONFIG,
            "GIT_CONFIG_GLOBAL is '%s': git looks for that in whatever folder it runs "
            "in; set an absolute path",
            given);
    if (given != NULL) {
        *ret = strdup(given);
        return *ret != NULL ? 0 : ts_err_nomem(err);
    }
    if (home == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "there is no home folder: set HOME");
    int rc = tool_variable_path("XDG_CONFIG_HOME", "git/config", &xdg, err);
    if (rc == TS_ERR_NOT_FOUND)
        rc = ts_path_join(home, ".config/git/config", &xdg, err);
    if (rc == 0)
        rc = ts_path_join(home, ".gitconfig", ret, err);
    /* git writes the second only where the first is not there. */
    if (rc == 0 && access(*ret, F_OK) != 0 && access(xdg, F_OK) == 0) {
        free(*ret);
        *ret = TS_TAKE(xdg);
    }
    return rc;
}
