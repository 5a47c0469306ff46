#include "common/worker/inspect.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/policy/policy.h"
#include "common/worker/explain.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define BOUND_MAX 512

static int
list_bound(const struct ts_policy_service *service, struct ts_list *ret, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < service->bound_to.len && rc == 0; i++) {
        char pair[BOUND_MAX];

        (void)snprintf(pair, sizeof(pair), "%.200s:%.300s", service->name,
                       service->bound_to.items[i]);
        rc = ts_list_add(ret, pair, err);
    }
    return rc;
}

static bool
has_local(const struct ts_policy_service *service)
{
    for (size_t i = 0; i < service->sources_len; i++)
        if (service->sources[i] == TS_SOURCE_LOCAL)
            return true;
    return false;
}

static int
list_services(const struct ts_policy *policy, struct ts_policy_info *ret, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < policy->services_len && rc == 0; i++) {
        rc = ts_list_add(&ret->services, policy->services[i].name, err);
        if (rc == 0 && policy->services[i].single_use)
            rc = ts_list_add(&ret->single_use, policy->services[i].name, err);
        if (rc == 0 && has_local(&policy->services[i]))
            rc = ts_list_add(&ret->local, policy->services[i].name, err);
        if (rc == 0)
            rc = list_bound(&policy->services[i], &ret->bound, err);
    }
    return rc;
}

#define NAMES_MAX 32 /* of what is wrong, a few examples are enough */
#define PAIR_MAX 512

static int
add_name(struct ts_list *list, const char *name, struct ts_err *err)
{
    return list->len == NAMES_MAX || ts_list_has(list, name) ? 0 : ts_list_add(list, name, err);
}

static int
list_unserved(const struct ts_policy *policy, const struct ts_policy_key *key, struct ts_list *ret,
              struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < key->services.len && rc == 0; i++) {
        const char *service = key->services.items[i];

        if (strcmp(service, "*") != 0 && ts_policy_find_service(policy, service) == NULL)
            rc = add_name(ret, service, err);
    }
    return rc;
}

/* TS_ERR_SYSTEM if a source of users fails, or the deadline is over. */
static int
list_missing(const struct ts_policy_key *key, int64_t deadline_ms, struct ts_list *ret,
             struct ts_err *err)
{
    bool is_missing = false;
    int rc = 0;

    for (size_t i = 0; i < key->users.len && rc == 0; i++) {
        if (ts_clock_left_ms(deadline_ms) == 0)
            return TS_ERR_SYSTEM;
        rc = ts_subject_is_missing(key->users.items[i], &is_missing, err);
        if (rc == 0 && is_missing)
            rc = add_name(ret, key->users.items[i], err);
    }
    return rc;
}

static int
add_pair(const struct ts_policy_key *key, const char *service, struct ts_list *ret,
         struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pair = TS_SECRET_INIT(PAIR_MAX);

    if (ts_secret_append_format(&pair, "%s:%s", key->id, service) < 0)
        return ts_err_nomem(err);
    return add_name(ret, ts_secret_string(&pair), err);
}

/* Services that a key lists, but whose scopes it may not carry. A key for all services (`*`) need
 * not be good for each. */
static int
list_out_of_scope(const struct ts_policy *policy, const struct ts_policy_key *key,
                  struct ts_list *ret, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < key->services.len && rc == 0; i++) {
        const char *name = key->services.items[i];
        const struct ts_policy_service *service =
            strcmp(name, "*") != 0 ? ts_policy_find_service(policy, name) : NULL;

        if (service != NULL && !ts_list_has_all(&key->scopes, &service->scopes))
            rc = add_pair(key, name, ret, err);
    }
    return rc;
}

static int
add_problem(struct ts_list *list, const char *problem, struct ts_err *err)
{
    char text[TS_ERR_TEXT_MAX];

    ts_text_clean(text, sizeof(text), problem, strlen(problem));
    return add_name(list, text, err);
}

/* What is wrong with keys.d, and public keys that cannot be used: each costs some keys only. */
static int
list_problems(const struct ts_policy *policy, struct ts_policy_info *ret, struct ts_err *err)
{
    struct evp_pkey_st *ignored = NULL;
    struct ts_err problem = {0};
    int rc = 0;

    for (size_t i = 0; i < policy->problems.len && rc == 0; i++)
        rc = add_problem(&ret->problems, policy->problems.items[i], err);
    for (size_t i = 0; i < policy->keys_len && rc == 0; i++) {
        if (policy->keys[i].problem != NULL ||
            ts_policy_public_key(policy, &policy->keys[i], &ignored, &problem) == 0)
            continue;
        rc = problem.code == TS_ERR_NOMEM ? ts_err_nomem(err)
                                          : add_problem(&ret->problems, problem.text, err);
    }
    return rc;
}

/* What keys list, but do not open. */
static int
list_dead_ends(const struct ts_policy *policy, struct ts_policy_info *ret, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < policy->keys_len && rc == 0; i++) {
        rc = list_unserved(policy, &policy->keys[i], &ret->no_section, err);
        if (rc == 0)
            rc = list_out_of_scope(policy, &policy->keys[i], &ret->no_scopes, err);
    }
    return rc;
}

int
ts_inspect_policy(const char *path, struct ts_policy_info *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {.file = NULL};
    const struct ts_policy_trust trust = ts_explain_trust();
    int64_t now = ts_clock_wall();

    int rc = ts_policy_load(path, &trust, &policy, err);
    if (rc == 0)
        rc = list_services(&policy, ret, err);
    for (size_t i = 0; i < policy.keys_len && rc == 0; i++)
        if (policy.keys[i].expires < now)
            rc = add_name(&ret->expired, policy.keys[i].id, err);
    ret->keys = (int64_t)policy.keys_len;
    if (rc == 0)
        rc = list_problems(&policy, ret, err);
    return rc < 0 ? rc : list_dead_ends(&policy, ret, err);
}

int
ts_inspect_keys(const char *path, struct ts_policy_info *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {.file = NULL};
    const struct ts_policy_trust trust = ts_explain_trust();
    struct evp_pkey_st *ignored = NULL;
    int rc = ts_policy_load_keys(path, &trust, &policy, err);

    for (size_t i = 0; i < policy.keys_len && rc == 0; i++)
        rc = ts_policy_public_key(&policy, &policy.keys[i], &ignored, err);
    ret->keys = (int64_t)policy.keys_len;
    return rc;
}

int
ts_inspect_accounts(const char *path, int64_t deadline_ms, struct ts_policy_info *ret,
                    struct ts_err *err)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {.file = NULL};
    const struct ts_policy_trust trust = ts_explain_trust();

    int rc = ts_policy_load(path, &trust, &policy, err);
    for (size_t i = 0; i < policy.keys_len && rc == 0; i++)
        rc = list_missing(&policy.keys[i], deadline_ms, &ret->no_account, err);
    ret->keys = (int64_t)policy.keys_len;
    /* Without an answer about a user nothing is wrong with the policy. */
    return rc == TS_ERR_SYSTEM ? 0 : rc;
}

static void
unload(void **module)
{
    if (*module != NULL)
        (void)dlclose(*module);
}

int
ts_inspect_module(const char *path, struct ts_err *err)
{
    static const char *const functions[] = {"pam_sm_authenticate", "pam_sm_setcred",
                                            "pam_sm_acct_mgmt", "pam_sm_open_session",
                                            "pam_sm_close_session"};
    const struct ts_file_rules rules = {
        .owner = 0, .forbidden = 022, .root_allowed = 0, .follow_symlink = true};
    TS_CLEANUP(ts_fd_close) int fd = -1;

    /* Loading runs code of the file's. */
    int rc = ts_file_open(AT_FDCWD, path, path, &rules, &fd, NULL, err);
    if (rc < 0)
        return ts_err_recode(err, TS_ERR_CONFIG);
    TS_CLEANUP(unload) void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "the module cannot be loaded: %s", dlerror());
    for (size_t i = 0; i < TS_ARRAY_LEN(functions); i++)
        if (dlsym(module, functions[i]) == NULL)
            return ts_err_set(err, TS_ERR_CONFIG, "%s has no function %s", path, functions[i]);
    return 0;
}
