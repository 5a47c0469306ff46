/*
 * A URL taken apart the way git does it (credential_from_url in git's credential.c), for the `url`
 * attribute: PROTOCOL://[USERNAME[:PASSWORD]@]HOST[/PATH]. The host ends at the first '/', '?' or
 * '#'; slashes at both ends of the path are dropped.
 */
#ifndef HELPER_GIT_URL_H
#define HELPER_GIT_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/secret.h"

enum git_url_part_name {
    GIT_URL_PROTOCOL,
    GIT_URL_USERNAME,
    GIT_URL_PASSWORD,
    GIT_URL_HOST,
    GIT_URL_PATH,
    GIT_URL_PARTS_LEN,
};

/* Still percent-encoded; text is NULL where the URL does not have that part. */
struct git_url_part {
    const char *text;
    size_t len;
};

/* False where there is no protocol. The parts point into `url`. */
bool git_url_split(const char *url, size_t len, struct git_url_part ret[GIT_URL_PARTS_LEN]);

/* Replaces the contents of `ret` by the decoded part; a '%' without two hexadecimal digits stands
 * for itself, as in git. Returns 0, TS_ERR_SYNTAX where it decodes to a control character, or as
 * ts_secret_append. */
int git_url_decode(const struct git_url_part *part, struct ts_secret *ret);

#endif
