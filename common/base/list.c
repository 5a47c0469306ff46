#include "common/base/text.h"
#include "common/base/cleanup.h"

#include <stdlib.h>
#include <string.h>

void
ts_list_release(struct ts_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        free(list->items[i]);
    free(list->items);
    list->items = NULL;
    list->len = 0;
}

int
ts_list_add_len(struct ts_list *list, const char *item, size_t len, struct ts_err *err)
{
    char **items = ts_array_grow(list->items, list->len, sizeof(*items));

    if (items == NULL)
        return ts_err_nomem(err);
    list->items = items;
    items[list->len] = strndup(item, len);
    if (items[list->len] == NULL)
        return ts_err_nomem(err);
    list->len++;
    return 0;
}

int
ts_list_add(struct ts_list *list, const char *item, struct ts_err *err)
{
    return ts_list_add_len(list, item, strlen(item), err);
}

int
ts_list_add_split(struct ts_list *list, const char *text, struct ts_err *err)
{
    static const char blanks[] = " \t";

    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        size_t len = strcspn(text, blanks);
        int rc = ts_list_add_len(list, text, len, err);

        if (rc < 0)
            return rc;
        text += len;
    }
    return 0;
}

int
ts_list_copy(struct ts_list *to, const struct ts_list *from, struct ts_err *err)
{
    struct ts_list copy = {NULL, 0};

    for (size_t i = 0; i < from->len; i++) {
        int rc = ts_list_add(&copy, from->items[i], err);

        if (rc < 0) {
            ts_list_release(&copy);
            return rc;
        }
    }
    ts_list_release(to);
    *to = copy;
    return 0;
}

bool
ts_list_has(const struct ts_list *list, const char *item)
{
    for (size_t i = 0; i < list->len; i++)
        if (strcmp(list->items[i], item) == 0)
            return true;
    return false;
}

bool
ts_list_has_all(const struct ts_list *list, const struct ts_list *wanted)
{
    for (size_t i = 0; i < wanted->len; i++)
        if (!ts_list_has(list, wanted->items[i]))
            return false;
    return true;
}

static int
compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void
ts_list_normalize(struct ts_list *list)
{
    size_t kept = 0;

    if (list->len < 2)
        return;
    qsort(list->items, list->len, sizeof(*list->items), compare_strings);
    for (size_t i = 1; i < list->len; i++) {
        if (strcmp(list->items[kept], list->items[i]) == 0)
            free(list->items[i]);
        else
            list->items[++kept] = list->items[i];
    }
    list->len = kept + 1;
}

int
ts_list_join(const struct ts_list *list, char separator, struct ts_secret *ret)
{
    for (size_t i = 0; i < list->len; i++) {
        int rc = i > 0 ? ts_secret_append(ret, &separator, 1) : 0;

        if (rc == 0)
            rc = ts_secret_append_string(ret, list->items[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}
