#include "helper/client/client.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/base64url.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/cache/refresh.h"
#include "common/config/host.h"
#include "common/policy/proof.h"
#include "helper/helper.h"

void
client_answer_release(struct client_answer *answer)
{
    free(answer->username);
    ts_grant_release(&answer->grant);
}

static bool
is_allowed(const struct helper *helper, const struct client_question *question)
{
    return strcmp(question->protocol, "https") == 0 ||
           (strcmp(question->protocol, "http") == 0 && helper_allows_http(helper, question->host));
}

int
client_find(struct helper *helper, const struct client_question *question,
            const struct ts_host_rule **ret, struct ts_err *err)
{
    const char *name = helper->command->name;
    int rc = helper_load_host(helper, question->host, question->path, err);

    *ret = NULL;
    if (rc < 0)
        return rc;
    if (!is_allowed(helper, question)) {
        helper_debug(helper, "%s: plain http gets no answer", name);
        return 0;
    }
    const struct ts_host_rule *host =
        ts_config_find_host(&helper->config, question->host, question->path);
    if (host == NULL) {
        helper_debug(helper, "%s: no [host] section serves this host", name);
        return 0;
    }
    if (question->user != NULL && host->username != NULL &&
        strcmp(question->user, host->username) != 0) {
        helper_debug(helper, "%s: another username is asked for", name);
        return 0;
    }
    helper_debug(helper, "%s: [host %s] serves it", name, host->label);
    *ret = host;
    return 0;
}

static bool
needs_username(const struct client_question *question, const struct ts_host_rule *host)
{
    if (host == NULL || question->wants == CLIENT_TOKEN)
        return false;
    return question->wants == CLIENT_LOGIN || host->auth == TS_AUTH_BASIC;
}

/* The host's own name, not the section's, which may be a pattern. */
static int
bind_request(const struct client_question *question, const struct ts_host_rule *host,
             struct ts_request *request, struct ts_err *err)
{
    char name[TS_HOST_NAME_MAX + 1];
    unsigned port = 0;

    if (question->bound_host != NULL)
        return ts_request_bind(request, question->bound_host, false, err);
    if (host == NULL || !host->bound)
        return 0;
    if (!ts_host_split(question->host, name, &port))
        return ts_err_set(err, TS_ERR_USAGE, "'%.300s' is not a host", question->host);
    return ts_request_bind(request, name, question->may_reuse_proof, err);
}

/* Nothing about a private API key can be asked for, and a host gets it only where its own section
 * says so. */
static int
allow_api_key(const struct helper *helper, const struct client_question *question,
              const struct ts_host_rule *host, const struct ts_request *request, struct ts_err *err)
{
    static const uint64_t of_tokens =
        OPTION_SCOPE | OPTION_LIFETIME | OPTION_MIN_VALID | OPTION_FRESH | OPTION_FOR | OPTION_JSON;
    const char *name = request->profile;

    if (options_check(&helper->options, ~of_tokens, "api_key_file", err) < 0)
        return ts_err_prefix(err, "profile %s", name);
    if (question->bound_host != NULL || (host != NULL && host->bound))
        return ts_err_set(err, TS_ERR_CONFIG,
                          "profile %s has a private API key (api_key_file), which cannot be bound "
                          "to a host",
                          name);
    if (host == NULL || (host->profile != NULL && strcmp(host->profile, name) == 0))
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "profile %s has a private API key (api_key_file), which goes only to hosts "
                      "whose section names the profile: set `profile = %s` in [host %s]",
                      name, name, host->label);
}

static int
get_grant(struct helper *helper, const struct client_question *question, struct client_answer *ret,
          struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    int rc = question->takes_api_key ? helper_any_request(helper, ret->host, &request, err)
                                     : helper_request(helper, ret->host, false, &request, err);

    if (rc == 0 && request.key.api_key_file != NULL) {
        ret->is_api_key = true;
        rc = allow_api_key(helper, question, ret->host, &request, err);
        return rc < 0 ? rc : ts_refresh_api_key(&request, &ret->grant.token, err);
    }
    if (rc == 0)
        rc = bind_request(question, ret->host, &request, err);
    if (rc < 0)
        return rc;
    helper_debug(helper, "profile %s asks for a token", request.profile);
    return ts_refresh_get(&request, &ret->grant, err);
}

/* Whoever keeps the answer until then must not keep a proof longer than hosts accept it, which is
 * not known here: the default of policy.conf(5) is assumed. */
static int64_t
expiry_of(const struct ts_grant *grant, const struct ts_clock *now)
{
    const int64_t token = ts_grant_expires_at(grant, now);
    const int64_t proof = grant->proof_made + TS_PROOF_AGE_DEFAULT;

    return grant->proof_made > 0 && proof < token ? proof : token;
}

int
client_get(struct helper *helper, const struct client_question *question, struct client_answer *ret,
           struct ts_err *err)
{
    struct ts_clock now;
    int rc = question->host != NULL ? client_find(helper, question, &ret->host, err)
                                    : helper_load_host(helper, "", NULL, err);

    if (rc == 0 && question->host != NULL && ret->host == NULL)
        return ts_err_set(err, TS_ERR_NOT_FOUND,
                          "no [host] section of credential.conf serves %.300s", question->host);
    if (rc == 0 && needs_username(question, ret->host))
        rc = helper_username(ret->host, question->user, &ret->username, err);
    if (rc == 0)
        rc = get_grant(helper, question, ret, err);
    if (rc == 0)
        rc = ts_clock_read(&now, err);
    if (rc == 0 && !ret->is_api_key)
        ret->expires_at = expiry_of(&ret->grant, &now);
    return rc;
}

/* base64 with padding (RFC 4648 section 4), which the Basic scheme takes, from base64url. */
static int
append_base64(const struct ts_secret *plain, struct ts_secret *ret)
{
    size_t start = ret->len;
    int rc = ts_base64url_encode(plain->data, plain->len, ret);

    for (size_t i = start; i < ret->len; i++) {
        if (ret->data[i] == '-')
            ret->data[i] = '+';
        else if (ret->data[i] == '_')
            ret->data[i] = '/';
    }
    while (rc == 0 && (ret->len - start) % 4 != 0)
        rc = ts_secret_append_string(ret, "=");
    return rc;
}

int
client_print_header(const struct client_answer *answer, struct ts_secret *ret)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret login = TS_SECRET_INIT(2 * TS_TOKEN_MAX);
    const struct ts_secret *token = &answer->grant.token;

    if (answer->username == NULL)
        return ts_secret_append_strings(ret, answer->is_api_key ? "Token " : "Bearer ",
                                        ts_secret_string(token), NULL);
    int rc = ts_secret_append_strings(&login, answer->username, ":", ts_secret_string(token), NULL);
    if (rc == 0)
        rc = ts_secret_append_string(ret, "Basic ");
    return rc < 0 ? rc : append_base64(&login, ret);
}
