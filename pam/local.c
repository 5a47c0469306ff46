#include "pam/local.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/config/host.h"
#include "common/policy/policy.h"
#include "common/process/spawn.h"
#include "pam/account.h"
#include "pam/local_answer.h"

#define GROUPS_MAX 65536 /* the kernel's own limit */
#define VARIABLES_MAX 8
#define SAFE_PATH "/usr/local/bin:/usr/bin:/bin"

struct groups {
    gid_t *ids;
    int len;
};

/* One question to ThriveStack: for what, whose key, asked by whom, until when. */
struct request {
    const struct ts_local *local;
    const struct passwd *invoker;
    const struct passwd *asker;
    int64_t deadline_ms;
};

static void
groups_release(struct groups *groups)
{
    free(groups->ids);
}

static void
pointers_free(const char ***pointers)
{
    free(*pointers);
}

static int
check_place(const struct ts_local *local, struct ts_err *err)
{
    const char *service = ts_policy_service_name(local->service);

    if (strcmp(service, "sudo") != 0 && strcmp(service, "su") != 0)
        return ts_err_set(err, TS_ERR_REFUSED, "source = local is for sudo and su only");
    if (geteuid() != 0 || getuid() == 0)
        return ts_err_set(err, TS_ERR_REFUSED,
                          "source = local needs a program that an ordinary user has started and "
                          "that runs as root");
    if (local->rhost != NULL)
        return ts_err_set(err, TS_ERR_REFUSED, "source = local is not for a user at another host");
    if (local->ruser == NULL || local->ruser[0] == '\0')
        return ts_err_set(err, TS_ERR_REFUSED, "source = local needs PAM_RUSER");
    return 0;
}

static int
find_invoker(const struct ts_local *local, struct ts_account *ret, struct ts_err *err)
{
    int rc = check_place(local, err);

    if (rc == 0)
        rc = ts_account_lookup(local->ruser, ret, err);
    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc == 0 && ret->passwd.pw_uid == getuid())
        return 0;
    return rc == TS_ERR_REFUSED
               ? rc
               : ts_err_set(err, TS_ERR_REFUSED, "PAM_RUSER does not name the user with uid %u",
                            (unsigned)getuid());
}

static int
find_groups(const struct passwd *passwd, struct groups *ret, struct ts_err *err)
{
    for (int room = 64; room <= GROUPS_MAX; room *= 4) {
        free(ret->ids);
        ret->ids = calloc((size_t)room, sizeof(*ret->ids));
        if (ret->ids == NULL)
            return ts_err_nomem(err);
        ret->len = room;
        if (getgrouplist(passwd->pw_name, passwd->pw_gid, ret->ids, &ret->len) >= 0)
            return 0;
    }
    return ts_err_set(err, TS_ERR_UNAVAILABLE, "the user is in too many groups");
}

static int
add_variable(struct ts_list *list, const char *name, const char *value, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(8192);
    int rc = ts_secret_append_format(&text, "%s=%s", name, value);

    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0)
        return ts_err_set(err, TS_ERR_UNAVAILABLE, "the user's %s is too long", name);
    return ts_list_add(list, ts_secret_string(&text), err);
}

/* Only where the folder exists and is the user's own. */
static int
add_runtime_folder(struct ts_list *list, uid_t uid, struct ts_err *err)
{
    char path[32];
    struct stat st;

    (void)snprintf(path, sizeof(path), "/run/user/%u", (unsigned)uid);
    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != uid)
        return 0;
    return add_variable(list, "XDG_RUNTIME_DIR", path, err);
}

/* The caller can set any variable, so none of theirs is passed on. */
static int
build_environment(const struct passwd *passwd, struct ts_list *ret, struct ts_err *err)
{
    const struct {
        const char *name;
        const char *value;
    } variables[] = {
        {"HOME", passwd->pw_dir},
        {"LOGNAME", passwd->pw_name},
        {"PATH", SAFE_PATH},
        {"SHELL", passwd->pw_shell[0] != '\0' ? passwd->pw_shell : "/bin/sh"},
        {"USER", passwd->pw_name},
    };
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(variables) && rc == 0; i++)
        rc = add_variable(ret, variables[i].name, variables[i].value, err);
    return rc < 0 ? rc : add_runtime_folder(ret, passwd->pw_uid, err);
}

/* Starts `key export` as the user; what it writes can be read from *ret_key_fd. */
static int
start_export(const struct request *request, struct ts_child *ret, int *ret_key_fd,
             struct ts_err *err)
{
    const struct passwd *passwd = request->invoker;
    static const char *const argv[] = {TS_HELPER_PATH, "key", "export", NULL};
    TS_CLEANUP(groups_release) struct groups groups = {NULL, 0};
    TS_CLEANUP(ts_list_release) struct ts_list environment = {NULL, 0};
    TS_CLEANUP(ts_fd_close) int write_end = -1;
    const char *envp[VARIABLES_MAX + 1] = {NULL};
    int ends[2];

    int rc = find_groups(passwd, &groups, err);
    if (rc == 0)
        rc = build_environment(passwd, &environment, err);
    if (rc < 0)
        return rc;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return ts_err_errno(err, TS_ERR_UNAVAILABLE, "no pipe for the API key");
    *ret_key_fd = ends[0];
    write_end = ends[1];
    for (size_t i = 0; i < environment.len && i < VARIABLES_MAX; i++)
        envp[i] = environment.items[i];
    const struct ts_spawn_identity identity = {passwd->pw_uid, passwd->pw_gid, groups.ids,
                                               (size_t)groups.len};
    const struct ts_spawn spec = {
        .path = TS_HELPER_PATH,
        .argv = argv,
        .envp = envp,
        .folder = "/",
        .stdin_fd = -1,
        .stdout_fd = write_end,
        .stderr_fd = -1,
        .extra_fd = -1,
        .start_by_ms = request->deadline_ms,
        .identity = &identity,
    };
    return ts_spawn_start(&spec, ret, err);
}

/* `host` is local->bound_host in lower case. */
static int
build_arguments(const struct ts_local *local, const char *host, const char ***ret,
                struct ts_err *err)
{
    const struct ts_list *scopes = local->scopes;
    const char **argv = calloc(7 + 2 * scopes->len, sizeof(*argv));
    size_t n = 0;

    if (argv == NULL)
        return ts_err_nomem(err);
    argv[n++] = TS_HELPER_PATH;
    argv[n++] = "token";
    argv[n++] = "--piped-key";
    if (local->unique)
        argv[n++] = "--fresh";
    if (local->bound_host != NULL) {
        argv[n++] = "--for";
        argv[n++] = host;
    }
    for (size_t i = 0; i < scopes->len; i++) {
        argv[n++] = "--scope";
        argv[n++] = scopes->items[i];
    }
    *ret = argv;
    return 0;
}

/* policy.conf takes any case, a proof has one. */
static void
lower_host(const char *host, char ret[TS_HOST_NAME_MAX + 1])
{
    size_t len = host != NULL ? strnlen(host, TS_HOST_NAME_MAX) : 0;

    for (size_t i = 0; i < len; i++)
        ret[i] = ts_text_lower(host[i]);
    ret[len] = '\0';
}

/*
 * Asks with the key that comes on `key_fd`, as a user to whom the invoker can do nothing: who is
 * asked, and who is believed, is up to root's configuration alone. Below `/` only root has files.
 */
static int
request_token(const struct request *request, int key_fd, struct ts_secret *output, int *ret_status,
              struct ts_err *err)
{
    static const char *const envp[] = {"HOME=/", "PATH=" SAFE_PATH, NULL};
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    TS_CLEANUP(pointers_free) const char **argv = NULL;
    char host[TS_HOST_NAME_MAX + 1];
    const struct ts_spawn_identity identity = {request->asker->pw_uid, request->asker->pw_gid, NULL,
                                               0};
    struct ts_spawn spec = {
        .path = TS_HELPER_PATH,
        .envp = envp,
        .folder = "/",
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
        .extra_fd = key_fd,
        .identity = &identity,
    };

    lower_host(request->local->bound_host, host);
    int rc = build_arguments(request->local, host, &argv, err);
    if (rc < 0)
        return rc;
    spec.argv = argv;
    return ts_spawn_exchange(&spec, &nothing, output, request->deadline_ms, ret_status, err);
}

/* The invoker may stop this process, and so keep an answer until it means nothing any more. */
static int
check_in_time(int64_t deadline_ms, struct ts_err *err)
{
    if (ts_clock_left_ms(deadline_ms) > 0)
        return 0;
    return ts_err_set(err, TS_ERR_UNAVAILABLE, "the helper's answer came too late");
}

static int
run_helper(const struct request *request, struct ts_secret *output, struct ts_err *err)
{
    TS_CLEANUP(ts_child_release) struct ts_child export = TS_CHILD_INIT;
    TS_CLEANUP(ts_fd_close) int key_fd = -1;
    int export_status = 0;
    int status = 0;

    int rc = start_export(request, &export, &key_fd, err);
    if (rc < 0)
        return rc;
    rc = request_token(request, key_fd, output, &status, err);
    ts_fd_close(&key_fd);
    if (rc == 0)
        rc = ts_child_wait(&export, request->deadline_ms, &export_status, err);
    if (rc == 0)
        rc = ts_local_check_export(export_status, err);
    if (rc == 0)
        rc = ts_local_check_answer(status, output, err);
    return rc < 0 ? rc : check_in_time(request->deadline_ms, err);
}

static int
find_asker(const struct passwd *invoker, struct ts_account *ret, struct ts_err *err)
{
    int rc = ts_account_lookup(TS_LOCAL_ASKER, ret, err);

    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return ts_err_set(err, TS_ERR_UNAVAILABLE,
                          "source = local asks as the user " TS_LOCAL_ASKER
                          ", who cannot be looked up");
    if (ret->passwd.pw_uid == 0 || ret->passwd.pw_uid == invoker->pw_uid)
        return ts_err_set(err, TS_ERR_REFUSED,
                          "source = local asks as the user " TS_LOCAL_ASKER
                          ", who must be neither root nor the invoking user");
    return 0;
}

int
ts_local_get(const struct ts_local *local, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_account_release) struct ts_account invoker = {.memory = NULL};
    TS_CLEANUP(ts_account_release) struct ts_account asker = {.memory = NULL};
    const struct request request = {local, &invoker.passwd, &asker.passwd,
                                    ts_clock_boot_ms() + TS_LOCAL_DEADLINE_MS};

    int rc = find_invoker(local, &invoker, err);
    if (rc == 0)
        rc = find_asker(&invoker.passwd, &asker, err);
    if (rc < 0)
        return rc;
    rc = run_helper(&request, ret, err);
    if (rc < 0)
        ts_secret_clear(ret);
    return rc == 0 || rc == TS_ERR_NOMEM ? rc : ts_err_recode(err, TS_ERR_UNAVAILABLE);
}
