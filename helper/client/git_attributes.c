#include "helper/client/git_attributes.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/git_url.h"

static const char *const names[GIT_ATTRIBUTES_LEN] = {
    [GIT_PROTOCOL] = "protocol", [GIT_HOST] = "host",         [GIT_PATH] = "path",
    [GIT_USERNAME] = "username", [GIT_PASSWORD] = "password", [GIT_CREDENTIAL] = "credential",
};

struct line {
    const char *key;
    size_t key_len;
    const char *value;
    size_t value_len;
};

void
git_attributes_release(struct git_attributes *attributes)
{
    for (size_t i = 0; i < GIT_ATTRIBUTES_LEN; i++) {
        ts_secret_release(&attributes->values[i]);
        attributes->given[i] = false;
    }
}

const char *
git_attributes_get(const struct git_attributes *attributes, enum git_attribute attribute)
{
    return attributes->given[attribute] ? ts_secret_string(&attributes->values[attribute]) : NULL;
}

static bool
equals(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

static int
set_value(struct git_attributes *attributes, size_t attribute, const char *value, size_t len,
          struct ts_err *err)
{
    struct ts_secret *held = &attributes->values[attribute];

    if (attributes->given[attribute] && !equals(value, len, ts_secret_string(held)))
        return ts_err_set(err, TS_ERR_USAGE, "git sent two different values of '%s'",
                          names[attribute]);
    if (ts_secret_set(held, value, len) < 0)
        return ts_err_nomem(err);
    attributes->given[attribute] = true;
    return 0;
}

static int
set_url(struct git_attributes *attributes, const struct line *line, struct ts_err *err)
{
    static const enum git_attribute parts[GIT_URL_PARTS_LEN] = {
        [GIT_URL_PROTOCOL] = GIT_PROTOCOL, [GIT_URL_USERNAME] = GIT_USERNAME,
        [GIT_URL_PASSWORD] = GIT_PASSWORD, [GIT_URL_HOST] = GIT_HOST,
        [GIT_URL_PATH] = GIT_PATH,
    };
    struct git_url_part found[GIT_URL_PARTS_LEN];

    git_attributes_release(attributes);
    if (!git_url_split(line->value, line->value_len, found))
        return ts_err_set(err, TS_ERR_USAGE, "git sent a 'url' that is not a URL");
    for (size_t i = 0; i < GIT_URL_PARTS_LEN; i++) {
        struct ts_secret *held = &attributes->values[parts[i]];

        if (found[i].text == NULL)
            continue;
        int rc = git_url_decode(&found[i], held);
        if (rc == TS_ERR_NOMEM)
            return ts_err_nomem(err);
        if (rc < 0)
            return ts_err_set(err, TS_ERR_USAGE, "git sent a 'url' with a control character in it");
        attributes->given[parts[i]] = true;
    }
    return 0;
}

static void
set_capability(struct git_attributes *attributes, const struct line *line)
{
    if (line->value_len == 0)
        attributes->authtype = false;
    else if (equals(line->value, line->value_len, "authtype"))
        attributes->authtype = true;
}

static int
apply_line(struct git_attributes *attributes, const struct line *line, struct ts_err *err)
{
    for (size_t i = 0; i < GIT_ATTRIBUTES_LEN; i++)
        if (equals(line->key, line->key_len, names[i]))
            return set_value(attributes, i, line->value, line->value_len, err);
    if (equals(line->key, line->key_len, "url"))
        return set_url(attributes, line, err);
    if (equals(line->key, line->key_len, "capability[]"))
        set_capability(attributes, line);
    return 0;
}

/* Checks one line without its LF, and splits it. */
static int
split_line(const char *text, size_t len, struct line *ret, struct ts_err *err)
{
    if (len > GIT_LINE_MAX)
        return ts_err_set(err, TS_ERR_USAGE, "git sent a line over %zu bytes", GIT_LINE_MAX);
    if (memchr(text, '\0', len) != NULL)
        return ts_err_set(err, TS_ERR_USAGE, "git sent a NUL byte");
    if (memchr(text, '\r', len) != NULL)
        return ts_err_set(err, TS_ERR_USAGE, "git sent a carriage return inside a line");
    const char *equal_sign = memchr(text, '=', len);
    if (equal_sign == NULL)
        return ts_err_set(err, TS_ERR_USAGE, "git sent a line without '='");
    ret->key = text;
    ret->key_len = (size_t)(equal_sign - text);
    ret->value = equal_sign + 1;
    ret->value_len = len - ret->key_len - 1;
    return 0;
}

int
git_attributes_parse(struct git_attributes *attributes, const char *text, size_t len,
                     struct ts_err *err)
{
    const char *end = text + len;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *next = newline != NULL ? newline + 1 : end;
        size_t line_len = (size_t)((newline != NULL ? newline : end) - text);
        struct line line = {NULL, 0, NULL, 0};

        if (line_len > 0 && text[line_len - 1] == '\r')
            line_len--;
        if (line_len == 0)
            return 0;
        attributes->overlong = line_len > GIT_LINE_MAX;
        int rc = split_line(text, line_len, &line, err);
        if (rc == 0)
            rc = apply_line(attributes, &line, err);
        if (rc < 0)
            return rc;
        text = next;
    }
    return 0;
}

int
git_attributes_require_host(const struct git_attributes *attributes, struct ts_err *err)
{
    static const enum git_attribute required[] = {GIT_PROTOCOL, GIT_HOST};

    for (size_t i = 0; i < TS_ARRAY_LEN(required); i++) {
        const char *value = git_attributes_get(attributes, required[i]);

        if (value == NULL || value[0] == '\0')
            return ts_err_set(err, TS_ERR_USAGE, "git sent no %s", names[required[i]]);
    }
    return 0;
}
