/* Any bytes as a token's file in the cache: what is read is of this identity, can be handed out,
 * and is read as the same once it is written again. */
#include "tests/fuzz/fuzz.h"

#include "common/cache/cache_files.h"
#include "common/base/cleanup.h"
#include "tests/fuzz/scratch.h"

static char mine[] = "mine", other[] = "other";
static const struct ts_identity identity = {{mine, 4, 5, 5}, FUZZ_HASH};
static const struct ts_identity foreign = {{other, 5, 6, 6}, FUZZ_HASH};

static int
count(void *context, int fd, const char *name, const struct ts_cache_entry *entry,
      struct ts_err *err)
{
    (void)fd, (void)err;
    if (strcmp(name, FUZZ_HASH) != 0 || (entry != NULL && entry->profile == NULL))
        abort();
    *(int *)context += entry != NULL;
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_CACHE_FILE_MAX + 1);
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry first = TS_CACHE_ENTRY_INIT;
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry again = TS_CACHE_ENTRY_INIT;
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry none = TS_CACHE_ENTRY_INIT;
    int fd = fuzz_scratch(), found = 0;
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0 ||
        !ts_cache_file_write(fd, FUZZ_HASH ".json", &text))
        return 0;
    bool is_mine = ts_cache_read(fd, &identity, &first);
    if (ts_cache_walk(fd, count, &found, NULL, &err) < 0 || found > 1 || (is_mine && found == 0) ||
        (is_mine && ts_cache_read(fd, &foreign, &none)))
        abort();
    if (is_mine &&
        (!ts_text_is_token(ts_secret_string(&first.grant.token), first.grant.token.len) ||
         fuzz_has_control(first.grant.response_id) || first.grant.life > TS_TOKEN_LIFE_MAX ||
         first.grant.received.wall < 0 || !ts_cache_write(fd, &identity, &first) ||
         !ts_cache_read(fd, &identity, &again) ||
         !ts_secret_equal(&first.grant.token, &again.grant.token)))
        abort();
    return 0;
}
