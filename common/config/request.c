#include "common/config/request.h"
#include "common/base/cleanup.h"

#include <stdlib.h>
#include <string.h>

void
ts_request_release(struct ts_request *request)
{
    char **const owned[] = {
        &request->profile,
        &request->key.key_file,
        &request->key.key_command,
        &request->key.api_key_file,
        &request->key.key_id,
        &request->key.credentials_dir,
        &request->endpoint.token_url,
        &request->endpoint.ca_file,
        &request->endpoint.pinned_public_key,
        &request->endpoint.proxy,
        &request->endpoint.proxy_variable,
        &request->endpoint.no_proxy,
        &request->cache_dir,
        &request->session_token_file,
        &request->bound_host,
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(owned); i++)
        ts_string_free(owned[i]);
    ts_list_release(&request->scopes);
    *request = TS_REQUEST_INIT;
}

int
ts_request_bind(struct ts_request *request, const char *host, bool reuse, struct ts_err *err)
{
    char *copy = strdup(host);

    if (copy == NULL)
        return ts_err_nomem(err);
    free(request->bound_host);
    request->bound_host = copy;
    request->reuse_proof = reuse;
    return 0;
}

void
ts_grant_release(struct ts_grant *grant)
{
    ts_secret_release(&grant->token);
    ts_secret_release(&grant->proof);
    ts_list_release(&grant->scopes);
    *grant = TS_GRANT_INIT;
}

/*
 * Whole seconds between two readings of CLOCK_BOOTTIME; -1 where they cannot be compared. Rounded
 * down, so that it never exceeds the wall clock's count on a machine whose clocks agree, and the
 * expiry shown for one token stays the same.
 */
static int64_t
boot_elapsed(const struct ts_clock *then, const struct ts_clock *now)
{
    if (then->boot_id[0] == '\0' || strcmp(then->boot_id, now->boot_id) != 0)
        return -1;
    if (now->boot_ms < then->boot_ms)
        return -1;
    return (now->boot_ms - then->boot_ms) / 1000;
}

static bool
then_is_before_reboot(const struct ts_clock *then, const struct ts_clock *now)
{
    return then->boot_id[0] != '\0' && now->boot_id[0] != '\0' &&
           strcmp(then->boot_id, now->boot_id) != 0;
}

int64_t
ts_grant_elapsed(const struct ts_grant *grant, const struct ts_clock *now)
{
    int64_t by_boot = boot_elapsed(&grant->received, now);
    int64_t by_wall = now->wall - grant->received.wall;

    /* After a reboot the wall clock may be slow, and nothing else has counted the time. */
    if (then_is_before_reboot(&grant->received, now) || (by_boot < 0 && by_wall < 0))
        return INT64_MAX;
    return by_boot > by_wall ? by_boot : by_wall;
}

int64_t
ts_grant_remaining(const struct ts_grant *grant, const struct ts_clock *now)
{
    return grant->life - ts_grant_elapsed(grant, now);
}

int64_t
ts_grant_expires_at(const struct ts_grant *grant, const struct ts_clock *now)
{
    return now->wall + ts_grant_remaining(grant, now);
}

int64_t
ts_grant_age(const struct ts_grant *grant, const struct ts_clock *now)
{
    int64_t elapsed = ts_grant_elapsed(grant, now);

    return elapsed > INT64_MAX - grant->age ? INT64_MAX : grant->age + elapsed;
}

int64_t
ts_grant_second_left_ms(const struct ts_grant *grant, const struct ts_clock *now)
{
    int64_t passed = now->boot_ms - grant->received.boot_ms;

    if (strcmp(now->boot_id, grant->received.boot_id) != 0 || passed < 0)
        return 0;
    return passed < TS_GRANT_SECOND_MS ? TS_GRANT_SECOND_MS - passed : 0;
}

int64_t
ts_grant_min_valid(const struct ts_grant *grant, const struct ts_request *request)
{
    if (request->min_valid_strict || request->min_valid <= grant->life / 2)
        return request->min_valid;
    return grant->life / 2;
}
