/*
 * What docker, podman and their like say to a credential helper, and the many names they have for
 * one registry (docker-credential-helpers' protocol).
 */
#ifndef HELPER_DOCKER_REQUEST_H
#define HELPER_DOCKER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define DOCKER_INPUT_MAX ((size_t)64 * 1024)

/* Docker Hub's one name in credential.conf, and what docker itself calls it. */
#define DOCKER_HUB_HOST "docker.io"
#define DOCKER_HUB_URL "https://index.docker.io/v1/"

struct docker_registry {
    char *url;  /* as asked for, without white space around; may be empty */
    char *host; /* `host` or `host:port`, Docker Hub's names made one; NULL: not one of our hosts */
    char *path; /* "/team/image" or "" */
};

void docker_registry_release(struct docker_registry *registry);

/* The raw server URL of `get` and `erase`. Returns 0 (where it names no host that could be ours,
 * ret->host is NULL) or TS_ERR_NOMEM. */
int docker_registry_parse(const char *text, size_t len, struct docker_registry *ret,
                          struct ts_err *err);

/* The JSON object of `store`: its ServerURL ("" where there is none), and whether it has a
 * username. The secret in it is dropped unread. Returns 0, TS_ERR_SYNTAX or TS_ERR_NOMEM. */
int docker_login_parse(const char *text, size_t len, struct docker_registry *ret,
                       bool *ret_has_username, struct ts_err *err);

#endif
