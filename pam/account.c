#include "pam/account.h"

#include <errno.h>
#include <stdlib.h>

#define MEMORY_FIRST ((size_t)1024)
#define MEMORY_MAX ((size_t)1024 * 1024)

static int
translate(int error, const struct passwd *found, struct ts_err *err)
{
    if (found != NULL)
        return 0;
    switch (error) {
    case 0:
    case ENOENT:
    case ESRCH:
        return ts_err_set(err, TS_ERR_NOT_FOUND, "no such local user");
    case ENOMEM:
        return ts_err_nomem(err);
    default:
        errno = error;
        return ts_err_errno(err, TS_ERR_SYSTEM, "cannot look a user up");
    }
}

int
ts_account_lookup(const char *name, struct ts_account *ret, struct ts_err *err)
{
    *ret = (struct ts_account){.memory = NULL};
    for (size_t size = MEMORY_FIRST; size <= MEMORY_MAX; size *= 4) {
        struct passwd *found = NULL;

        ts_account_release(ret);
        ret->memory = malloc(size);
        if (ret->memory == NULL)
            return ts_err_nomem(err);
        int error = getpwnam_r(name, &ret->passwd, ret->memory, size, &found);
        if (error != ERANGE)
            return translate(error, found, err);
    }
    return ts_err_set(err, TS_ERR_SYSTEM, "a user's entry is too large");
}

void
ts_account_release(struct ts_account *account)
{
    free(account->memory);
    account->memory = NULL;
}
