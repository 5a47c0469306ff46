/* The endpoint, asked without a key: how far a request gets, and whose clock is wrong. */
#include <inttypes.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/doctor/doctor.h"

#define SKEW_MAX 30 /* seconds */

/* How far a request without a key got. */
static const struct {
    const char *stage;
    enum finding_code code;
} stages[] = {
    {"settings", FIND_PROFILE_INVALID},
    {"resolve", FIND_ENDPOINT_UNRESOLVED},
    {"proxy", FIND_ENDPOINT_PROXY},
    {"connect", FIND_ENDPOINT_UNREACHABLE},
    {"tls", FIND_ENDPOINT_TLS},
    {"ca", FIND_ENDPOINT_CA},
    {"timeout", FIND_ENDPOINT_TIMEOUT},
    {"http", FIND_ENDPOINT_ANSWER},
    {"broken", FIND_ENDPOINT_UNREACHABLE},
};

/* A token endpoint never refuses a request with one of these: redirects, missing pages, success. */
static bool
is_other_page(long status)
{
    return status < 400 || status == 404 || status == 405 || status == 410;
}

static int
check_answer(struct doctor *doctor, struct doctor_profile *profile, const struct ts_probe *probe)
{
    const char *url = profile->profile->endpoint.token_url;
    bool failing = probe->http_status >= 500 || probe->http_status == 429;

    if (is_other_page(probe->http_status))
        return findings_add(&doctor->findings, FIND_ENDPOINT_ANSWER,
                            "%s answers a request without a key with HTTP %ld", url,
                            probe->http_status);
    /* An endpoint that fails on an empty request may still serve a complete one: with a key, the
     * token request shows it. */
    if (failing && !profile->key_ok)
        return findings_add(&doctor->findings, FIND_ENDPOINT_FAILING, "%s answers with HTTP %ld",
                            url, probe->http_status);
    profile->endpoint_ok = true;
    return findings_add(&doctor->findings, FIND_ENDPOINT,
                        "%s answers; a request without a key gets HTTP %ld", url,
                        probe->http_status);
}

static int
check_clock(struct doctor *doctor, const struct ts_probe *probe)
{
    int64_t skew = probe->now - probe->date;

    if (probe->date == 0)
        return 0;
    if (skew > SKEW_MAX || skew < -SKEW_MAX)
        return findings_add(&doctor->findings, FIND_CLOCK_SKEW,
                            "the clock is %" PRId64 " seconds %s the endpoint's",
                            skew > 0 ? skew : -skew, skew > 0 ? "ahead of" : "behind");
    return findings_add(&doctor->findings, FIND_CLOCK, "the clock agrees with the endpoint's");
}

/* libcrypto's words for a certificate whose dates do not fit this machine's clock. */
static bool
is_about_dates(const char *text)
{
    return strstr(text, "certificate has expired") != NULL ||
           strstr(text, "certificate is not yet valid") != NULL;
}

static int
report_dates(struct doctor *doctor, const struct doctor_profile *profile,
             const struct ts_probe *probe)
{
    char now[32];

    ts_text_rfc3339(now, probe->now);
    return findings_add(&doctor->findings, FIND_ENDPOINT_CERTIFICATE_DATE,
                        "profile %s: %s; this machine's clock says %s", profile->profile->name,
                        probe->text, now);
}

static int
check_probe(struct doctor *doctor, struct doctor_profile *profile, const struct ts_probe *probe)
{
    if (is_about_dates(probe->text))
        return report_dates(doctor, profile, probe);
    for (size_t i = 0; i < TS_ARRAY_LEN(stages); i++)
        if (strcmp(stages[i].stage, probe->stage) == 0)
            return findings_add(&doctor->findings, stages[i].code, "profile %s: %s",
                                profile->profile->name, probe->text);
    int rc = check_answer(doctor, profile, probe);
    return rc < 0 ? rc : check_clock(doctor, probe);
}

static bool
is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_same_endpoint(const struct ts_endpoint *a, const struct ts_endpoint *b)
{
    return is_same_text(a->token_url, b->token_url) && is_same_text(a->ca_file, b->ca_file) &&
           is_same_text(a->pinned_public_key, b->pinned_public_key) &&
           is_same_text(a->proxy, b->proxy) && is_same_text(a->no_proxy, b->no_proxy);
}

static bool
is_without_endpoint(const struct doctor_profile *profile)
{
    return profile->has_session || profile->profile->key.api_key_file != NULL;
}

/* Profiles often share an endpoint, which is then asked once. */
static const struct doctor_profile *
find_earlier(const struct doctor *doctor, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!is_without_endpoint(&doctor->profiles[i]) &&
            is_same_endpoint(&doctor->profiles[i].profile->endpoint,
                             &doctor->profiles[index].profile->endpoint))
            return &doctor->profiles[i];
    return NULL;
}

static int
probe_profile(struct doctor *doctor, struct doctor_profile *profile, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_probe probe = {.stage = ""};

    int rc = helper_profile_request(doctor->helper, profile->profile->name, &request, err);
    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_PROFILE_INVALID, "%s", err->text);
    if (rc == 0)
        rc = doctor_ask(TS_JOB_PROBE, &request, &answer, err);
    if (rc == 0)
        rc = ts_job_read_probe(&answer, &probe, err);
    return rc < 0 ? rc : check_probe(doctor, profile, &probe);
}

int
doctor_endpoint(struct doctor *doctor, struct ts_err *err)
{
    int rc = 0;

    if (findings_has(&doctor->findings, FIND_CONFIG_MISSING))
        return 0;
    for (size_t i = 0; i < doctor->profiles_len && rc == 0; i++) {
        const struct doctor_profile *earlier = find_earlier(doctor, i);

        /* A session's token is used without the endpoint, which may be out of reach here; a private
         * API key needs none. */
        if (is_without_endpoint(&doctor->profiles[i]))
            continue;
        if (earlier == NULL)
            rc = probe_profile(doctor, &doctor->profiles[i], err);
        else
            doctor->profiles[i].endpoint_ok = earlier->endpoint_ok;
    }
    return rc;
}
