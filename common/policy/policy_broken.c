/* What a file of keys with a mistake in it would have said: whose keys are in it. Nothing here is
 * ever accepted; it decides only who is a user with a key, and what their tokens are answered. */
#include "common/policy/policy_schema.h"

#include <string.h>
#include <strings.h>

/* No token can have this key id. */
static const char no_id[] = "?";

struct scan {
    struct ts_policy *policy;
    const char *file;
    const char *problem;
    bool is_untrusted;
    size_t key; /* the key whose section this is, plus one; 0: none */
};

static int
add_broken_key(struct scan *scan, char *id, unsigned line)
{
    struct ts_policy_key *key = ts_policy_new_key(scan->policy, scan->file);

    if (key == NULL)
        return TS_ERR_NOMEM;
    key->id = id;
    key->line = line;
    key->problem = scan->problem;
    key->is_untrusted = scan->is_untrusted;
    key->public_key_text = "";
    scan->key = scan->policy->keys_len;
    return 0;
}

/* Whatever the mistake in it is, a line that begins with `[` begins a section. */
static int
begin_section(struct scan *scan, const char *line, size_t len, unsigned number)
{
    struct ts_ini_head head;

    scan->key = 0;
    if (!ts_ini_read_head(line, len, &head) || head.kind_len != strlen("key") ||
        memcmp(head.kind, "key", head.kind_len) != 0)
        return 0;
    char *id = (char *)(uintptr_t)head.name;
    id[head.name_len] = '\0';
    return ts_text_is_key_id(id) ? add_broken_key(scan, id, number) : 0;
}

static int
add_users(struct scan *scan, char *value, unsigned number)
{
    struct ts_policy_key *key = scan->key > 0 ? &scan->policy->keys[scan->key - 1] : NULL;
    struct ts_list words;
    size_t kept = 0;
    int rc = 0;

    /* Users of a section that cannot be read are users with a key all the same, and a second line
     * of users is one more section of the same key. */
    if (key == NULL)
        rc = add_broken_key(scan, (char *)(uintptr_t)no_id, number);
    else if (key->users.len > 0)
        rc = add_broken_key(scan, key->id, key->line);
    if (rc < 0)
        return rc;
    key = &scan->policy->keys[scan->key - 1];
    for (char *c = value; *c != '\0'; c++)
        if (strchr(",;:\"'", *c) != NULL)
            *c = ' ';
    if (ts_policy_split(scan->policy, value, &words) < 0)
        return TS_ERR_NOMEM;
    for (size_t i = 0; i < words.len; i++)
        if (ts_policy_is_user_or_group(words.items[i]))
            words.items[kept++] = words.items[i];
    key->users = (struct ts_list){words.items, kept};
    return 0;
}

/* What follows `users =`, or what may have been meant to be that. NULL: another line. */
static char *
value_of_users(char *line)
{
    static const char name[] = "user";

    if (strncasecmp(line, name, strlen(name)) != 0)
        return NULL;
    line += strlen(name);
    while (ts_text_lower(*line) >= 'a' && ts_text_lower(*line) <= 'z')
        line++;
    line += strspn(line, " \t");
    return *line == '=' || *line == ':' ? line + 1 : line;
}

static int
scan_line(struct scan *scan, char *line, size_t len, unsigned number)
{
    /* Before any string function: one that looks for the end would else go through the whole file.
     */
    line[len] = '\0';
    const size_t blank = strspn(line, " \t");
    if (line[blank] == '[')
        return begin_section(scan, line, len, number);
    if (len > 0 && line[len - 1] == '\r')
        line[--len] = '\0';
    char *value = value_of_users(line + blank);
    return value != NULL ? add_users(scan, value, number) : 0;
}

int
ts_policy_add_broken(struct ts_policy *policy, struct ts_secret *text, const char *file,
                     const char *problem, bool is_untrusted, struct ts_err *err)
{
    struct scan scan = {.policy = policy, .problem = problem, .is_untrusted = is_untrusted};
    char *at = text->data;
    size_t left = text->len;
    unsigned number = 0;
    int rc = 0;

    scan.file = ts_policy_keep_text(policy, text, file);
    if (scan.file == NULL)
        return ts_err_nomem(err);
    while (left > 0 && rc == 0) {
        const char *newline = memchr(at, '\n', left);
        size_t len = newline != NULL ? (size_t)(newline - at) : left;
        size_t step = len + (newline != NULL ? 1 : 0);

        rc = scan_line(&scan, at, len, ++number);
        at += step;
        left -= step;
    }
    return rc < 0 ? ts_err_nomem(err) : 0;
}
