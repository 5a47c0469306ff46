/* What `key check` finds: one line each, and the exit code that follows from all of them. */
#ifndef HELPER_KEY_FINDINGS_H
#define HELPER_KEY_FINDINGS_H

#include <stdint.h>
#include <sys/stat.h>

#include "common/job/job.h"
#include "common/base/secret.h"

/* A key that ends this soon is worth a warning. */
#define KEY_EXPIRY_WARNING_DAYS 14

enum key_level { KEY_OK, KEY_WARN, KEY_FAIL };

struct key_findings {
    struct ts_secret *text; /* appended to; the caller's */
    int code; /* negative enum ts_error, or 0 where nothing needs doing; TS_ERR_CONFIG counts most
               */
};

/* Appends `LEVEL: TEXT` on a line of its own. `code` is what it adds up to where it is not KEY_OK.
 * Returns as ts_secret_append. */
int key_findings_add(struct key_findings *findings, enum key_level level, int code,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Identity, size, expiry and rotation. `now` is Unix seconds. Returns as ts_secret_append. */
int key_findings_check(struct key_findings *findings, const struct ts_key_info *info, int64_t now);

/* Owner and mode of the key's file, which the worker has accepted, and of the folder it is in.
 * `uid` is whose key it is. Returns as ts_secret_append. */
struct key_file_state {
    const char *file;
    const struct stat *file_stat;
    const char *folder;
    const struct stat *folder_stat;
    uid_t uid;
};
int key_findings_check_file(struct key_findings *findings, const struct key_file_state *state);

#endif
