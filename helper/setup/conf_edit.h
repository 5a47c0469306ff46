/*
 * Edits of the text of credential.conf(5) that leave everything else in it as it is, byte by byte,
 * and can be undone: what `setup` writes carries a mark, a comment that names the client and the
 * host. A mark above a [host] section says that the section was made for this client; one inside a
 * section, that the setting below it was.
 *
 *     # thrivestack-credential setup ssh build.example.com
 *     [host build.example.com]
 *     # thrivestack-credential setup ssh build.example.com
 *     askpass = yes
 */
#ifndef HELPER_CONF_EDIT_H
#define HELPER_CONF_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/secret.h"

struct conf_wiring {
    const char *client;  /* "git", "docker", "ssh" */
    const char *host;    /* a host pattern without a wildcard */
    const char *key;     /* a setting that the section must have, or NULL */
    const char *value;   /* its value */
    const char *profile; /* `profile` of a section that is made, or NULL */
    bool make;           /* make the section where the file has none */
};

/*
 * Appends to `ret` the text with what the wiring needs; unchanged where all of it is there. `file`
 * is how messages name it. Returns 0, TS_ERR_CONFIG (the text does not parse, or the setting is
 * there with another value) or TS_ERR_NOMEM.
 */
int conf_edit_add(const struct ts_secret *text, const char *file, const struct conf_wiring *wiring,
                  struct ts_secret *ret, struct ts_err *err);

/* The text without what conf_edit_add put there for this client and host. A section that has since
 * got settings of its own, or that another client was set up with, stays. Returns as above. */
int conf_edit_remove(const struct ts_secret *text, const char *file,
                     const struct conf_wiring *wiring, struct ts_secret *ret, struct ts_err *err);

#endif
