/* Services that bind tokens to a host: whether this host has one of their names, and whether the
 * configuration of a client on this machine sends them what they demand. */
#include <string.h>

#include "common/base/own_name.h"
#include "common/config/host.h"
#include "helper/doctor/doctor.h"

/* The first `len` bytes of SERVICE:NAME, the service. */
static size_t
service_len(const char *pair)
{
    return strcspn(pair, ":");
}

static const char *
name_in(const char *pair)
{
    return pair + service_len(pair) + 1;
}

static bool
is_same_service(const char *a, const char *b)
{
    return service_len(a) == service_len(b) && strncmp(a, b, service_len(a)) == 0;
}

/* Whether no name of the service that the pair at `first` belongs to can be this host's. */
static bool
is_elsewhere(const struct ts_list *pairs, size_t first)
{
    for (size_t i = first; i < pairs->len && is_same_service(pairs->items[i], pairs->items[first]);
         i++)
        if (ts_own_name_may_be(name_in(pairs->items[i])))
            return false;
    return true;
}

static int
report_name(struct doctor *doctor, const struct doctor_policy *policy, const char *pair)
{
    return findings_add(
        &doctor->findings, FIND_POLICY_BOUND_NAME,
        "%s: [service %.*s] is bound to %s, which is not known as a name or address "
        "of this host, so clients may make proofs for another name",
        policy->file, (int)service_len(pair), pair, name_in(pair));
}

/* An exact section only: a pattern is for other hosts, too. */
static int
check_client(struct doctor *doctor, const struct doctor_policy *policy, const char *pair)
{
    const struct ts_config *config = &doctor->helper->config;
    int rc = 0;

    for (size_t i = 0; i < config->hosts_len && rc == 0; i++) {
        const struct ts_host_rule *host = &config->hosts[i];

        if (!host->pattern.wildcard && !host->bound &&
            ts_text_equal_nocase(host->pattern.name, name_in(pair)))
            rc =
                findings_add(&doctor->findings, FIND_POLICY_BOUND_CLIENT,
                             "[host %s] does not say 'bound = yes', but %s binds [service %.*s] to "
                             "that name",
                             host->label, policy->file, (int)service_len(pair), pair);
    }
    return rc;
}

int
doctor_bound(struct doctor *doctor, const struct doctor_policy *policy)
{
    const struct ts_list *pairs = &policy->info.bound;
    int rc = 0;

    for (size_t i = 0; i < pairs->len && rc == 0; i++) {
        const bool is_first = i == 0 || !is_same_service(pairs->items[i - 1], pairs->items[i]);

        if (is_first && is_elsewhere(pairs, i))
            rc = report_name(doctor, policy, pairs->items[i]);
        if (rc == 0)
            rc = check_client(doctor, policy, pairs->items[i]);
    }
    return rc;
}
