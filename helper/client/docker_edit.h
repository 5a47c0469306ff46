/*
 * Edits of docker's config.json, and of the auth.json of podman and skopeo: an entry of ours in
 * `credHelpers` comes and goes, and every other member keeps its value.
 */
#ifndef HELPER_DOCKER_EDIT_H
#define HELPER_DOCKER_EDIT_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"

struct ts_json;

#define DOCKER_EDIT_OURS "thrivestack"

/* A file's text, which may be blank; `file` is how messages name it. *ret is the caller's to put.
 * 0, TS_ERR_CONFIG or TS_ERR_NOMEM. */
int docker_edit_parse(const struct ts_secret *text, const char *file, struct ts_json **ret,
                      struct ts_err *err);

/* The helper of the host, spelled as here, or NULL. Valid as long as the object. */
const char *docker_edit_helper(struct ts_json *object, const char *host);

/* Whether that helper is this program. */
bool docker_edit_is_ours(struct ts_json *object, const char *host);

/* Makes the host's helper ours. 0, TS_ERR_CONFIG where `credHelpers` is not an object, or
 * TS_ERR_NOMEM. */
int docker_edit_add(struct ts_json *object, const char *host, struct ts_err *err);

/* Takes ours out of an object that has it, and puts back what the backup, `before`, has for the
 * host. 0 or TS_ERR_NOMEM. */
int docker_edit_remove(struct ts_json *object, struct ts_json *before, const char *host,
                       struct ts_err *err);

/* Appends the object's text, the way docker itself writes the file. 0 or TS_ERR_NOMEM. */
int docker_edit_print(struct ts_json *object, struct ts_secret *ret, struct ts_err *err);

/* Whether a text has nothing in it. */
bool docker_edit_is_empty(const struct ts_secret *text);

/* Whether any helper in a text is this program; also true where that cannot be read. */
bool docker_edit_has_ours(const struct ts_secret *text);

#endif
