/* `policy list`: the keys, what they open, where they are, and what is wrong with them. */
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "helper/command/policy.h"

#define COMMENT_MAX 128
#define WIDTH 80
#define INDENT 12 /* of values */

struct listing {
    const struct policy_call *call;
    struct ts_policy policy;
    struct ts_policy_info info; /* the worker's */
    struct ts_list comments;    /* of the keys, in their order */
};

static void
release_listing(struct listing *listing)
{
    ts_policy_release(&listing->policy);
    ts_policy_info_release(&listing->info);
    ts_list_release(&listing->comments);
}

/* Files come in the order in which the policy has read them. */
static int
find_comments(struct policy_file *file, void *context, struct ts_err *err)
{
    struct listing *listing = context;
    const struct ts_policy *policy = &listing->policy;
    size_t block = 0;

    while (listing->comments.len < policy->keys_len) {
        const struct ts_policy_key *key = &policy->keys[listing->comments.len];
        char comment[COMMENT_MAX] = "";

        if (strcmp(key->file, file->path) != 0)
            return 0;
        while (block < file->blocks.len && file->blocks.items[block].line < key->line)
            block++;
        if (block < file->blocks.len && file->blocks.items[block].line == key->line)
            policy_text_comment(file->text.data, &file->blocks.items[block], comment,
                                sizeof(comment));
        int rc = ts_list_add(&listing->comments, comment, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Of a key: its own, or that of its public key, which the worker has read. */
static const char *
problem_of(const struct listing *listing, const struct ts_policy_key *key)
{
    char place[4096 + 32];

    if (key->problem != NULL)
        return key->problem;
    (void)snprintf(place, sizeof(place), "%s:%u: public_key", key->file, key->public_key_line);
    for (size_t i = 0; i < listing->info.problems.len; i++)
        if (strncmp(listing->info.problems.items[i], place, strlen(place)) == 0)
            return listing->info.problems.items[i];
    return NULL;
}

/* A word that would pass the width begins a line of its own. */
static int
print_words(const char *label, const struct ts_list *words, struct ts_secret *ret)
{
    int rc = ts_secret_append_format(ret, "  %-*s", INDENT - 2, label);
    size_t column = INDENT;

    for (size_t i = 0; i < words->len && rc == 0; i++) {
        const size_t len = strlen(words->items[i]);
        const bool wraps = column > INDENT && column + 1 + len > WIDTH;

        rc = ts_secret_append_format(ret, "%s%*s%s",
                                     wraps             ? "\n"
                                     : column > INDENT ? " "
                                                       : "",
                                     wraps ? INDENT : 0, "", words->items[i]);
        column = (wraps ? INDENT : column + (column > INDENT)) + len;
    }
    return rc < 0 ? rc : ts_secret_append_string(ret, "\n");
}

static int
print_text(const char *label, const char *text, struct ts_secret *ret)
{
    struct ts_err ignored = {0};
    TS_CLEANUP(ts_list_release) struct ts_list words = {NULL, 0};

    return ts_list_add_split(&words, text, &ignored) < 0 ? TS_ERR_NOMEM
                                                         : print_words(label, &words, ret);
}

static void
describe_expiry(const struct ts_policy_key *key, char ret[32])
{
    if (key->expires == INT64_MAX)
        (void)snprintf(ret, 32, "never");
    else
        ts_text_rfc3339(ret, key->expires);
    ret[strlen("YYYY-MM-DD")] = '\0';
}

static int
print_key(const struct listing *listing, size_t index, struct ts_secret *ret)
{
    const struct ts_policy_key *key = &listing->policy.keys[index];
    const char *comment = listing->comments.items[index];
    const char *problem = problem_of(listing, key);
    char expires[32], place[4096 + 32];

    describe_expiry(key, expires);
    (void)snprintf(place, sizeof(place), "%s:%u", key->file, key->line);
    int rc = ts_secret_append_format(ret, "%s%s\n", index > 0 ? "\n" : "", key->id);
    if (rc == 0 && comment[0] != '\0')
        rc = print_text("comment", comment, ret);
    if (rc == 0)
        rc = print_words("users", &key->users, ret);
    if (rc == 0)
        rc = print_words("services", &key->services, ret);
    if (rc == 0)
        rc = print_words("scopes", &key->scopes, ret);
    if (rc == 0)
        rc = print_text("expires", expires, ret);
    if (rc == 0)
        rc = print_text("file", place, ret);
    return rc == 0 && problem != NULL ? print_text("WRONG", problem, ret) : rc;
}

static int
print_keys(const struct listing *listing, struct ts_secret *ret)
{
    int rc = 0;

    for (size_t i = 0; i < listing->policy.keys_len && rc == 0; i++)
        rc = print_key(listing, i, ret);
    if (rc == 0 && listing->policy.keys_len == 0)
        rc = ts_secret_append_format(ret, "%s and %s have no keys\n", listing->call->site->policy,
                                     listing->call->site->keys);
    return rc;
}

static void
clean_list(struct ts_json_writer *json, const char *name, const struct ts_list *list)
{
    char text[TS_ERR_TEXT_MAX];

    ts_json_open(json, name, '[');
    for (size_t i = 0; i < list->len; i++) {
        ts_text_clean(text, sizeof(text), list->items[i], strlen(list->items[i]));
        ts_json_write_string(json, NULL, text);
    }
    ts_json_close(json, ']');
}

/* A text, or null where there is none. */
static void
clean_text(struct ts_json_writer *json, const char *name, const char *text)
{
    char clean[4096];

    if (text != NULL)
        ts_text_clean(clean, sizeof(clean), text, strlen(text));
    ts_json_write_string(json, name, text != NULL ? clean : NULL);
}

static void
list_key(const struct listing *listing, size_t index, struct ts_json_writer *json)
{
    const struct ts_policy_key *key = &listing->policy.keys[index];
    char expires[32];

    describe_expiry(key, expires);
    ts_json_open(json, NULL, '{');
    ts_json_write_string(json, "id", key->id);
    ts_json_write_string(json, "comment", listing->comments.items[index]);
    clean_list(json, "users", &key->users);
    clean_list(json, "services", &key->services);
    clean_list(json, "scopes", &key->scopes);
    ts_json_write_integer(json, "max_lifetime", key->max_lifetime);
    ts_json_write_string(json, "expires", key->expires == INT64_MAX ? NULL : expires);
    clean_text(json, "file", key->file);
    ts_json_write_integer(json, "line", key->line);
    clean_text(json, "problem", problem_of(listing, key));
    ts_json_close(json, '}');
}

static int
print_json(const struct listing *listing, struct ts_secret *ret)
{
    struct ts_json_writer json = ts_json_begin(ret);

    ts_json_open(&json, "keys", '[');
    for (size_t i = 0; i < listing->policy.keys_len; i++)
        list_key(listing, i, &json);
    ts_json_close(&json, ']');
    clean_list(&json, "problems", &listing->info.problems);
    return ts_json_end_line(&json);
}

/* Problems that are no single key's, such as a file that cannot be read. */
static void
report_others(const struct listing *listing)
{
    const struct ts_list *problems = &listing->policy.problems;

    for (size_t i = 0; i < problems->len; i++) {
        bool is_shown = false;

        for (size_t j = 0; j < listing->policy.keys_len && !is_shown; j++)
            is_shown = listing->policy.keys[j].problem == problems->items[i];
        if (!is_shown)
            policy_warn("%s", problems->items[i]);
    }
}

int
policy_list(const struct policy_call *call, struct ts_err *err)
{
    TS_CLEANUP(release_listing) struct listing listing = {.call = call};
    const struct ts_policy_trust trust = policy_trust();
    const bool as_json = (call->helper->options.given & OPTION_JSON) != 0;
    int rc = ts_policy_load(call->site->policy, &trust, &listing.policy, err);

    if (rc == 0)
        rc = policy_ask(TS_JOB_POLICY, call->site->policy, &listing.info, err);
    if (rc == 0)
        rc = policy_each_file(call->site, find_comments, &listing, err);
    while (rc == 0 && listing.comments.len < listing.policy.keys_len)
        rc = ts_list_add(&listing.comments, "", err);
    if (rc < 0)
        return rc;
    report_others(&listing);
    rc = as_json ? print_json(&listing, call->answer) : print_keys(&listing, call->answer);
    return rc < 0 ? ts_err_nomem(err) : 0;
}
