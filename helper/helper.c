#include "helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/path.h"
#include "common/base/userns.h"
#include "common/cache/refresh.h"
#include "common/job/job.h"

/* The user's id outside of a namespace in which they play root. */
static uid_t
local_uid(void)
{
    uid_t uid = geteuid();

    if (uid == 0)
        (void)ts_userns_plays_root(TS_USERNS_MAP, &uid);
    return uid;
}

/* Asking for the user's entry may load name service modules and open sockets, so a caller that
 * says where its home is (all but a few) is not made to wait for that. */
static const char *
home_from_passwd(void)
{
    const char *home = secure_getenv("HOME");

    if (home != NULL && home[0] != '\0')
        return NULL;
    const struct passwd *entry = getpwuid(local_uid());
    return entry != NULL ? entry->pw_dir : NULL;
}

static const char *
get_variable(const char *name)
{
    return secure_getenv(name);
}

char **
helper_environment(void)
{
    return getauxval(AT_SECURE) == 0 ? environ : NULL;
}

void
helper_drop_config(struct helper *helper)
{
    ts_config_release(&helper->config);
    free(helper->only_host);
    free(helper->only_path);
    helper->only_host = helper->only_path = NULL;
    helper->has_config = false;
}

static int
load_config(struct helper *helper, struct ts_err *err)
{
    struct ts_config_sources sources = {
        .system_file = TS_SYSCONFDIR "/credential.conf",
        .config_file = helper->options.config,
        .profile = helper->options.profile,
        .only_host = helper->only_host,
        .only_path = helper->only_path,
        .getenv = get_variable,
        .home = home_from_passwd(),
        .uid = geteuid(),
        .root_owner = ts_userns_root_owner,
    };
    int rc = ts_config_load(&sources, &helper->config, err);

    if (rc < 0) {
        helper_drop_config(helper);
        return rc;
    }
    helper->has_config = true;
    for (size_t i = 0; i < helper->config.files.len; i++)
        helper_debug(helper, "read %s", helper->config.files.items[i]);
    return 0;
}

int
helper_load_config(struct helper *helper, struct ts_err *err)
{
    if (helper->has_config && helper->only_host == NULL)
        return 0;
    helper_drop_config(helper);
    return load_config(helper, err);
}

static bool
is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
helper_load_host(struct helper *helper, const char *host, const char *path, struct ts_err *err)
{
    if (helper->has_config && helper->only_host == NULL)
        return 0;
    if (helper->has_config && is_same_text(helper->only_host, host) &&
        is_same_text(helper->only_path, path))
        return 0;
    helper_drop_config(helper);
    helper->only_host = strdup(host);
    helper->only_path = path != NULL ? strdup(path) : NULL;
    if (helper->only_host == NULL || (path != NULL && helper->only_path == NULL)) {
        helper_drop_config(helper);
        return ts_err_nomem(err);
    }
    return load_config(helper, err);
}

/* The key is another process's, whoever that is: no file, cache or session of this one belongs to
 * it. */
static int
read_piped_key(struct ts_request *request, struct ts_err *err)
{
    char **const of_others[] = {&request->key.key_file,     &request->key.key_command,
                                &request->key.api_key_file, &request->key.key_id,
                                &request->cache_dir,        &request->session_token_file};

    if (fcntl(TS_JOB_KEY_FD, F_GETFD) < 0)
        return helper_usage(err, "--piped-key: descriptor %d is not open", TS_JOB_KEY_FD);
    for (size_t i = 0; i < TS_ARRAY_LEN(of_others); i++) {
        ts_string_free(of_others[i]);
        *of_others[i] = NULL;
    }
    request->key.is_piped = true;
    return 0;
}

static struct ts_config_overrides
overrides_of(const struct helper *helper)
{
    const struct options *options = &helper->options;

    return (struct ts_config_overrides){
        .scopes = options->scopes,
        .lifetime = options->lifetime,
        .min_valid = options->min_valid,
        .fresh = (options->given & OPTION_FRESH) != 0,
        .can_scope = (helper->command->options & OPTION_SCOPE) != 0,
    };
}

static int
make_request(const struct helper *helper, const struct ts_host_rule *host,
             const struct ts_config_overrides *overrides, struct ts_request *ret,
             struct ts_err *err)
{
    const struct options *options = &helper->options;

    *ret = TS_REQUEST_INIT;
    int rc = ts_config_request(&helper->config, host, overrides, ret, err);
    if (rc == 0 && (options->given & OPTION_PIPED_KEY) != 0)
        rc = read_piped_key(ret, err);
    ret->environment = helper_environment();
    return rc;
}

int
helper_request(const struct helper *helper, const struct ts_host_rule *host, bool fresh,
               struct ts_request *ret, struct ts_err *err)
{
    struct ts_config_overrides overrides = overrides_of(helper);

    overrides.fresh |= fresh;
    return make_request(helper, host, &overrides, ret, err);
}

int
helper_any_request(const struct helper *helper, const struct ts_host_rule *host,
                   struct ts_request *ret, struct ts_err *err)
{
    struct ts_config_overrides overrides = overrides_of(helper);

    overrides.takes_api_key = true;
    return make_request(helper, host, &overrides, ret, err);
}

int
helper_profile_request(const struct helper *helper, const char *profile, struct ts_request *ret,
                       struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *name = profile != NULL ? strdup(profile) : NULL;
    char any[] = "any";
    char *scopes[] = {any};
    const struct ts_config_overrides overrides = {
        .scopes = {scopes, TS_ARRAY_LEN(scopes)}, .lifetime = -1, .min_valid = -1};
    struct ts_config view = helper->config;

    *ret = TS_REQUEST_INIT;
    if (profile != NULL && name == NULL)
        return ts_err_nomem(err);
    if (name != NULL)
        view.selected_profile = name;
    int rc = ts_config_request(&view, NULL, &overrides, ret, err);
    ret->environment = helper_environment();
    return rc;
}

int
helper_check_api_key(const struct helper *helper, const struct ts_profile *profile,
                     struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret key = TS_SECRET_INIT(TS_API_KEY_SECRET_MAX);
    /* A view of the profile, which stays the configuration's. */
    const struct ts_request request = {.profile = profile->name,
                                       .key = profile->key,
                                       .endpoint = profile->endpoint,
                                       .debug = helper->config.debug};

    return ts_refresh_api_key(&request, &key, err);
}

/* Whether getpwuid failed, rather than found nobody, for which getpwnam(3) has these errors. */
static bool
is_failure(int error)
{
    return error != 0 && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM;
}

/* The user's entry in /etc/passwd, or NULL. Most users have one, and reading it costs a tenth of
 * what loading the name services costs. */
static const struct passwd *
find_in_passwd(uid_t uid)
{
    TS_CLEANUP(ts_stream_close) FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *entry = NULL;

    while (file != NULL && (entry = fgetpwent(file)) != NULL && entry->pw_uid != uid)
        ;
    return entry;
}

/* LOGNAME, with what would end a line or a user name in a protocol refused. */
static int
name_from_environment(const char **ret, struct ts_err *err)
{
    const char *name = secure_getenv("LOGNAME");
    const char *wrong = name != NULL ? ts_config_check_username(name) : NULL;

    if (wrong != NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "LOGNAME: %s", wrong);
    *ret = name;
    return 0;
}

/* The user database's entry, else LOGNAME; NULL where neither knows a name. */
static int
local_user(const char **ret, struct ts_err *err)
{
    uid_t uid = local_uid();
    const struct passwd *entry = find_in_passwd(uid);

    errno = 0;
    if (entry == NULL)
        entry = getpwuid(uid);
    if (entry == NULL && is_failure(errno))
        return ts_err_errno(err, TS_ERR_SYSTEM, "the name of user id %u cannot be looked up",
                            geteuid());
    if (entry == NULL)
        return name_from_environment(ret, err);
    *ret = entry->pw_name;
    return 0;
}

int
helper_local_user(char **ret, struct ts_err *err)
{
    const char *name = NULL;
    int rc = local_user(&name, err);

    if (rc < 0)
        return rc;
    if (name == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "user id %u has no name here: set LOGNAME",
                          geteuid());
    *ret = strdup(name);
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

int
helper_username(const struct ts_host_rule *host, const char *given, char **ret, struct ts_err *err)
{
    const char *name = host->username != NULL ? host->username : given;
    int rc = name != NULL ? 0 : local_user(&name, err);
    if (rc < 0)
        return rc;
    if (name == NULL)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "user id %u has no name here: set 'username' in [host %s]", geteuid(),
                          host->label);
    *ret = strdup(name);
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

int
helper_path(const char *path, char **ret, struct ts_err *err)
{
    const struct ts_path_base base = {.folder = NULL, .home = secure_getenv("HOME")};
    int rc = ts_path_resolve(path, &base, ret, err);

    return rc == TS_ERR_SYNTAX ? ts_err_recode(err, TS_ERR_USAGE) : rc;
}

int
helper_policy(const struct helper *helper, char **ret, struct ts_err *err)
{
    const char *policy = helper->options.policy;

    return helper_path(policy != NULL ? policy : TS_SYSCONFDIR "/policy.conf", ret, err);
}

bool
helper_allows_http(const struct helper *helper, const char *host)
{
    char name[TS_HOST_NAME_MAX + 1];
    unsigned port = 0;

    return helper->config.allow_http && ts_host_split(host, name, &port) &&
           ts_host_is_loopback(name);
}

/* Whoever finds the mistake need not know the command: helper_name_command puts it in. */
static const char hint[] = "; try 'thrivestack-credential --help'";

int
helper_usage(struct ts_err *err, const char *format, ...)
{
    char text[TS_ERR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return ts_err_set(err, TS_ERR_USAGE, "%.600s%s", text, hint);
}

void
helper_name_command(const struct helper *helper, struct ts_err *err)
{
    size_t len = strlen(err->text);
    size_t hint_len = sizeof(hint) - 1;

    if (helper->command == NULL || len < hint_len || strcmp(err->text + len - hint_len, hint) != 0)
        return;
    (void)ts_err_set(err, err->code, "%.*s; try 'thrivestack-credential %s --help'",
                     (int)(len - hint_len), err->text, helper->command->name);
}

int
helper_fail(const struct helper *helper, const struct ts_err *err)
{
    (void)helper;
    output_error(err);
    return ts_error_exit_code(err->code);
}

int
helper_finish(const struct helper *helper, int rc, const struct ts_secret *answer,
              struct ts_err *err)
{
    if (rc < 0) {
        helper_name_command(helper, err);
        output_error(err);
        return ts_error_exit_code(rc);
    }
    if (output_write(helper->stdout_open, answer, err) < 0)
        return helper_fail(helper, err);
    return 0;
}

void
helper_debug(const struct helper *helper, const char *format, ...)
{
    char text[512];
    va_list args;

    if (!helper->config.debug)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    /* Cut texts still end in a newline, and what configuration holds cannot start a line. */
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    (void)dprintf(STDERR_FILENO, "thrivestack-credential: debug: %s\n", text);
}
