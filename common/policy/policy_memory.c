/* A policy's own memory: the texts of its files, lists that lie in them, and messages. One
 * allocation serves many keys, because a host may have 10,000. */
#include "common/base/cleanup.h"
#include "common/policy/policy_schema.h"

#include <string.h>

#define POOL_LEN ((size_t)1024) /* pointers */

struct ts_policy_text {
    char *file;
    struct ts_secret text;
};

void
ts_policy_release_memory(struct ts_policy *policy)
{
    for (size_t i = 0; i < policy->texts_len; i++) {
        free(policy->texts[i].file);
        ts_secret_release(&policy->texts[i].text);
    }
    for (size_t i = 0; i < policy->pools_len; i++)
        free(policy->pools[i]);
    free(policy->texts);
    free(policy->pools);
    ts_list_release(&policy->problems);
}

const char *
ts_policy_keep_text(struct ts_policy *policy, struct ts_secret *text, const char *file)
{
    struct ts_policy_text *texts = ts_array_grow(policy->texts, policy->texts_len, sizeof(*texts));

    if (texts == NULL)
        return NULL;
    policy->texts = texts;
    struct ts_policy_text *kept = &texts[policy->texts_len];
    *kept = (struct ts_policy_text){strdup(file), TS_SECRET_INIT(0)};
    if (kept->file == NULL)
        return NULL;
    policy->texts_len++;
    policy->texts_bytes += text->len;
    ts_secret_move(&kept->text, text);
    return kept->file;
}

const char *
ts_policy_add_problem(struct ts_policy *policy, const char *text)
{
    struct ts_err ignored = {0};

    if (ts_list_add(&policy->problems, text, &ignored) < 0)
        return NULL;
    return policy->problems.items[policy->problems.len - 1];
}

static char **
share_items(struct ts_policy *policy, size_t len)
{
    if (len > policy->pool_left) {
        size_t room = len > POOL_LEN ? len : POOL_LEN;
        char ***pools = reallocarray(policy->pools, policy->pools_len + 1, sizeof(*pools));

        if (pools == NULL)
            return NULL;
        policy->pools = pools;
        char **pool = calloc(room, sizeof(*pool));
        if (pool == NULL)
            return NULL;
        pools[policy->pools_len++] = pool;
        policy->pool_left = room;
        policy->pool_next = pool;
    }
    char **items = policy->pool_next;
    policy->pool_next += len;
    policy->pool_left -= len;
    return items;
}

static char *
skip_blanks(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

static char *
skip_word(char *text)
{
    while (*text != '\0' && *text != ' ' && *text != '\t')
        text++;
    return text;
}

static size_t
count_words(char *text)
{
    size_t count = 0;

    for (text = skip_blanks(text); *text != '\0'; text = skip_blanks(skip_word(text)))
        count++;
    return count;
}

int
ts_policy_split(struct ts_policy *policy, char *text, struct ts_list *ret)
{
    /* As many as there can be, which is enough to know of all but the longest. */
    const size_t most = strlen(text) / 2 + 1;
    const size_t room = most <= POOL_LEN ? most : count_words(text);
    char **items = share_items(policy, room);

    *ret = (struct ts_list){items, 0};
    if (items == NULL)
        return room == 0 ? 0 : TS_ERR_NOMEM;
    for (text = skip_blanks(text); *text != '\0'; text = skip_blanks(text)) {
        items[ret->len++] = text;
        text = skip_word(text);
        if (*text != '\0')
            *text++ = '\0';
    }
    policy->pool_next -= room - ret->len;
    policy->pool_left += room - ret->len;
    return 0;
}
