/* Programs started through common/process/spawn.h, and what is expected of them. Failures end the
 * test. */
#ifndef TS_SPAWN_FIXTURE_H
#define TS_SPAWN_FIXTURE_H

#include "common/process/spawn.h"

/* Longer than any test takes that passes. */
#define LONG_MS 60000

extern const char *const no_environment[];

/* No descriptors and no identity; the functions below give it no_environment. */
extern const struct ts_spawn plain;

/* Runs `script` in a shell: its exit status, or a negative enum ts_error. */
int exchange(const struct ts_spawn *base, const char *script, const char *input,
             struct ts_secret *output, int64_t timeout_ms, struct ts_err *err);

/* `script` exits 0 and prints exactly that. */
void expect_output(const struct ts_spawn *base, const char *script, const char *expected);

/* `path` cannot be started, for the reason `text`. Returns 0. */
int expect_failure(const struct ts_spawn *base, const char *path, const char *text);

#endif
