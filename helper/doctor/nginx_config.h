/* What nginx's configuration says of PAM: the services it names, and as whom it runs. */
#ifndef HELPER_NGINX_CONFIG_H
#define HELPER_NGINX_CONFIG_H

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

struct nginx_config {
    struct ts_list services; /* of `auth_pam_service_name` */
    struct ts_list users;    /* of `user`, the first one that was read counts */
};

void nginx_config_release(struct nginx_config *config);

/* Adds what one file says. 0 or TS_ERR_NOMEM. */
int nginx_config_scan(const struct ts_secret *text, struct nginx_config *config,
                      struct ts_err *err);

/* Adds what all files below a folder say, as far as they can be read; symbolic links are followed,
 * and files over 1 MiB are left out. A folder that is missing has none. 0 or TS_ERR_NOMEM. */
int nginx_config_read(const char *folder, struct nginx_config *ret, struct ts_err *err);

#endif
