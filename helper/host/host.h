/*
 * `host`: lets services of this host accept tokens, or undoes that. It plans as `setup` does, and
 * tries the new stack in the simulator before anything is written: users with a password, root,
 * cron and users with a token must all keep their way in.
 */
#ifndef HELPER_HOST_H
#define HELPER_HOST_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "helper/setup/plan.h"

/* How a service is made to accept tokens. */
struct host_service {
    const char *name;    /* NULL: every other service */
    const char *also;    /* a second file of the same program, changed where it exists, or NULL */
    const char *control; /* pam_edit.h */
    const char *arguments;
    bool with_session; /* the session gets the login's token */
    bool is_sshd;
};

/* The row for a service; never NULL. */
const struct host_service *host_service_find(const char *name);

/* Adds the changes to /etc/pam.d. TS_ERR_USAGE (not a name of a service), TS_ERR_CONFIG (refused,
 * with the reason and what to do) or TS_ERR_NOMEM. */
int host_plan_pam(struct setup *setup, const char *service, struct ts_err *err);

/* A stack of the service's own that takes tokens and no passwords, where it has none. Errors as
 * above. */
int host_plan_tokens_only(struct setup *setup, const char *service, struct ts_err *err);

/* Warns of a program that cuts every token, where its stack is changed. 0 or TS_ERR_NOMEM. */
int host_plan_warning(struct setup *setup, const char *service, struct ts_err *err);

/* The same for sshd's own configuration. */
int host_plan_sshd(struct setup *setup, struct ts_err *err);

/* Whether sshd accepts its configuration and now offers what the module needs. TS_ERR_CONFIG with
 * the reason. */
int host_check_sshd(struct ts_err *err);

/* /etc/pam.d as it would be: one service's file from memory (NULL: as it is), for struct
 * pam_files. */
struct host_view {
    const char *service;
    const struct ts_secret *text;
};
int host_view_read(void *context, const char *name, struct ts_secret *ret, struct ts_err *err);

/*
 * Whether the new text of one service's file keeps everybody's way in. `file` is how messages name
 * it. TS_ERR_CONFIG with the reason, or TS_ERR_NOMEM.
 */
struct host_change {
    const char *service;
    const char *file;
    const struct ts_secret *before;
    const struct ts_secret *after;
    bool token_only; /* the control of sshd, where a broken policy.conf stops users with keys */
};
int host_check_change(const struct host_change *change, struct ts_err *err);

/* Appends what `host status` prints. */
int host_status(bool as_json, struct ts_secret *ret, struct ts_err *err);

#endif
