/* What setup adds to git's configuration is there once, however often it is added, and whatever
 * the file was, nothing of it is left afterwards; but for newlines at the file's end. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/git_edit.h"
#include "helper/setup/setup_file.h"

static const struct git_block blocks[] = {
    {"git.example.com", "/usr/bin/git-credential-thrivestack", false},
    {"h:8443/a\"b", "'/a ;#/git-credential-thrivestack' --config \\x", true},
};

static void
check_round(const struct ts_secret *text, const struct git_block *first,
            const struct git_block *second)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret one = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret two = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret left = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret none = TS_SECRET_INIT(SETUP_FILE_MAX);

    if (git_edit_add(text, first, &one) < 0 || git_edit_add(&one, second, &two) < 0 ||
        git_edit_add(&two, second, &again) < 0 || !ts_secret_equal(&two, &again) ||
        git_edit_remove(&two, first->host, &left) < 0 || !git_edit_has_block(&left) ||
        git_edit_remove(&left, second->host, &none) < 0 || git_edit_has_block(&none) ||
        !setup_file_same_lines(text, &none))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX / 2);
    TS_CLEANUP(ts_secret_release) struct ts_secret left = TS_SECRET_INIT(SETUP_FILE_MAX);

    if (ts_secret_append(&text, data, size) < 0 ||
        git_edit_remove(&text, blocks[0].host, &left) < 0)
        return 0;
    /* A block of somebody else's making is not put back. */
    if (memmem(data, size, "thrivestack-credential setup", 28) != NULL)
        return left.len <= text.len ? 0 : (abort(), 0);
    check_round(&text, &blocks[0], &blocks[1]);
    check_round(&text, &blocks[1], &blocks[0]);
    return 0;
}
