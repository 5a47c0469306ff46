/* Any bytes as a failure's file, and as the file of a token that is given in parts, with a proof or
 * without: what is read is of this identity, and can be printed. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "common/cache/cache_files.h"
#include "common/base/cleanup.h"
#include "tests/fuzz/scratch.h"

static char mine[] = "mine", other[] = "other";
static const struct ts_identity identity = {{mine, 4, 5, 5}, FUZZ_HASH};
static const struct ts_identity foreign = {{other, 5, 6, 6}, FUZZ_HASH};

/* A token, or a token and its proof. */
static bool
is_whole(const struct ts_secret *text)
{
    const char *mark = memchr(text->data, '~', text->len);
    const size_t len = mark != NULL ? (size_t)(mark - text->data) : text->len;

    return ts_text_is_token(text->data, len) &&
           (mark == NULL || ts_text_is_token(mark + 1, text->len - len - 1));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_CACHE_FILE_MAX + 1);
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    struct ts_cache_failure failure = {.err = {.code = 0}};
    const uint32_t nothing = ts_text_fnv1a32("", 0);
    int fd = fuzz_scratch();

    if (ts_secret_append(&text, data, size) < 0 ||
        !ts_cache_file_write(fd, FUZZ_HASH ".fail", &text))
        return 0;
    if (ts_cache_read_failure(fd, &identity, &failure) &&
        (failure.err.code >= 0 || fuzz_has_control(failure.err.text) || failure.when.wall < 0 ||
         fuzz_has_control(failure.err.response_id) ||
         ts_cache_read_failure(fd, &foreign, &failure) ||
         !ts_cache_write_failure(fd, &identity, &failure) ||
         !ts_cache_read_failure(fd, &identity, &failure)))
        abort();
    if (renameat(fd, FUZZ_HASH ".fail", fd, "parts-" FUZZ_HASH) != 0)
        abort();
    if (ts_cache_find_parts(fd, &identity, 0, nothing, &token) &&
        (token.len == 0 || !is_whole(&token) ||
         ts_cache_find_parts(fd, &foreign, 0, nothing, &token)))
        abort();
    return 0;
}
