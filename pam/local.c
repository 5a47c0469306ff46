#include "pam/local.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/policy/policy.h"
#include "common/process/spawn.h"
#include "pam/account.h"
#include "pam/local_answer.h"

#define GROUPS_MAX 65536 /* the kernel's own limit */
#define VARIABLES_MAX 8

struct groups {
    gid_t *ids;
    int len;
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

/* Only a folder that is there and the user's own: the helper would take another's for its cache. */
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

/* Nothing of it comes from the caller, who can set whatever they like. */
static int
build_environment(const struct passwd *passwd, struct ts_list *ret, struct ts_err *err)
{
    const struct {
        const char *name;
        const char *value;
    } variables[] = {
        {"HOME", passwd->pw_dir},
        {"LOGNAME", passwd->pw_name},
        {"PATH", "/usr/local/bin:/usr/bin:/bin"},
        {"SHELL", passwd->pw_shell[0] != '\0' ? passwd->pw_shell : "/bin/sh"},
        {"USER", passwd->pw_name},
    };
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(variables) && rc == 0; i++)
        rc = add_variable(ret, variables[i].name, variables[i].value, err);
    return rc < 0 ? rc : add_runtime_folder(ret, passwd->pw_uid, err);
}

static int
build_arguments(const struct ts_list *scopes, const char ***ret, struct ts_err *err)
{
    const char **argv = calloc(4 + 2 * scopes->len, sizeof(*argv));
    size_t n = 0;

    if (argv == NULL)
        return ts_err_nomem(err);
    argv[n++] = TS_HELPER_PATH;
    argv[n++] = "token";
    argv[n++] = "--fresh";
    for (size_t i = 0; i < scopes->len; i++) {
        argv[n++] = "--scope";
        argv[n++] = scopes->items[i];
    }
    *ret = argv;
    return 0;
}

static int
run(struct ts_spawn *spec, struct ts_secret *output, struct ts_err *err)
{
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    int64_t deadline = ts_clock_boot_ms() + TS_LOCAL_DEADLINE_MS;
    int status = 0;
    int rc = ts_spawn_exchange(spec, &nothing, output, deadline, &status, err);

    if (rc == 0)
        rc = ts_local_answer_judge(status, output, err);
    if (rc < 0)
        ts_secret_clear(output);
    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    return ts_err_recode(err, TS_ERR_UNAVAILABLE);
}

static int
run_as(const struct passwd *passwd, const char *const *argv, struct ts_secret *output,
       struct ts_err *err)
{
    TS_CLEANUP(groups_release) struct groups groups = {NULL, 0};
    TS_CLEANUP(ts_list_release) struct ts_list environment = {NULL, 0};
    const char *envp[VARIABLES_MAX + 1] = {NULL};

    int rc = find_groups(passwd, &groups, err);
    if (rc == 0)
        rc = build_environment(passwd, &environment, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < environment.len && i < VARIABLES_MAX; i++)
        envp[i] = environment.items[i];
    const struct ts_spawn_identity identity = {passwd->pw_uid, passwd->pw_gid, groups.ids,
                                               (size_t)groups.len};
    struct ts_spawn spec = {
        .path = TS_HELPER_PATH,
        .argv = argv,
        .envp = envp,
        .folder = "/",
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
        .extra_fd = -1,
        .identity = &identity,
    };
    return run(&spec, output, err);
}

int
ts_local_get(const struct ts_local *local, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_account_release) struct ts_account invoker = {.memory = NULL};
    TS_CLEANUP(pointers_free) const char **argv = NULL;

    int rc = find_invoker(local, &invoker, err);
    if (rc == 0)
        rc = build_arguments(local->scopes, &argv, err);
    if (rc == 0)
        rc = run_as(&invoker.passwd, argv, ret, err);
    return rc;
}
