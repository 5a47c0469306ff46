/* The files in which docker, and podman and skopeo, keep credential helpers and passwords. */
#ifndef HELPER_DOCKER_CONFIG_H
#define HELPER_DOCKER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

struct ts_json;

#define DOCKER_CONFIG_FILES 3

/* docker's own at index 0, then those of podman and skopeo, whether or not they exist; *ret is the
 * caller's to free. 0, TS_ERR_NOT_FOUND (nothing says where this one would be), TS_ERR_CONFIG (no
 * home) or TS_ERR_NOMEM. */
int docker_config_path(size_t index, char **ret, struct ts_err *err);

/* Whether `auths` of such a file holds a password for a host, under any of its spellings. */
bool docker_config_has_password(struct ts_json *object, const char *host);

/*
 * The helper that the file's client finds in `credHelpers` for a host, or NULL. `index` is the
 * file's. The key has to be as the client spells it, letter by letter: the host in lower case, and
 * for Docker Hub docker's own URL or, for podman and skopeo, `docker.io`. Valid as long as the
 * object.
 */
const char *docker_config_helper(struct ts_json *object, size_t index, const char *host);

#endif
