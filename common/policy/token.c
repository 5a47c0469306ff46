#include "common/policy/token.h"
#include "common/base/base64url.h"
#include "common/base/cleanup.h"
#include "common/json/json.h"

#include <string.h>

static int
decode(const char *text, size_t len, const char *part, struct ts_secret *ret, struct ts_err *err)
{
    ret->max = TS_TOKEN_MAX;
    int rc = ts_base64url_decode(text, len, ret);

    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    return rc == 0 ? 0 : ts_err_set(err, TS_ERR_SYNTAX, "the token's %s is not base64url", part);
}

int
ts_token_split(struct ts_token *ret, const char *text, size_t len, struct ts_err *err)
{
    memset(ret, 0, sizeof(*ret));
    if (len > TS_TOKEN_MAX)
        return ts_err_set(err, TS_ERR_TOO_LARGE, "the token is longer than %d characters",
                          TS_TOKEN_MAX);
    const char *first = memchr(text, '.', len);
    const char *last = memrchr(text, '.', len);
    if (first == NULL || first == last || first == text || last == first + 1 ||
        last == text + len - 1 || memchr(first + 1, '.', (size_t)(last - first - 1)) != NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "the token does not have three parts");
    ret->text = text;
    ret->len = len;
    ret->header_len = (size_t)(first - text);
    ret->signed_len = (size_t)(last - text);
    int rc = decode(text, ret->header_len, "header", &ret->header, err);
    if (rc == 0)
        rc = decode(first + 1, (size_t)(last - first - 1), "payload", &ret->payload, err);
    if (rc == 0)
        rc = decode(last + 1, (size_t)(text + len - last - 1), "signature", &ret->signature, err);
    return rc;
}

static int
parse_object(const struct ts_secret *json, const char *part, struct ts_json **ret,
             struct ts_err *err)
{
    int rc = ts_json_parse_object(ts_secret_string(json), json->len, ret, err);

    if (rc < 0)
        ts_err_prefix(err, "the token's %s", part);
    return rc;
}

static int
read_header_object(struct ts_json *header, char ret_key_id[TS_KEY_ID_MAX + 1], struct ts_err *err)
{
    const char *alg = ts_json_string(header, "alg");
    const char *id = ts_json_string(header, "id");
    const char *typ = ts_json_string(header, "typ");
    bool has_typ = ts_json_find(header, "typ", NULL) != 0;

    if (alg == NULL || strcmp(alg, "RS256") != 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "the token's alg is not RS256");
    if (ts_json_find(header, "crit", NULL))
        return ts_err_set(err, TS_ERR_SYNTAX, "the token's header has a crit member");
    if (has_typ && (typ == NULL || !ts_text_equal_nocase(typ, "JWT")))
        return ts_err_set(err, TS_ERR_SYNTAX, "the token's typ is not JWT");
    if (id == NULL || !ts_text_is_key_id(id))
        return ts_err_set(err, TS_ERR_SYNTAX, "the token's header has no usable key id");
    memcpy(ret_key_id, id, strlen(id) + 1);
    return 0;
}

static int
read_header(const struct ts_secret *json, char ret_key_id[TS_KEY_ID_MAX + 1], struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *header = NULL;
    int rc = parse_object(json, "header", &header, err);

    return rc < 0 ? rc : read_header_object(header, ret_key_id, err);
}

int
ts_token_peek_key_id(const char *text, size_t header_len, char ret_key_id[TS_KEY_ID_MAX + 1],
                     struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret json = TS_SECRET_INIT(TS_TOKEN_MAX);
    int rc = decode(text, header_len, "header", &json, err);

    return rc < 0 ? rc : read_header(&json, ret_key_id, err);
}

int
ts_token_read_header(struct ts_token *token, struct ts_err *err)
{
    return token->key_id[0] != '\0' ? 0 : read_header(&token->header, token->key_id, err);
}

static int
read_time(struct ts_json *payload, const char *claim, int64_t *ret, struct ts_err *err)
{
    int64_t value = 0;

    if (!ts_json_integer(payload, claim, &value) || value < 0 || value > TS_TOKEN_TIME_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "the token's %s is missing or not a time", claim);
    *ret = value;
    return 0;
}

static int
add_audience(struct ts_token *token, struct ts_json *value, struct ts_err *err)
{
    if (!ts_json_is(value, TS_JSON_STRING))
        return ts_err_set(err, TS_ERR_SYNTAX,
                          "the token's aud is neither text nor a list of texts");
    return ts_list_add_split(&token->audience, ts_json_text(value), err);
}

static int
read_audience(struct ts_token *token, struct ts_json *payload, struct ts_err *err)
{
    struct ts_json *aud = ts_json_member(payload, "aud");
    int rc = 0;

    if (ts_json_is(aud, TS_JSON_ARRAY)) {
        for (size_t i = 0; i < ts_json_length(aud) && rc == 0; i++)
            rc = add_audience(token, ts_json_at(aud, i), err);
    } else {
        rc = add_audience(token, aud, err);
    }
    if (rc < 0)
        return rc;
    if (token->audience.len == 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "the token's aud is empty");
    for (size_t i = 0; i < token->audience.len; i++)
        if (!ts_text_is_scope(token->audience.items[i]))
            return ts_err_set(err, TS_ERR_SYNTAX, "the token's aud holds what is not a scope");
    return 0;
}

static int
read_issuer(struct ts_token *token, struct ts_json *payload, struct ts_err *err)
{
    const char *iss = ts_json_string(payload, "iss");

    if (iss == NULL || strlen(iss) >= sizeof(token->issuer))
        return ts_err_set(err, TS_ERR_SYNTAX, "the token's iss is missing or not a short text");
    memcpy(token->issuer, iss, strlen(iss) + 1);
    return 0;
}

int
ts_token_read_payload(struct ts_token *token, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *payload = NULL;
    int rc = parse_object(&token->payload, "payload", &payload, err);

    if (rc == 0)
        rc = read_issuer(token, payload, err);
    if (rc == 0)
        rc = read_audience(token, payload, err);
    if (rc == 0)
        rc = read_time(payload, "iat", &token->issued_at, err);
    if (rc == 0)
        rc = read_time(payload, "exp", &token->expires, err);
    if (rc == 0 && ts_json_find(payload, "nbf", NULL))
        rc = read_time(payload, "nbf", &token->not_before, err);
    return rc;
}

void
ts_token_release(struct ts_token *token)
{
    ts_secret_release(&token->header);
    ts_secret_release(&token->payload);
    ts_secret_release(&token->signature);
    ts_list_release(&token->audience);
    memset(token, 0, sizeof(*token));
}

size_t
ts_proof_token_len(const char *text, size_t len)
{
    const char *separator = len > 0 ? memchr(text, TS_PROOF_SEPARATOR, len) : NULL;

    return separator != NULL ? (size_t)(separator - text) : len;
}
