/*
 * Local accounts, as passwd(5) and NSS know them.
 */
#ifndef PAM_ACCOUNT_H
#define PAM_ACCOUNT_H

#include <pwd.h>

#include "common/base/error.h"
#include "common/base/secret.h"

struct ts_account {
    struct passwd passwd; /* its strings lie in `memory` */
    char *memory;
};

/* Looks an account up by name. Returns 0, TS_ERR_NOT_FOUND, TS_ERR_NOMEM or TS_ERR_SYSTEM. *ret is
 * initialised in every case and released with ts_account_release. */
int ts_account_lookup(const char *name, struct ts_account *ret, struct ts_err *err);
void ts_account_release(struct ts_account *account);

#endif
