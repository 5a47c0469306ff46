/* What a file of keys with a mistake in it would have said: whose keys are in it. Nothing here is
 * ever accepted; it decides only who is a user with a key, and what their tokens are answered. */
#include "common/base/cleanup.h"
#include "common/policy/policy_schema.h"

#include <string.h>

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

static int
begin_section(struct scan *scan, const struct ts_ini_head *head, unsigned line)
{
    char *id = (char *)(uintptr_t)head->name;

    scan->key = 0;
    if (head->kind_len != strlen("key") || memcmp(head->kind, "key", head->kind_len) != 0)
        return 0;
    id[head->name_len] = '\0';
    return ts_text_is_key_id(id) ? add_broken_key(scan, id, line) : 0;
}

static int
add_users(struct scan *scan, char *value)
{
    struct ts_policy_key *key = &scan->policy->keys[scan->key - 1];
    struct ts_list words;
    size_t kept = 0;

    /* A second line of users is one more section of the same key. */
    if (key->users.len > 0) {
        if (add_broken_key(scan, key->id, key->line) < 0)
            return TS_ERR_NOMEM;
        key = &scan->policy->keys[scan->key - 1];
    }
    if (ts_policy_split(scan->policy, value, &words) < 0)
        return TS_ERR_NOMEM;
    for (size_t i = 0; i < words.len; i++)
        if (ts_policy_is_user_or_group(words.items[i]))
            words.items[kept++] = words.items[i];
    key->users = (struct ts_list){words.items, kept};
    return 0;
}

static int
scan_line(struct scan *scan, char *line, size_t len, unsigned number)
{
    struct ts_ini_head head;

    if (ts_ini_read_head(line, len, &head))
        return begin_section(scan, &head, number);
    if (scan->key == 0)
        return 0;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    line[len] = '\0';
    line += strspn(line, " \t");
    if (strncmp(line, "users", strlen("users")) != 0)
        return 0;
    line += strlen("users");
    line += strspn(line, " \t");
    return *line == '=' ? add_users(scan, line + 1) : 0;
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
