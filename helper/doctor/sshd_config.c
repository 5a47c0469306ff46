#include "helper/doctor/sshd_config.h"

#include <string.h>
#include <strings.h>

#include "common/base/cleanup.h"

bool
sshd_config_says(const struct ts_secret *output, const char *line)
{
    const char *text = ts_secret_string(output);
    const char *found = strstr(text, line);

    while (found != NULL && found != text && found[-1] != '\n')
        found = strstr(found + 1, line);
    return found != NULL;
}

/* The value of a setting in the output, up to the end of its line; NULL if there is none. */
static const char *
find_value(const char *text, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, name, len) == 0 && at[len] == ' ')
            return at + len + 1;
    }
    return NULL;
}

bool
sshd_config_allows(const struct ts_secret *output, const char *method)
{
    const char *at = find_value(ts_secret_string(output), "authenticationmethods");
    size_t len = strlen(method);

    if (at == NULL || strncmp(at, "any", 3) == 0)
        return true;
    for (; *at != '\0' && *at != '\n'; at += *at == ' ' || *at == ',') {
        size_t word = strcspn(at, " ,\n");

        /* `keyboard-interactive:pam` names the device. */
        if (word >= len && strncmp(at, method, len) == 0 && (word == len || at[len] == ':'))
            return true;
        at += word;
    }
    return false;
}

/* The words of one list of users, as `alice,bob`. */
static int
add_users(const char *at, size_t len, struct ts_list *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *text = strndup(at, len);
    int rc = 0;

    if (text == NULL)
        return ts_err_nomem(err);
    for (char *word = text; *word != '\0' && rc == 0;) {
        size_t word_len = strcspn(word, ",");
        char *next = word + word_len + (word[word_len] == ',');

        word[word_len] = '\0';
        if (word_len > 0 && strpbrk(word, "*?!\"'") == NULL && !ts_list_has(ret, word))
            rc = ts_list_add(ret, word, err);
        word = next;
    }
    return rc;
}

/* One line: `Match User alice,bob Address ...`. */
static int
read_match(const char *line, size_t len, struct ts_list *ret, struct ts_err *err)
{
    static const char blanks[] = " \t=";
    const char *end = line + len;
    bool is_first = true;
    bool is_user = false;

    for (const char *at = line; at < end;) {
        at += strspn(at, blanks);
        size_t word = strcspn(at, " \t=\r\n");

        if (at >= end || word == 0)
            return 0;
        if (is_first && (word != 5 || strncasecmp(at, "match", 5) != 0))
            return 0;
        if (is_user)
            return add_users(at, word, ret, err);
        is_user = !is_first && word == 4 && strncasecmp(at, "user", 4) == 0;
        is_first = false;
        at += word;
    }
    return 0;
}

int
sshd_config_match_users(const struct ts_secret *text, struct ts_list *ret, struct ts_err *err)
{
    int rc = 0;

    for (const char *at = ts_secret_string(text); *at != '\0' && rc == 0;) {
        size_t len = strcspn(at, "\n");

        rc = read_match(at, len, ret, err);
        at += len + (at[len] == '\n');
    }
    return rc;
}
