#include "sign.h"

#include "scoped.h"

#include <err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <string.h>

enum family { FAMILY_NONE, FAMILY_HMAC, FAMILY_PKCS1, FAMILY_PSS };

struct sign_alg {
    const char *name;
    enum family family;
    const EVP_MD *(*digest)(void);
};

static const struct sign_alg algs[] = {
    {"none", FAMILY_NONE, NULL},         {"HS256", FAMILY_HMAC, EVP_sha256},
    {"RS256", FAMILY_PKCS1, EVP_sha256}, {"RS384", FAMILY_PKCS1, EVP_sha384},
    {"RS512", FAMILY_PKCS1, EVP_sha512}, {"PS256", FAMILY_PSS, EVP_sha256},
};

const struct sign_alg *
sign_alg_find(const char *name)
{
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        if (strcmp(algs[i].name, name) == 0)
            return &algs[i];
    }
    return NULL;
}

struct signature {
    unsigned char *bytes; /* malloc'ed */
    size_t len;
};

static int
sign_hmac(const struct sign_job *job, const char *input, struct signature *ret)
{
    unsigned int len = EVP_MAX_MD_SIZE;
    unsigned char *bytes = must_alloc(len);
    if (!HMAC(job->alg->digest(), job->hmac_key, (int)job->hmac_len, (const unsigned char *)input,
              strlen(input), bytes, &len)) {
        free(bytes);
        return -1;
    }
    *ret = (struct signature){bytes, len};
    return 0;
}

static int
sign_rsa(const struct sign_job *job, const char *input, struct signature *ret)
{
    scoped(mdctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    int padding = job->alg->family == FAMILY_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
    if (!ctx || !job->key || !EVP_PKEY_is_a(job->key, "RSA") ||
        EVP_DigestSignInit(ctx, &key_ctx, job->alg->digest(), NULL, job->key) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(key_ctx, padding) != 1)
        return -1;
    /* RFC 7518 section 3.5: the salt is as long as the hash. */
    if (job->alg->family == FAMILY_PSS &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, RSA_PSS_SALTLEN_DIGEST) != 1)
        return -1;

    size_t len = (size_t)EVP_PKEY_get_size(job->key);
    scoped(bytes) unsigned char *bytes = must_alloc(len);
    if (EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)input, strlen(input)) != 1)
        return -1;
    *ret = (struct signature){bytes, len};
    bytes = NULL;
    return 0;
}

/* Signs a text; -1 where key and algorithm do not fit. */
static int
sign_text(const struct sign_job *job, const char *input, struct signature *ret)
{
    switch (job->alg->family) {
    case FAMILY_NONE:
        *ret = (struct signature){must_alloc(1), 0};
        return 0;
    case FAMILY_HMAC:
        return job->hmac_key ? sign_hmac(job, input, ret) : -1;
    case FAMILY_PKCS1:
    case FAMILY_PSS:
        return sign_rsa(job, input, ret);
    }
    return -1;
}

char *
sign_compact(const struct sign_job *job, const char *header, size_t header_len, const char *payload,
             size_t payload_len)
{
    scoped(text) char *first = base64_encode(header, header_len, job->form);
    scoped(text) char *second = base64_encode(payload, payload_len, job->form);
    scoped(text) char *input = must_printf("%s.%s", first, second);

    struct signature signature = {0};
    if (sign_text(job, input, &signature) != 0) {
        warnx("cannot sign %s with this key", job->alg->name);
        return NULL;
    }
    scoped(text) char *third = base64_encode(signature.bytes, signature.len, job->form);
    free(signature.bytes);
    return must_printf("%s.%s", input, third);
}

struct json_object *
claims_header(const char *alg, const char *key_id)
{
    struct json_object *header = json_object_new_object();
    json_object_object_add(header, "alg", json_object_new_string(alg));
    json_object_object_add(header, "id", json_object_new_string(key_id));
    json_object_object_add(header, "typ", json_object_new_string("JWT"));
    return header;
}

struct json_object *
claims_payload(struct json_object *aud, const char *key_id, int64_t iat, int64_t exp)
{
    struct json_object *payload = json_object_new_object();
    json_object_object_add(payload, "aud", aud);
    json_object_object_add(payload, "exp", json_object_new_int64(exp));
    json_object_object_add(payload, "jti", json_object_new_string(key_id));
    json_object_object_add(payload, "iat", json_object_new_int64(iat));
    json_object_object_add(payload, "iss", json_object_new_string("ThriveStack"));
    return payload;
}

struct json_object *
claims_aud(struct json_object *scopes)
{
    struct json_object *aud = scopes;
    if (json_object_array_length(scopes) == 1)
        aud = json_object_array_get_idx(scopes, 0);
    return json_object_get(aud);
}
