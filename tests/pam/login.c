#include "login.h"

#include "driver.h"

#include <err.h>

struct conversation {
    const struct login *login;
    struct script script;
};

/* The one who answers is not to fail. */
static int
converse(int count, const struct pam_message **messages, struct pam_response **ret, void *data)
{
    struct conversation *conversation = data;
    const struct login *login = conversation->login;
    int paused = login->pause != NULL ? login->pause() : 0;
    int rc = script_converse(count, messages, ret, &conversation->script);

    if (login->resume != NULL)
        login->resume(paused);
    return rc;
}

static void
set_ruser(pam_handle_t *pamh, const char *ruser)
{
    if (ruser != NULL && pam_set_item(pamh, PAM_RUSER, ruser) != PAM_SUCCESS)
        errx(2, "pam_set_item");
}

void
login_run(const struct login *login, int ret[LOGIN_STEPS])
{
    struct conversation conversation = {
        login, {.answers = {login->token}, .answers_len = 1, .repeats = 1, .silent = 1}};
    const struct pam_conv conv = {converse, &conversation};
    pam_handle_t *pamh = NULL;

    for (int i = 0; i < LOGIN_STEPS; i++)
        ret[i] = -1;
    if (pam_start_confdir(login->service, login->user, &conv, login->confdir, &pamh) != PAM_SUCCESS)
        errx(2, "pam_start_confdir");
    set_ruser(pamh, login->ruser);
    if (login->begin != NULL)
        login->begin();
    ret[LOGIN_AUTHENTICATE] = pam_authenticate(pamh, 0);
    if (ret[LOGIN_AUTHENTICATE] == PAM_SUCCESS && login->sessions) {
        ret[LOGIN_SETCRED] = pam_setcred(pamh, PAM_ESTABLISH_CRED);
        ret[LOGIN_OPEN] = pam_open_session(pamh, 0);
        ret[LOGIN_CLOSE] = pam_close_session(pamh, 0);
    }
    if (login->end != NULL)
        login->end();
    (void)pam_end(pamh, PAM_SUCCESS);
}
