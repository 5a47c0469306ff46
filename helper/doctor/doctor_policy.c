/* The host's policies with their public keys, and the services that use them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/policy/service_name.h"
#include "helper/doctor/doctor.h"

#define POLICY_FILE TS_SYSCONFDIR "/policy.conf"
#define LOOK_UPS_MS 2000

void
doctor_policies_release(struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->policies_len; i++) {
        free(doctor->policies[i].file);
        ts_policy_info_release(&doctor->policies[i].info);
    }
    for (size_t i = 0; i < doctor->uses_len; i++)
        free(doctor->uses[i].service);
    free(doctor->policies);
    free(doctor->uses);
}

/* Services that keys list, but do not open. */
static int
report_services(struct doctor *doctor, const struct doctor_policy *policy)
{
    const struct ts_list *unserved = &policy->info.no_section;
    const struct ts_list *lacking = &policy->info.no_scopes;
    int rc = 0;

    for (size_t i = 0; i < unserved->len && rc == 0; i++)
        rc = findings_add(&doctor->findings, FIND_POLICY_KEY_SERVICE,
                          "%s: a key lists service %s, which has no section", policy->file,
                          unserved->items[i]);
    for (size_t i = 0; i < lacking->len && rc == 0; i++) {
        const char *pair = lacking->items[i];
        int id_len = (int)strcspn(pair, ":");

        rc = findings_add(&doctor->findings, FIND_POLICY_KEY_SCOPES,
                          "%s: [key %.*s] lists service %s, but not all of the scopes that the "
                          "service demands, so it refuses every token by this key",
                          policy->file, id_len, pair, pair + id_len + (pair[id_len] == ':'));
    }
    return rc;
}

/* Users of keys that do not exist here. A directory may take for ever to answer, so this is a job
 * with a short deadline of its own, whose loss costs nothing else. */
static int
check_users(struct doctor *doctor, const char *file, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};
    const struct doctor_file_job job = {TS_JOB_ACCOUNTS, file, LOOK_UPS_MS, NULL};
    const struct ts_list *users = &info.no_account;
    struct ts_err problem = {.code = 0};

    int rc = doctor_ask_file(&job, &answer, &problem);
    if (rc == 0)
        rc = ts_job_read_policy_info(&answer, &info, &problem);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0)
        return findings_add(&doctor->findings, FIND_POLICY_LOOK_UP,
                            "%s: looking up the users of its keys takes longer than %d seconds",
                            file, LOOK_UPS_MS / 1000);
    for (size_t i = 0; i < users->len && rc == 0; i++) {
        bool is_group = users->items[i][0] == '@';

        rc = findings_add(&doctor->findings, FIND_POLICY_KEY_USER,
                          "%s: a key lists %s %s, which does not exist on this host", file,
                          is_group ? "group" : "user", users->items[i] + is_group);
    }
    return rc;
}

/* What single_use remembers is kept below RUNDIR. */
static int
check_replay(struct doctor *doctor, const struct doctor_policy *policy)
{
    if (policy->info.single_use.len == 0 || access(TS_RUNDIR, W_OK) == 0)
        return 0;
    return findings_add(&doctor->findings, FIND_REPLAY_UNWRITABLE,
                        "[service %s] has single_use, but %s cannot be written to (%s), so every "
                        "token is refused",
                        policy->info.single_use.items[0], TS_RUNDIR, strerror(errno));
}

static int
report_policy(struct doctor *doctor, const struct doctor_policy *policy, struct ts_err *err)
{
    const struct ts_policy_info *info = &policy->info;
    int rc = 0;

    if (info->keys == 0)
        return findings_add(&doctor->findings, FIND_POLICY_NO_KEY,
                            "%s has no section [key ID], so no token is accepted", policy->file);
    for (size_t i = 0; i < info->problems.len && rc == 0; i++)
        rc = findings_add(&doctor->findings, FIND_POLICY_KEYS, "%s", info->problems.items[i]);
    for (size_t i = 0; i < info->expired.len && rc == 0; i++)
        rc = findings_add(&doctor->findings, FIND_POLICY_KEY_EXPIRED, "%s: [key %s] has expired",
                          policy->file, info->expired.items[i]);
    if (rc == 0)
        rc = report_services(doctor, policy);
    if (rc == 0)
        rc = check_users(doctor, policy->file, err);
    if (rc == 0)
        rc = check_replay(doctor, policy);
    if (rc == 0)
        rc = doctor_bound(doctor, policy);
    if (rc == 0)
        rc = findings_add(&doctor->findings, FIND_POLICY,
                          "%s is valid: %zu services, %" PRId64 " keys", policy->file,
                          info->services.len, info->keys);
    return rc;
}

static int
fetch_policy(const char *file, struct ts_policy_info *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);

    const struct doctor_file_job job = {TS_JOB_POLICY, file, DOCTOR_FILE_TIMEOUT_MS, NULL};

    int rc = doctor_ask_file(&job, &answer, err);
    return rc < 0 ? rc : ts_job_read_policy_info(&answer, ret, err);
}

/* A policy that has not been loaded yet. */
static struct doctor_policy *
add_policy(struct doctor *doctor, const char *file)
{
    struct doctor_policy *more =
        reallocarray(doctor->policies, doctor->policies_len + 1, sizeof(*more));

    if (more == NULL)
        return NULL;
    doctor->policies = more;
    struct doctor_policy *policy = &more[doctor->policies_len];
    *policy = (struct doctor_policy){.file = strdup(file)};
    if (policy->file == NULL)
        return NULL;
    doctor->policies_len++;
    return policy;
}

int
doctor_policy_load(struct doctor *doctor, const char *file, const char *place, size_t *ret,
                   struct ts_err *err)
{
    for (*ret = 0; *ret < doctor->policies_len; (*ret)++)
        if (strcmp(doctor->policies[*ret].file, file) == 0)
            return 0;
    struct doctor_policy *policy = add_policy(doctor, file);
    if (policy == NULL)
        return ts_err_nomem(err);
    int rc = fetch_policy(file, &policy->info, err);
    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_POLICY_INVALID, "%s%s%s",
                            place != NULL ? place : "", place != NULL ? ": " : "", err->text);
    if (rc < 0)
        return rc;
    policy->is_sound = true;
    return report_policy(doctor, policy, err);
}

int
doctor_policy(struct doctor *doctor, struct ts_err *err)
{
    size_t ignored = 0;

    /* A host without one accepts no tokens, which is right if no stack uses the module. */
    return access(POLICY_FILE, F_OK) == 0
               ? doctor_policy_load(doctor, POLICY_FILE, NULL, &ignored, err)
               : 0;
}

int
doctor_use_add(struct doctor *doctor, const struct doctor_use *use)
{
    for (size_t i = 0; i < doctor->uses_len; i++)
        if (doctor->uses[i].policy == use->policy &&
            strcmp(doctor->uses[i].service, use->service) == 0) {
            doctor->uses[i].skips_strangers &= use->skips_strangers;
            return 0;
        }
    struct doctor_use *more = reallocarray(doctor->uses, doctor->uses_len + 1, sizeof(*more));
    if (more == NULL)
        return TS_ERR_NOMEM;
    doctor->uses = more;
    more[doctor->uses_len] = *use;
    more[doctor->uses_len].service = strdup(use->service);
    if (more[doctor->uses_len].service == NULL)
        return TS_ERR_NOMEM;
    doctor->uses_len++;
    return 0;
}

const char *
doctor_policy_section(const struct ts_policy_info *policy, const char *service)
{
    service = ts_policy_service_name(service);
    if (ts_list_has(&policy->services, service))
        return service;
    return ts_list_has(&policy->services, "*") ? "*" : NULL;
}

static bool
has_section(const struct doctor *doctor, const struct doctor_use *use)
{
    return doctor_policy_section(&doctor->policies[use->policy].info, use->service) != NULL;
}

bool
doctor_service_is_skipped(const struct doctor *doctor, const char *service)
{
    bool is_skipped = false;

    for (size_t i = 0; i < doctor->uses_len; i++)
        if (strcmp(doctor->uses[i].service, service) == 0) {
            if (has_section(doctor, &doctor->uses[i]) || !doctor->uses[i].skips_strangers)
                return false;
            is_skipped = true;
        }
    return is_skipped;
}

/* Without a section for its service the module refuses everybody. */
int
doctor_services(struct doctor *doctor, struct ts_err *err)
{
    int rc = 0;

    (void)err;
    for (size_t i = 0; i < doctor->uses_len && rc == 0; i++) {
        const struct doctor_use *use = &doctor->uses[i];

        if (!has_section(doctor, use) && !use->skips_strangers)
            rc = findings_add(&doctor->findings, FIND_POLICY_NO_SERVICE,
                              "/etc/pam.d/%s uses the module, but %s has no section [service %s]",
                              use->service, doctor->policies[use->policy].file,
                              ts_policy_service_name(use->service));
    }
    return rc;
}
