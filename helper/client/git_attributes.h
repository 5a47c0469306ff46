/*
 * What git sends a credential helper on its standard input (git-credential(1), "INPUT/OUTPUT
 * FORMAT"): `key=value` lines up to a blank line or the end.
 *
 * The reading is strict where laxness has let one host's credential go to another: LF alone ends a
 * line, a CR or NUL anywhere else refuses the input, and so do an overlong line, a line without
 * `=`, and an attribute that comes twice with different values. Attributes that are not known here
 * are ignored.
 */
#ifndef HELPER_GIT_ATTRIBUTES_H
#define HELPER_GIT_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define GIT_LINE_MAX ((size_t)65535)
#define GIT_INPUT_MAX ((size_t)1024 * 1024)

enum git_attribute {
    GIT_PROTOCOL,
    GIT_HOST,
    GIT_PATH,
    GIT_USERNAME,
    GIT_PASSWORD,
    GIT_CREDENTIAL,
    GIT_ATTRIBUTES_LEN,
};

struct git_attributes {
    struct ts_secret values[GIT_ATTRIBUTES_LEN];
    bool given[GIT_ATTRIBUTES_LEN];
    bool authtype; /* the caller said capability[]=authtype */
    bool overlong; /* a line was too long; what comes after it was not read */
};

#define GIT_ATTRIBUTES_INIT                                                                        \
    ((struct git_attributes){                                                                      \
        .values = {[0 ... GIT_ATTRIBUTES_LEN - 1] = TS_SECRET_INIT(GIT_LINE_MAX)}})

void git_attributes_release(struct git_attributes *attributes);

/* The attribute's value, or NULL where it was not given. Valid until released. */
const char *git_attributes_get(const struct git_attributes *attributes,
                               enum git_attribute attribute);

/*
 * Parses `len` bytes up to the first blank line. `url=` clears what came before it (but for the
 * capabilities, which are the caller's and not the credential's) and sets what the URL names.
 * *attributes begins as GIT_ATTRIBUTES_INIT. Returns 0, TS_ERR_USAGE with a text that does not
 * quote values, or TS_ERR_NOMEM.
 */
int git_attributes_parse(struct git_attributes *attributes, const char *text, size_t len,
                         struct ts_err *err);

/* Protocol and host must both be there and not empty: TS_ERR_USAGE otherwise. */
int git_attributes_require_host(const struct git_attributes *attributes, struct ts_err *err);

#endif
