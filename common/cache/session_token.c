#include "common/cache/session_token.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/userns.h"
#include "common/cache/identity.h"
#include "common/policy/token.h"

static int
read_claims(struct ts_token *token, const struct ts_secret *text, struct ts_err *err)
{
    size_t len = text->len;

    if (len > 0 && text->data[len - 1] == '\n')
        len--;
    int rc = ts_token_split(token, ts_secret_string(text), len, err);
    if (rc == 0)
        rc = ts_token_read_header(token, err);
    if (rc == 0)
        rc = ts_token_read_payload(token, err);
    if (rc == TS_ERR_NOMEM || rc == 0)
        return rc;
    (void)ts_err_prefix(err, "the session's token cannot be used");
    return ts_err_recode(err, TS_ERR_KEY);
}

/* A token from a clock that is ahead of this host's does not live longer because of it. */
static int64_t
life_of(const struct ts_token *token, int64_t now)
{
    return token->expires - (now > token->issued_at ? now : token->issued_at);
}

static int
check_claims(const struct ts_request *request, const struct ts_token *token, int64_t now,
             struct ts_err *err)
{
    for (size_t i = 0; i < request->scopes.len; i++)
        if (!ts_list_has(&token->audience, request->scopes.items[i]))
            return ts_err_set(err, TS_ERR_KEY,
                              "the session's token lacks scope %s: log in with a token that has it",
                              request->scopes.items[i]);
    if (life_of(token, now) <= 0 || token->expires - token->issued_at > TS_TOKEN_LIFE_MAX)
        return ts_err_set(err, TS_ERR_KEY,
                          "the session's token has expired: log in again, or import an API key");
    if (request->min_valid_strict && life_of(token, now) < request->min_valid)
        return ts_err_set(err, TS_ERR_ANSWER,
                          "the session's token lives %lld s, less than --min-valid asks for",
                          (long long)life_of(token, now));
    return 0;
}

static int
fill_grant(const struct ts_token *token, const struct ts_clock *now, struct ts_grant *ret,
           struct ts_err *err)
{
    int rc = ts_secret_set(&ret->token, token->text, token->len);

    if (rc < 0)
        return ts_err_nomem(err);
    memcpy(ret->key_id, token->key_id, sizeof(ret->key_id));
    ret->issued_at = token->issued_at;
    ret->life = life_of(token, now->wall);
    ret->age = now->wall > token->issued_at ? now->wall - token->issued_at : 0;
    ret->received = *now;
    return ts_list_copy(&ret->scopes, &token->audience, err);
}

int
ts_session_token_check(const struct ts_request *request, const struct ts_secret *text,
                       const struct ts_clock *now, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_token_release) struct ts_token token = {.text = NULL};
    int rc = read_claims(&token, text, err);

    if (rc == 0)
        rc = check_claims(request, &token, now->wall, err);
    return rc != 0 ? rc : fill_grant(&token, now, ret, err);
}

/* The module's file is root's, and a session may run rootless containers. */
static int
read_token_file(const char *path, struct ts_secret *ret, struct ts_err *err)
{
    const struct ts_file_rules rules = {.owner = geteuid(),
                                        .root_owner = ts_userns_root_owner,
                                        /* The module's file shows the mask of its ACL there. */
                                        .forbidden = 077,
                                        .root_allowed = 040};
    int rc = ts_file_read(AT_FDCWD, path, path, &rules, ret, err);

    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    (void)ts_err_prefix(err, "the session's token");
    return ts_err_recode(err, rc == TS_ERR_UNSAFE ? TS_ERR_CONFIG : TS_ERR_KEY);
}

bool
ts_session_token_is_used(const struct ts_request *request)
{
    TS_CLEANUP(ts_identity_release) struct ts_identity identity = TS_IDENTITY_INIT;
    struct ts_err ignored = {.code = 0};

    return request->session_token_file != NULL &&
           ts_identity_make(request, &identity, &ignored) == TS_ERR_NOT_FOUND;
}

int
ts_session_token_get(const struct ts_request *request, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX + 1);
    struct ts_clock now;

    if (request->fresh)
        return ts_err_set(err, TS_ERR_KEY, "a fresh token needs an API key, and %s does not exist",
                          request->key.key_file);
    int rc = read_token_file(request->session_token_file, &text, err);
    if (rc == 0)
        rc = ts_clock_read(&now, err);
    return rc != 0 ? rc : ts_session_token_check(request, &text, &now, ret, err);
}
