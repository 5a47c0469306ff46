/* The first line is a pattern, the second a host, the third a path. A pattern that is accepted
 * matches itself; nothing matches at a rank that a pattern of another kind could have. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/config/host.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_string_free) char *text = strndup((const char *)data, size);
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {.port = 0};
    char name[TS_HOST_NAME_MAX + 1] = "";
    char *rest = text;
    struct ts_err err = {0};
    unsigned port = 0;

    const char *first = strsep(&rest, "\n");
    const char *host = rest != NULL ? strsep(&rest, "\n") : "";
    bool is_host = ts_host_split(host, name, &port);
    if (is_host && (name[0] == '\0' || port == 0 || port > 65535))
        abort();
    if (ts_host_pattern_parse(first, &pattern, &err) < 0)
        return 0;
    if (!pattern.wildcard &&
        ts_host_pattern_match(&pattern, pattern.name, pattern.port, pattern.path) == 0)
        abort();
    size_t rank = is_host ? ts_host_pattern_match(&pattern, name, port, rest) : 0;
    if (rank > 0 && (rank > SIZE_MAX / 2) == pattern.wildcard)
        abort();
    return 0;
}
