/* What nginx's configuration says about PAM, from the output of `nginx -T`. */
#ifndef HELPER_NGINX_CONFIG_H
#define HELPER_NGINX_CONFIG_H

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

struct nginx_config {
    struct ts_list services; /* of `auth_pam_service_name` */
    struct ts_list users;    /* of `user`; the first one counts */
};

void nginx_config_release(struct nginx_config *config);

/* Adds what the text says. 0 or TS_ERR_NOMEM. */
int nginx_config_scan(const struct ts_secret *text, struct nginx_config *config,
                      struct ts_err *err);

#endif
