/* `policy remove`: a key is removed wherever it is. */
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "helper/command/policy.h"

struct removal {
    const char *id;
    const char *keep;
    struct ts_secret *answer;
    size_t count;
};

static size_t
count_sections(const struct policy_blocks *blocks, const char *id)
{
    size_t count = 0;

    for (size_t i = 0; i < blocks->len; i++)
        count += blocks->items[i].is_key && strcmp(blocks->items[i].id, id) == 0;
    return count;
}

static int
rewrite(const struct policy_file *file, const char *id, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_POLICY_FILE_MAX);

    if (policy_text_without(ts_secret_string(&file->text), file->text.len, &file->blocks, id,
                            &text) < 0)
        return ts_err_nomem(err);
    return policy_file_write(file, &text, err);
}

static int
remove_file(const char *path, struct ts_err *err)
{
    return unlink(path) == 0 ? 0 : ts_err_errno(err, TS_ERR_OUTPUT, "%s cannot be removed", path);
}

/* A file of keys.d that holds nothing else goes as a whole. */
static int
remove_from(struct policy_file *file, void *context, struct ts_err *err)
{
    struct removal *removal = context;
    const size_t count = count_sections(&file->blocks, removal->id);

    if (count == 0 || (removal->keep != NULL && strcmp(file->path, removal->keep) == 0))
        return 0;
    int rc = file->is_keys && count == file->blocks.len ? remove_file(file->path, err)
                                                        : rewrite(file, removal->id, err);
    if (rc < 0)
        return rc;
    removal->count += count;
    if (ts_secret_append_format(removal->answer, "removed key %s from %s\n", removal->id,
                                file->path) < 0)
        return ts_err_nomem(err);
    return 0;
}

int
policy_remove_key(const struct policy_site *site, const char *id, const char *keep,
                  struct ts_secret *answer, size_t *ret_count, struct ts_err *err)
{
    struct removal removal = {.id = id, .keep = keep, .answer = answer};
    int rc = policy_each_file(site, remove_from, &removal, err);

    *ret_count = removal.count;
    return rc;
}

int
policy_remove(const struct policy_call *call, struct ts_err *err)
{
    const char *id = call->argument;
    size_t count = 0;

    if (!ts_text_is_key_id(id))
        return ts_err_set(err, TS_ERR_USAGE,
                          "'%s' is not a key ID: 1 to 64 letters, digits, '-' and '_'", id);
    int rc = policy_remove_key(call->site, id, NULL, call->answer, &count, err);
    if (rc == 0 && count == 0)
        return ts_err_set(err, TS_ERR_KEY,
                          "no key %s in %s or %s: `thrivestack-credential policy list` shows the "
                          "keys there are",
                          id, call->site->policy, call->site->keys);
    return rc;
}
