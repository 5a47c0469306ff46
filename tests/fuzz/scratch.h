/* A folder of a target's own, in TMPDIR or /tmp, for what is read from files by name; gone when the
 * program ends. */
#ifndef TS_FUZZ_SCRATCH_H
#define TS_FUZZ_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/cache/cache.h"

/* One name for every identity, as if all their hashes collided. */
#define FUZZ_HASH "0123456789abcdef"

static char fuzz_scratch_path[256];

static void
fuzz_scratch_remove(void)
{
    int fd = ts_cache_open(fuzz_scratch_path);

    ts_cache_remove_all(fd);
    close(fd);
    (void)rmdir(fuzz_scratch_path);
}

/* The folder, opened as the cache opens its own, made where this is the first call. */
static inline int
fuzz_scratch(void)
{
    static int fd = -1;
    const char *folder = getenv("TMPDIR");

    if (fd >= 0)
        return fd;
    (void)snprintf(fuzz_scratch_path, sizeof(fuzz_scratch_path), "%s/thrivestack-fuzz.XXXXXX",
                   folder != NULL ? folder : "/tmp");
    if (mkdtemp(fuzz_scratch_path) == NULL || (fd = ts_cache_open(fuzz_scratch_path)) < 0 ||
        atexit(fuzz_scratch_remove) != 0)
        abort();
    return fd;
}

#endif
