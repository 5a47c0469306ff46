#include "common/worker/prove.h"
#include "common/base/base64url.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/config/host.h"
#include "common/policy/proof.h"
#include "common/policy/verify.h"
#include "common/worker/trace.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

static void
free_digest(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static int
check_token(const struct ts_secret *token, const struct ts_api_key *key, struct ts_err *err)
{
    TS_CLEANUP(ts_token_release) struct ts_token parts = {.text = NULL};
    int rc = ts_token_split(&parts, ts_secret_string(token), token->len, err);

    if (rc == 0)
        rc = ts_token_read_header(&parts, err);
    if (rc == 0 && strcmp(parts.key_id, key->info.key_id) != 0)
        return ts_err_set(err, TS_ERR_ANSWER, "the token is not by API key %s", key->info.key_id);
    if (rc == 0)
        rc = ts_token_verify(&parts, key->key, err);
    return rc == TS_ERR_SYNTAX || rc == TS_ERR_TOO_LARGE || rc == TS_ERR_REFUSED
               ? ts_err_recode(err, TS_ERR_ANSWER)
               : rc;
}

static int
sign(const struct ts_api_key *key, const struct ts_secret *text, struct ts_secret *ret,
     struct ts_err *err)
{
    TS_CLEANUP(free_digest) EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = ret->max;

    if (context == NULL || ts_secret_reserve(ret, len) < 0)
        return ts_err_nomem(err);
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->key) != 1 ||
        EVP_DigestSign(context, (unsigned char *)ret->data, &len, (const unsigned char *)text->data,
                       text->len) != 1)
        return ts_err_set(err, TS_ERR_SYSTEM, "the API key cannot sign the proof");
    ret->len = len;
    ret->data[len] = '\0';
    return 0;
}

int
ts_prove(const struct ts_secret *token, const char *host, const struct ts_api_key *key, int64_t now,
         struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release)
    struct ts_secret signature = TS_SECRET_INIT(TS_RSA_BITS_MAX / 8);
    struct ts_proof_claims claims = {.key_id = key->info.key_id, .host = host, .now = now};
    char hash[TS_PROOF_HASH_LEN + 1];

    if (!ts_host_is_name(host))
        return ts_err_set(err, TS_ERR_USAGE,
                          "a proof is for one host: a name in lower case without a port");
    int rc = check_token(token, key, err);
    if (rc == 0)
        rc = ts_proof_hash(token->data, token->len, hash, err);
    if (rc < 0)
        return rc;
    claims.hash = hash;
    if (RAND_bytes(claims.nonce, (int)sizeof(claims.nonce)) != 1)
        return ts_err_set(err, TS_ERR_SYSTEM, "the system has no random numbers");
    rc = ts_proof_write(&claims, &text, err);
    if (rc == 0)
        rc = sign(key, &text, &signature, err);
    if (rc < 0)
        return rc;
    if (ts_secret_append(&text, ".", 1) < 0 ||
        ts_base64url_encode(signature.data, signature.len, &text) < 0 ||
        ts_secret_append(ret, text.data, text.len) < 0)
        return ts_err_nomem(err);
    return 0;
}

int
ts_prove_grant(const struct ts_request *request, const struct ts_api_key *key,
               struct ts_grant *grant, struct ts_err *err)
{
    int rc = ts_prove(&grant->token, request->bound_host, key, ts_clock_wall(), &grant->proof, err);

    if (rc == 0)
        ts_trace(request, "signed a proof for host %s", request->bound_host);
    return rc;
}

int
ts_prove_run(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
             struct ts_err *err)
{
    TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;

    if (job->kind != TS_JOB_PROVE || job->token.len == 0)
        return ts_err_set(err, TS_ERR_USAGE, "only a proof for a token that is there is signed");
    int rc = ts_api_key_read_asked(&job->request, deadline_ms, &key, err);
    if (rc == 0 && ts_secret_set(&grant.token, job->token.data, job->token.len) < 0)
        return ts_err_nomem(err);
    if (rc == 0)
        rc = ts_prove_grant(&job->request, &key, &grant, err);
    return rc < 0 ? rc : ts_job_write_proof(&grant, false, ret, err);
}
