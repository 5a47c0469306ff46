#include "pam/login.h"

#include <stdlib.h>
#include <string.h>

#define DATA_NAME "pam_thrivestack_login"

/* libpam hands data out as const; the indirection keeps what is behind it mutable. */
struct holder {
    struct ts_login login;
    struct ts_login *mutable_login;
};

void
ts_login_discard_file(struct ts_login *login)
{
    struct ts_err ignored;

    if (login->path[0] == '\0' || login->is_open)
        return;
    /* What cannot be removed now is pruned when its user logs in again. */
    (void)ts_token_file_remove(login->path, login->uid, true, &ignored);
    login->path[0] = '\0';
}

static void
clean_up(pam_handle_t *pamh, void *data, int status)
{
    struct holder *holder = data;

    (void)pamh;
    /* A forked child ends its copy of the handle with PAM_DATA_SILENT; the login goes on. */
    if (((unsigned)status & PAM_DATA_SILENT) == 0)
        ts_login_discard_file(&holder->login);
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
    ts_login_discard_file(login);
    if (!login->is_open)
        login->path[0] = '\0';
    login->by_token = false;
}
