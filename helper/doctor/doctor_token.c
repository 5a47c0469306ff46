/* The tokens that clients get: one for each profile, scopes and lifetime in use. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/cache/refresh.h"
#include "helper/doctor/doctor.h"

struct doctor_profile *
doctor_find_profile(const struct doctor *doctor, const char *name)
{
    for (size_t i = 0; i < doctor->profiles_len; i++)
        if (strcmp(doctor->profiles[i].profile->name, name) == 0)
            return &doctor->profiles[i];
    return NULL;
}

/* As the configuration has it, with no place for a cache: doctor leaves nothing behind, and need
 * not wait for the next second to get another token. */
static int
make_request(const struct doctor *doctor, const char *profile, const struct ts_host_rule *host,
             struct ts_request *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *name = profile != NULL ? strdup(profile) : NULL;
    const struct ts_config_overrides overrides = {.lifetime = -1, .min_valid = -1};
    struct ts_config view = doctor->helper->config;

    if (profile != NULL && name == NULL)
        return ts_err_nomem(err);
    if (name != NULL)
        view.selected_profile = name;
    int rc = ts_config_request(&view, host, &overrides, ret, err);
    ret->environment = helper_environment();
    ts_string_free(&ret->cache_dir);
    ret->cache_dir = NULL;
    return rc;
}

static enum finding_code
token_finding(int error)
{
    switch (error) {
    case TS_ERR_REFUSED:
        return FIND_TOKEN_REFUSED;
    case TS_ERR_ANSWER:
        return FIND_TOKEN_INVALID;
    case TS_ERR_KEY:
        return FIND_KEY_UNUSABLE;
    case TS_ERR_CONFIG:
        return FIND_CONFIG_INVALID;
    default:
        return FIND_TOKEN_UNAVAILABLE;
    }
}

static int
report_token_failure(struct doctor *doctor, const struct doctor_profile *profile,
                     const struct ts_host_rule *host, const struct ts_err *failure)
{
    char text[OUTPUT_TEXT_MAX];

    output_error_text(failure, text);
    return findings_add(&doctor->findings,
                        profile->has_session ? FIND_SESSION_INVALID : token_finding(failure->code),
                        "%s%s%s%s", host != NULL ? "[host " : "", host != NULL ? host->label : "",
                        host != NULL ? "]: " : "", text);
}

static int
report_grant(struct doctor *doctor, const struct doctor_profile *profile,
             const struct ts_request *request, const struct ts_grant *grant)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret scopes = TS_SECRET_INIT(OUTPUT_MAX);
    const char *name = profile->profile->name;

    if (ts_list_join(&grant->scopes, ' ', &scopes) < 0)
        return TS_ERR_NOMEM;
    if (profile->has_session)
        return findings_add(&doctor->findings, FIND_SESSION_TOKEN,
                            "profile %s: %s does not exist, so the token of this login session is "
                            "used, with scopes %s",
                            name, profile->profile->key.key_file, ts_secret_string(&scopes));
    if (request->max_age >= 0 && grant->age > request->max_age)
        return findings_add(&doctor->findings, FIND_TOKEN_AGE,
                            "profile %s: the endpoint grants tokens that are %" PRId64
                            " seconds old, but max_age is %" PRId64 ", so the cache is never used",
                            name, grant->age, request->max_age);
    return findings_add(&doctor->findings, FIND_TOKEN,
                        "profile %s: a token was granted for %" PRId64 " seconds, with scopes %s",
                        name, grant->life, ts_secret_string(&scopes));
}

/* Whether it is the first request for this profile, with these scopes and this lifetime. */
static int
remember(struct doctor *doctor, const struct ts_request *request, bool *ret_is_first,
         struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(OUTPUT_MAX);
    TS_CLEANUP(ts_list_release) struct ts_list scopes = {NULL, 0};

    int rc = ts_list_copy(&scopes, &request->scopes, err);
    if (rc < 0)
        return rc;
    ts_list_normalize(&scopes);
    if (ts_secret_append_format(&text, "%s %" PRId64 " ", request->profile, request->lifetime) <
            0 ||
        ts_list_join(&scopes, ' ', &text) < 0)
        return ts_err_nomem(err);
    *ret_is_first = !ts_list_has(&doctor->tried, ts_secret_string(&text));
    return *ret_is_first ? ts_list_add(&doctor->tried, ts_secret_string(&text), err) : 0;
}

static bool
can_get_token(const struct doctor_profile *profile, const struct ts_request *request)
{
    if (profile == NULL)
        return false;
    return profile->has_session ||
           (profile->key_ok && profile->endpoint_ok && request->scopes.len > 0);
}

int
doctor_try_token(struct doctor *doctor, const char *profile_name, const struct ts_host_rule *host,
                 struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    struct ts_err failure = {.code = 0};
    bool is_first = false;

    int rc = make_request(doctor, profile_name, host, &request, &failure);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0) /* reported with the profile: no scopes, or settings that cannot be used */
        return 0;
    const struct doctor_profile *profile = doctor_find_profile(doctor, request.profile);
    if (!can_get_token(profile, &request))
        return 0;
    rc = remember(doctor, &request, &is_first, err);
    if (rc < 0 || !is_first)
        return rc;
    rc = ts_refresh_get(&request, &grant, &failure);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    return rc < 0 ? report_token_failure(doctor, profile, host, &failure)
                  : report_grant(doctor, profile, &request, &grant);
}

int
doctor_token(struct doctor *doctor, struct ts_err *err)
{
    const struct ts_config *config = &doctor->helper->config;
    int rc = 0;

    for (size_t i = 0; i < doctor->profiles_len && rc == 0; i++)
        rc = doctor_try_token(doctor, doctor->profiles[i].profile->name, NULL, err);
    for (size_t i = 0; i < config->hosts_len && rc == 0; i++)
        rc = doctor_try_token(doctor, NULL, &config->hosts[i], err);
    return rc;
}
