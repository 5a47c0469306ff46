#include "common/policy/proof.h"
#include "common/base/base64url.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/json/json.h"
#include "common/json/json_write.h"
#include "common/policy/verify.h"

#include <string.h>

/* Header and payload of a proof that this project writes have under 500 characters. */
#define PROOF_MAX ((size_t)2048)
#define HEADER_MEMBERS 3

static int
parse_object(const struct ts_secret *json, const char *part, struct ts_json **ret,
             struct ts_err *err)
{
    int rc = ts_json_parse_object(ts_secret_string(json), json->len, ret, err);

    if (rc < 0)
        ts_err_prefix(err, "the proof's %s", part);
    return rc;
}

static bool
member_is(struct ts_json *object, const char *name, const char *value)
{
    const char *found = ts_json_string(object, name);

    return found != NULL && strcmp(found, value) == 0;
}

static int
check_header(const struct ts_proof *proof, const char *key_id, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *header = NULL;
    int rc = parse_object(&proof->jwt.header, "header", &header, err);

    if (rc < 0)
        return rc;
    if (!member_is(header, "alg", "RS256"))
        return ts_err_set(err, TS_ERR_SYNTAX, "the proof's alg is not RS256");
    if (!member_is(header, "typ", "kb+jwt"))
        return ts_err_set(err, TS_ERR_SYNTAX, "the proof's typ is not kb+jwt");
    if (!member_is(header, "id", key_id))
        return ts_err_set(err, TS_ERR_SYNTAX, "the proof's key id is not the token's");
    if (ts_json_length(header) != HEADER_MEMBERS)
        return ts_err_set(err, TS_ERR_SYNTAX, "the proof's header has other members");
    return 0;
}

int
ts_proof_read(struct ts_proof *ret, const char *text, size_t len, const char *key_id,
              struct ts_err *err)
{
    memset(ret, 0, sizeof(*ret));
    int rc = ts_token_split(&ret->jwt, text, len, err);
    if (rc < 0)
        return rc == TS_ERR_NOMEM
                   ? rc
                   : ts_err_set(err, rc, "the proof is not three parts of base64url");
    return check_header(ret, key_id, err);
}

static int
read_host(struct ts_proof *proof, struct ts_json *payload, struct ts_err *err)
{
    const char *host = ts_json_string(payload, "aud");

    if (host == NULL || !ts_host_is_name(host))
        return ts_err_set(err, TS_ERR_SYNTAX,
                          "the proof's aud is missing or not one host name in lower case");
    memcpy(proof->host, host, strlen(host) + 1);
    return 0;
}

static bool
is_base64url(const char *text, size_t min, size_t max)
{
    size_t len = strlen(text);

    return len >= min && len <= max && ts_text_is_token(text, len) && strchr(text, '.') == NULL;
}

int
ts_proof_read_payload(struct ts_proof *proof, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *payload = NULL;
    /* 128 bits in base64url. */
    const size_t nonce_min = 22;
    int64_t issued_at = 0;

    int rc = parse_object(&proof->jwt.payload, "payload", &payload, err);
    if (rc == 0)
        rc = read_host(proof, payload, err);
    if (rc < 0)
        return rc;
    if (!ts_json_integer(payload, "iat", &issued_at) || issued_at < 0 ||
        issued_at > TS_TOKEN_TIME_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "the proof's iat is missing or not a time");
    const char *nonce = ts_json_string(payload, "nonce");
    if (nonce == NULL || !is_base64url(nonce, nonce_min, TS_PROOF_NONCE_MAX))
        return ts_err_set(err, TS_ERR_SYNTAX, "the proof's nonce is missing or not 128 bits");
    const char *hash = ts_json_string(payload, "sd_hash");
    if (hash == NULL || !is_base64url(hash, TS_PROOF_HASH_LEN, TS_PROOF_HASH_LEN))
        return ts_err_set(err, TS_ERR_SYNTAX, "the proof's sd_hash is missing or not a SHA-256");
    memcpy(proof->hash, hash, sizeof(proof->hash));
    proof->issued_at = issued_at;
    return 0;
}

void
ts_proof_release(struct ts_proof *proof)
{
    ts_token_release(&proof->jwt);
}

int
ts_proof_hash(const char *token, size_t len, char ret[TS_PROOF_HASH_LEN + 1], struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret hashed = TS_SECRET_INIT(TS_TOKEN_MAX + 1);
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_PROOF_HASH_LEN);
    static const char separator = TS_PROOF_SEPARATOR;
    unsigned char digest[32];

    int rc = ts_secret_append(&hashed, token, len);
    if (rc == 0)
        rc = ts_secret_append(&hashed, &separator, 1);
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_SYSTEM, "the token is longer than %d characters",
                          TS_TOKEN_MAX);
    if (rc < 0)
        return ts_err_nomem(err);
    rc = ts_token_digest(hashed.data, hashed.len, digest, err);
    if (rc < 0)
        return rc;
    if (ts_base64url_encode(digest, sizeof(digest), &text) < 0)
        return ts_err_nomem(err);
    memcpy(ret, text.data, TS_PROOF_HASH_LEN + 1);
    return 0;
}

static int
write_header(const struct ts_proof_claims *claims, struct ts_secret *ret)
{
    struct ts_json_writer json = ts_json_begin(ret);

    ts_json_write_string(&json, "alg", "RS256");
    ts_json_write_string(&json, "id", claims->key_id);
    ts_json_write_string(&json, "typ", "kb+jwt");
    return ts_json_end(&json);
}

static int
write_payload(const struct ts_proof_claims *claims, struct ts_secret *ret)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret nonce = TS_SECRET_INIT(TS_PROOF_NONCE_MAX);
    int rc = ts_base64url_encode(claims->nonce, sizeof(claims->nonce), &nonce);
    struct ts_json_writer json = ts_json_begin(ret);

    ts_json_write_string(&json, "aud", claims->host);
    ts_json_write_integer(&json, "iat", claims->now);
    ts_json_write_string(&json, "nonce", ts_secret_string(&nonce));
    ts_json_write_string(&json, "sd_hash", claims->hash);
    return rc < 0 ? rc : ts_json_end(&json);
}

int
ts_proof_write(const struct ts_proof_claims *claims, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret header = TS_SECRET_INIT(PROOF_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret payload = TS_SECRET_INIT(PROOF_MAX);

    if (write_header(claims, &header) < 0 || write_payload(claims, &payload) < 0 ||
        ts_base64url_encode(header.data, header.len, ret) < 0 ||
        ts_secret_append(ret, ".", 1) < 0 ||
        ts_base64url_encode(payload.data, payload.len, ret) < 0)
        return ts_err_nomem(err);
    return 0;
}
