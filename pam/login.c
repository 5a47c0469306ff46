#include "pam/login.h"

#include <stdlib.h>

#include "pam/sealed.h"

#define DATA_NAME "pam_thrivestack_login"

/* libpam hands data out as const; the indirection keeps what is behind it mutable. */
struct holder {
    struct ts_login login;
    struct ts_login *mutable_login;
};

static void
clean_up(pam_handle_t *pamh, void *data, int status)
{
    struct holder *holder = data;

    (void)pamh;
    (void)status;
    ts_secret_release(&holder->login.sealed);
    free(holder);
}

struct ts_login *
ts_login_find(pam_handle_t *pamh)
{
    const void *data = NULL;

    if (pam_get_data(pamh, DATA_NAME, &data) != PAM_SUCCESS || data == NULL)
        return NULL;
    const struct holder *holder = data;
    return holder->mutable_login;
}

struct ts_login *
ts_login_get(pam_handle_t *pamh)
{
    struct ts_login *login = ts_login_find(pamh);

    if (login != NULL)
        return login;
    struct holder *holder = calloc(1, sizeof(*holder));
    if (holder == NULL)
        return NULL;
    holder->login.sealed.max = TS_SEALED_MAX;
    holder->mutable_login = &holder->login;
    if (pam_set_data(pamh, DATA_NAME, holder, clean_up) != PAM_SUCCESS) {
        free(holder);
        return NULL;
    }
    return holder->mutable_login;
}

void
ts_login_reset(struct ts_login *login)
{
    ts_secret_release(&login->sealed);
    login->by_token = false;
}
