/* Input that is accepted holds a host, and no value that could start a line of its own. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/git_attributes.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(git_attributes_release) struct git_attributes asked = GIT_ATTRIBUTES_INIT;
    struct ts_err err = {0};

    if (git_attributes_parse(&asked, (const char *)data, size, &err) < 0 ||
        git_attributes_require_host(&asked, &err) < 0) {
        if (err.code != TS_ERR_USAGE || err.text[0] == '\0')
            abort();
        return 0;
    }
    if (git_attributes_get(&asked, GIT_HOST)[0] == '\0')
        abort();
    for (size_t i = 0; i < GIT_ATTRIBUTES_LEN; i++) {
        const struct ts_secret *value = &asked.values[i];

        if (value->len > 0 && (memchr(value->data, '\n', value->len) != NULL ||
                               memchr(value->data, '\r', value->len) != NULL ||
                               memchr(value->data, '\0', value->len) != NULL))
            abort();
    }
    return 0;
}
