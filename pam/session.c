#include "pam/session.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/policy/module_options.h"
#include "common/policy/policy.h"
#include "pam/account.h"
#include "pam/audit.h"

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

static int
export_path(pam_handle_t *pamh, const char *path)
{
    char assignment[sizeof(TS_TOKEN_FILE_VARIABLE) + 1 + TS_TOKEN_FILE_PATH_MAX];

    (void)snprintf(assignment, sizeof(assignment), TS_TOKEN_FILE_VARIABLE "=%s", path);
    return pam_putenv(pamh, assignment);
}

/* libpam logs an error where there is nothing to withdraw. */
static void
withdraw_path(pam_handle_t *pamh)
{
    if (pam_getenv(pamh, TS_TOKEN_FILE_VARIABLE) != NULL)
        (void)pam_putenv(pamh, TS_TOKEN_FILE_VARIABLE);
}

void
ts_session_forget(pam_handle_t *pamh, struct ts_login *login)
{
    if (login->path[0] != '\0' && !login->is_open)
        withdraw_path(pamh);
    ts_login_reset(login);
}

void
ts_session_prepare(pam_handle_t *pamh, struct ts_login *login, const struct ts_session_token *token)
{
    struct ts_err err = {.code = 0};

    if (!has_sessions(token->service) || login->is_open)
        return;
    int rc = ts_token_file_create(token->uid, token->token, token->expires, login->path, &err);
    if (rc < 0) {
        ts_audit_note(pamh, LOG_WARNING, "the session will have no token: %s", err.text);
        return;
    }
    login->uid = token->uid;
    login->is_open = false;
    if (export_path(pamh, login->path) != PAM_SUCCESS)
        ts_audit_note(pamh, LOG_WARNING, "the session may have no token: no memory");
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

/* What the forked process that authenticated has left in the PAM environment: believed only where
 * it leads to a waiting file of this user's. */
static struct ts_login *
adopt_from_environment(pam_handle_t *pamh, uid_t uid)
{
    const char *path = pam_getenv(pamh, TS_TOKEN_FILE_VARIABLE);

    if (path == NULL || !ts_token_file_is_waiting(path, uid))
        return NULL;
    struct ts_login *login = ts_login_get(pamh);
    if (login == NULL)
        return NULL;
    login->by_token = true;
    login->uid = uid;
    login->is_open = false;
    memcpy(login->path, path, strlen(path) + 1);
    return login;
}

static struct ts_login *
find_login(pam_handle_t *pamh)
{
    TS_CLEANUP(ts_account_release) struct ts_account account = {.memory = NULL};
    struct ts_login *login = ts_login_find(pamh);

    if (login != NULL && login->by_token)
        return login;
    if (!has_sessions(item_of(pamh, PAM_SERVICE)) ||
        pam_getenv(pamh, TS_TOKEN_FILE_VARIABLE) == NULL ||
        find_account(pamh, &account) != PAM_SUCCESS)
        return NULL;
    return adopt_from_environment(pamh, account.passwd.pw_uid);
}

int
ts_session_setcred(pam_handle_t *pamh, int flags)
{
    struct ts_login *login = find_login(pamh);

    if (login == NULL)
        return PAM_IGNORE;
    if (login->path[0] != '\0' && !login->is_open)
        withdraw_path(pamh);
    if (((unsigned)flags & PAM_DELETE_CRED) != 0)
        ts_login_discard_file(login);
    return PAM_SUCCESS;
}

/* Where the file cannot be had, the session goes on without: it is a convenience, not a right. */
static int
hand_over(pam_handle_t *pamh, struct ts_login *login, const struct ts_account *account)
{
    struct ts_err err = {.code = 0};
    char user[160];

    ts_audit_escape(user, sizeof(user), account->passwd.pw_name);
    int rc =
        ts_token_file_hand_over(login->path, account->passwd.pw_uid, account->passwd.pw_gid, &err);
    if (rc < 0) {
        ts_audit_note(pamh, LOG_WARNING, "the session of %s has no token file: %s", user, err.text);
        return PAM_IGNORE;
    }
    login->is_open = true;
    if (export_path(pamh, login->path) != PAM_SUCCESS)
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
    struct ts_login *login = find_login(pamh);
    if (login != NULL && login->is_open)
        return PAM_SUCCESS;
    /* From here on the variable names our file or nothing, whoever set it. */
    withdraw_path(pamh);
    if (login == NULL || login->path[0] == '\0')
        return PAM_IGNORE;
    int rc = find_account(pamh, &account);
    return rc == PAM_SUCCESS ? hand_over(pamh, login, &account) : rc;
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

    withdraw_path(pamh);
    if (login == NULL)
        return;
    login->path[0] = '\0';
    login->is_open = false;
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
    if (ts_token_file_remove(path, account.passwd.pw_uid, false, &err) == 0)
        return PAM_SUCCESS;
    ts_audit_note(pamh, LOG_WARNING, "a session's token file is left: %s", err.text);
    return PAM_SESSION_ERR;
}
