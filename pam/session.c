#include "pam/session.h"

#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/policy/decide.h"
#include "common/policy/module_options.h"
#include "common/policy/token.h"
#include "pam/account.h"
#include "pam/audit.h"
#include "pam/sealed.h"

/* The sealed login, from authenticate to setcred or open_session. */
#define SEALED_VARIABLE "THRIVESTACK_LOGIN"
#define VARIABLE_MAX (TS_SEALED_MAX + 64)

/* What a program may take from a login to its session, in seconds past the expiry of the token. */
#define LOGIN_MAX 600

static bool
has_sessions(const char *service)
{
    static const char *const others[] = {"su", "sudo"};
    const char *name = ts_policy_service_name(service);

    for (size_t i = 0; i < TS_ARRAY_LEN(others); i++)
        if (strcmp(name, others[i]) == 0)
            return false;
    return geteuid() == 0;
}

static const char *
item_of(pam_handle_t *pamh, int item)
{
    const void *value = NULL;

    return pam_get_item(pamh, item, &value) == PAM_SUCCESS && value != NULL ? value : "";
}

static int export(pam_handle_t *pamh, const char *variable, const char *value)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(VARIABLE_MAX);

    if (ts_secret_append_strings(&text, variable, "=", value, NULL) < 0)
        return PAM_BUF_ERR;
    return pam_putenv(pamh, text.data);
}

/* libpam logs an error where there is nothing to withdraw. */
static void
withdraw(pam_handle_t *pamh, const char *variable)
{
    if (pam_getenv(pamh, variable) != NULL)
        (void)pam_putenv(pamh, variable);
}

void
ts_session_forget(pam_handle_t *pamh, struct ts_login *login)
{
    withdraw(pamh, SEALED_VARIABLE);
    ts_login_reset(login);
}

/* Keeps the token for this process and for the one that this one may be forked from. */
static int
keep_sealed(pam_handle_t *pamh, struct ts_login *login, const struct ts_session_token *token,
            struct ts_err *err)
{
    const struct ts_sealed_login sealed = {.service = token->service, .user = token->user};

    ts_secret_clear(&login->sealed);
    int rc = ts_sealed_write(&sealed, token->token, token->expires, &login->sealed, err);
    if (rc < 0)
        return rc;
    return export(pamh, SEALED_VARIABLE, login->sealed.data) == PAM_SUCCESS ? 0 : ts_err_nomem(err);
}

void
ts_session_prepare(pam_handle_t *pamh, struct ts_login *login, const struct ts_session_token *token)
{
    struct ts_err err = {.code = 0};

    if (!has_sessions(token->service) || login->path[0] != '\0')
        return;
    if (keep_sealed(pamh, login, token, &err) < 0)
        ts_audit_note(pamh, LOG_WARNING, "the session may have no token: %s", err.text);
}

/* 0, PAM_USER_UNKNOWN, PAM_BUF_ERR or PAM_SYSTEM_ERR. */
static int
find_account(pam_handle_t *pamh, struct ts_account *ret)
{
    struct ts_err err = {.code = 0};

    switch (ts_account_lookup(item_of(pamh, PAM_USER), ret, &err)) {
    case 0:
        return PAM_SUCCESS;
    case TS_ERR_NOT_FOUND:
        return PAM_USER_UNKNOWN;
    case TS_ERR_NOMEM:
        return PAM_BUF_ERR;
    default:
        return PAM_SYSTEM_ERR;
    }
}

/* Refuses a login whose token is past its expiry by more than `grace` seconds: what is left of an
 * old login begins no session. A clock that cannot be read is past it, too. */
static int
open_sealed(pam_handle_t *pamh, const char *text, int64_t grace, struct ts_secret *ret_token,
            int64_t *ret_expires, struct ts_err *err)
{
    const struct ts_sealed_login sealed = {.service = item_of(pamh, PAM_SERVICE),
                                           .user = item_of(pamh, PAM_USER)};
    const int64_t now = ts_clock_wall();

    int rc = ts_sealed_read(&sealed, text, ret_token, ret_expires, err);
    if (rc < 0 || (now > 0 && now - grace < *ret_expires))
        return rc;
    return ts_err_set(err, TS_ERR_REFUSED, "its token has expired");
}

/* What the forked process that authenticated left in the PAM environment. */
static struct ts_login *
adopt_sealed(pam_handle_t *pamh, const char *text)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    struct ts_login *login = ts_login_get(pamh);
    struct ts_err err = {.code = 0};
    int64_t expires = 0;

    if (login == NULL)
        return NULL;
    if (open_sealed(pamh, text, TS_CLOCK_TOLERANCE + LOGIN_MAX, &token, &expires, &err) < 0) {
        ts_audit_note(pamh, LOG_WARNING, SEALED_VARIABLE " in the PAM environment: %s", err.text);
        return NULL;
    }
    login->by_token = true;
    if (ts_secret_set(&login->sealed, text, strlen(text)) < 0)
        ts_audit_note(pamh, LOG_WARNING, "the session will have no token: no memory");
    return login;
}

/* The login by token of this handle, or NULL. Afterwards the PAM environment has nothing sealed. */
static struct ts_login *
restore_login(pam_handle_t *pamh)
{
    struct ts_login *login = ts_login_find(pamh);
    const char *text = pam_getenv(pamh, SEALED_VARIABLE);

    if (login == NULL || !login->by_token)
        login = text != NULL && has_sessions(item_of(pamh, PAM_SERVICE)) ? adopt_sealed(pamh, text)
                                                                         : NULL;
    withdraw(pamh, SEALED_VARIABLE);
    return login;
}

int
ts_session_setcred(pam_handle_t *pamh, int flags)
{
    struct ts_login *login = restore_login(pamh);

    if (login == NULL)
        return PAM_IGNORE;
    if (((unsigned)flags & PAM_DELETE_CRED) != 0)
        ts_secret_release(&login->sealed);
    return PAM_SUCCESS;
}

/* Where the file cannot be written, the session goes on without: it is a convenience, not a right.
 */
static int
export_token(pam_handle_t *pamh, struct ts_login *login, const struct ts_account *account)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    struct ts_err err = {.code = 0};
    int64_t expires = 0;
    char user[160];

    ts_audit_escape(user, sizeof(user), account->passwd.pw_name);
    int rc = open_sealed(pamh, login->sealed.data, TS_CLOCK_TOLERANCE, &token, &expires, &err);
    if (rc == 0)
        rc = ts_token_file_create(account->passwd.pw_uid, &token, expires, login->path, &err);
    ts_secret_release(&login->sealed);
    if (rc < 0) {
        ts_audit_note(pamh, LOG_WARNING, "the session of %s has no token file: %s", user, err.text);
        return PAM_IGNORE;
    }
    if (export(pamh, TS_TOKEN_FILE_VARIABLE, login->path) != PAM_SUCCESS)
        return PAM_BUF_ERR;
    ts_audit_note(pamh, LOG_INFO, "the session of %s has its token in a file", user);
    return PAM_SUCCESS;
}

/* A session line's arguments are checked like those of an auth line, so that a typing error shows.
 */
static bool
has_wrong_arguments(pam_handle_t *pamh, int argc, const char *const *argv)
{
    struct ts_module_options options;
    struct ts_err err = {.code = 0};

    if (ts_module_options_parse(argc, argv, NULL, &options, &err) == 0)
        return false;
    ts_audit_note(pamh, LOG_ERR, "session: %s", err.text);
    return true;
}

int
ts_session_open(pam_handle_t *pamh, int argc, const char *const *argv)
{
    TS_CLEANUP(ts_account_release) struct ts_account account = {.memory = NULL};

    if (has_wrong_arguments(pamh, argc, argv))
        return PAM_SYSTEM_ERR;
    if (!has_sessions(item_of(pamh, PAM_SERVICE)))
        return PAM_IGNORE;
    struct ts_login *login = restore_login(pamh);
    if (login != NULL && login->path[0] != '\0')
        return PAM_SUCCESS;
    /* From here on the variable names our file or nothing, whoever set it. */
    withdraw(pamh, TS_TOKEN_FILE_VARIABLE);
    if (login == NULL || login->sealed.len == 0)
        return PAM_IGNORE;
    int rc = find_account(pamh, &account);
    return rc == PAM_SUCCESS ? export_token(pamh, login, &account) : rc;
}

/* The path of the session to close: this process's own, or what a process that opened it has left
 * in the PAM environment. */
static bool
find_path_to_close(pam_handle_t *pamh, char ret[TS_TOKEN_FILE_PATH_MAX])
{
    const struct ts_login *login = ts_login_find(pamh);
    const char *path = login != NULL ? login->path : pam_getenv(pamh, TS_TOKEN_FILE_VARIABLE);

    if (path == NULL || path[0] == '\0' || strlen(path) >= TS_TOKEN_FILE_PATH_MAX)
        return false;
    memcpy(ret, path, strlen(path) + 1);
    return true;
}

/* Even where the file cannot be removed: it is pruned once its token has expired. */
static void
forget_path(pam_handle_t *pamh)
{
    struct ts_login *login = ts_login_find(pamh);

    withdraw(pamh, TS_TOKEN_FILE_VARIABLE);
    if (login != NULL)
        login->path[0] = '\0';
}

int
ts_session_close(pam_handle_t *pamh, int argc, const char *const *argv)
{
    TS_CLEANUP(ts_account_release) struct ts_account account = {.memory = NULL};
    struct ts_err err = {.code = 0};
    char path[TS_TOKEN_FILE_PATH_MAX];

    if (has_wrong_arguments(pamh, argc, argv))
        return PAM_SYSTEM_ERR;
    if (!has_sessions(item_of(pamh, PAM_SERVICE)) || !find_path_to_close(pamh, path))
        return PAM_IGNORE;
    int rc = find_account(pamh, &account);
    if (rc != PAM_SUCCESS)
        return rc;
    if (!ts_token_file_is_path(path, account.passwd.pw_uid))
        return PAM_IGNORE;
    forget_path(pamh);
    if (ts_token_file_remove(path, account.passwd.pw_uid, &err) == 0)
        return PAM_SUCCESS;
    ts_audit_note(pamh, LOG_WARNING, "a session's token file is left: %s", err.text);
    return PAM_SESSION_ERR;
}
