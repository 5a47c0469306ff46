/*
 * `doctor`: checks what is commonly wrong, on the client and, as root, on the host, and says how to
 * fix it. The checks are one const table in doctor.c; each is a function that adds findings, and
 * fails only if it cannot check at all.
 */
#ifndef HELPER_DOCTOR_H
#define HELPER_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/job/job.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "helper/doctor/findings.h"
#include "helper/helper.h"

/* What the checks so far found about a profile. */
struct doctor_profile {
    const struct ts_profile *profile;
    bool key_ok;      /* a key that can be used */
    bool has_session; /* no key, but a login session's token to use instead */
    bool endpoint_ok; /* what answers there may be an endpoint */
};

/* A policy of this host: policy.conf, or a file that a stack names. */
struct doctor_policy {
    char *file;
    struct ts_policy_info info;
    bool is_sound; /* it was loaded */
};

/* A service whose auth stack has a working line of the module. */
struct doctor_use {
    char *service;
    size_t policy;        /* which one the line names; it is sound */
    bool skips_strangers; /* its control says user_unknown=ignore */
};

struct doctor {
    struct helper *helper;
    struct findings findings;
    bool has_client; /* there is a configuration to check */
    struct doctor_profile *profiles;
    size_t profiles_len;
    struct ts_list tried;        /* the tokens that were requested; see doctor_token.c */
    bool *wired;                 /* for each [host]: whether a client was found that uses it */
    struct ts_list pam_services; /* files of /etc/pam.d that name the module for auth */
    struct doctor_policy *policies;
    size_t policies_len;
    struct doctor_use *uses; /* each pair of service and policy once */
    size_t uses_len;
};

/* Runs all checks and appends what they found, as JSON with --json. */
struct doctor_result {
    int exit_code;
    bool has_failed; /* there is more than warnings */
};
int doctor_report(struct helper *helper, struct ts_secret *ret, struct doctor_result *ret_result,
                  struct ts_err *err);

/* A job of the worker; *ret is its answer. `request` has the deadline. */
int doctor_ask(enum ts_job_kind kind, const struct ts_request *request, struct ts_secret *ret,
               struct ts_err *err);

/* The same for a job about a file. */
struct ts_spawn_identity;
struct doctor_file_job {
    enum ts_job_kind kind;
    const char *file;
    int64_t timeout_ms;
    const struct ts_spawn_identity *identity; /* as which user; NULL: as this one */
};
#define DOCTOR_FILE_TIMEOUT_MS INT64_C(10000)
int doctor_ask_file(const struct doctor_file_job *job, struct ts_secret *ret, struct ts_err *err);

/* Runs a program of PATH, /usr/sbin or /usr/local/sbin and appends what it prints. *ret_ok is false
 * if it fails or takes too long. 0, TS_ERR_NOT_FOUND (it is not installed) or TS_ERR_NOMEM. */
#define DOCTOR_OUTPUT_MAX ((size_t)1024 * 1024)
int doctor_run(const char *const *argv, struct ts_secret *output, bool *ret_ok, struct ts_err *err);

/* A user's numbers, as `id` prints them. */
#define DOCTOR_GROUPS_MAX 128
struct doctor_user {
    uid_t uid;
    gid_t groups[DOCTOR_GROUPS_MAX]; /* the primary group comes first */
    size_t groups_len;               /* 0: there is no such user */
};
int doctor_find_user(const char *name, struct doctor_user *ret, struct ts_err *err);

/* What is known of a profile, or NULL if it is not checked. */
struct doctor_profile *doctor_find_profile(const struct doctor *doctor, const char *name);

/*
 * Requests the token that a client gets for a profile (NULL: the one that counts) and a host (may
 * be NULL), unless one for the same profile, scopes and lifetime was requested before, and adds
 * what comes of it. Nothing is cached.
 */
int doctor_try_token(struct doctor *doctor, const char *profile, const struct ts_host_rule *host,
                     struct ts_err *err);

/*
 * Loads a policy as the module does, once, and adds findings about it; `place` is the line that
 * names it, or NULL. *ret is its index in doctor->policies.
 */
int doctor_policy_load(struct doctor *doctor, const char *file, const char *place, size_t *ret,
                       struct ts_err *err);
void doctor_policies_release(struct doctor *doctor);

/* What is wrong with a policy's bound services. Returns as findings_add. */
int doctor_bound(struct doctor *doctor, const struct doctor_policy *policy);

/* The name of the section for a service, or NULL. */
const char *doctor_policy_section(const struct ts_policy_info *policy, const char *service);

/* Remembers that a stack uses a policy. 0 or TS_ERR_NOMEM. */
int doctor_use_add(struct doctor *doctor, const struct doctor_use *use);

/* Whether the stack of a service goes on without the module because no section is for it. */
bool doctor_service_is_skipped(const struct doctor *doctor, const char *service);

/* Checks of the client. */
int doctor_config(struct doctor *doctor, struct ts_err *err);
int doctor_worker(struct doctor *doctor, struct ts_err *err);
int doctor_key(struct doctor *doctor, struct ts_err *err);
int doctor_endpoint(struct doctor *doctor, struct ts_err *err);
int doctor_token(struct doctor *doctor, struct ts_err *err);
int doctor_cache(struct doctor *doctor, struct ts_err *err);
/* Those of the table of clients, one by one; in helper/clients.c. */
int doctor_clients(struct doctor *doctor, struct ts_err *err);
int doctor_git(struct doctor *doctor, struct ts_err *err);
int doctor_docker(struct doctor *doctor, struct ts_err *err);
int doctor_askpass(struct doctor *doctor, struct ts_err *err);
int doctor_sudo(struct doctor *doctor, struct ts_err *err);
int doctor_kubectl(struct doctor *doctor, struct ts_err *err);
int doctor_wiring(struct doctor *doctor, struct ts_err *err);

/* Checks of the host. */
int doctor_policy(struct doctor *doctor, struct ts_err *err);
int doctor_pam(struct doctor *doctor, struct ts_err *err);
int doctor_services(struct doctor *doctor, struct ts_err *err);
int doctor_local(struct doctor *doctor, struct ts_err *err);
int doctor_module(struct doctor *doctor, struct ts_err *err);
int doctor_sshd(struct doctor *doctor, struct ts_err *err);
int doctor_nginx(struct doctor *doctor, struct ts_err *err);

#endif
