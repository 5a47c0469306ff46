/* Faults inside the token: its claims, its signature, its form. */
#include "fault-hooks.h"

#include "scoped.h"

#include <err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>

static int64_t
get_time(struct exchange *exchange, const char *claim)
{
    return json_object_get_int64(json_object_object_get(exchange->payload, claim));
}

static void
set_time(struct exchange *exchange, const char *claim, int64_t when)
{
    json_object_object_add(exchange->payload, claim, json_object_new_int64(when));
}

void
claims_expired(struct exchange *exchange)
{
    set_time(exchange, "iat", exchange->now - 7200);
    set_time(exchange, "exp", exchange->now - 3600);
}

void
claims_exp_before_iat(struct exchange *exchange)
{
    /* exp stays in the future, so that nothing but the order of the two is wrong. */
    set_time(exchange, "iat", get_time(exchange, "exp") + 10);
}

void
claims_exp_string(struct exchange *exchange)
{
    scoped(text) char *text = must_printf("%lld", (long long)get_time(exchange, "exp"));
    json_object_object_add(exchange->payload, "exp", json_object_new_string(text));
}

void
claims_exp_float(struct exchange *exchange)
{
    double exp = (double)get_time(exchange, "exp") + 0.5;
    scoped(text) char *text = must_printf("%.1f", exp);
    json_object_object_add(exchange->payload, "exp", json_object_new_double_s(exp, text));
}

void
claims_too_long(struct exchange *exchange)
{
    set_time(exchange, "exp", get_time(exchange, "iat") + INT64_C(2) * 86400);
}

void
claims_iat_old(struct exchange *exchange)
{
    set_time(exchange, "iat", exchange->now - 1000);
}

/* Takes over `aud`. */
static void
set_aud(struct exchange *exchange, struct json_object *aud)
{
    json_object_object_add(exchange->payload, "aud", aud);
}

void
claims_aud_prefix(struct exchange *exchange)
{
    struct json_object *scopes = exchange->grant.scopes;
    scoped(json) struct json_object *longer = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(scopes); i++) {
        const char *scope = json_object_get_string(json_object_array_get_idx(scopes, i));
        scoped(text) char *text = must_printf("%sx", scope);
        json_object_array_add(longer, json_object_new_string(text));
    }
    set_aud(exchange, claims_aud(longer));
}

void
claims_aud_array(struct exchange *exchange)
{
    set_aud(exchange, json_object_get(exchange->grant.scopes));
}

void
claims_aud_spaces(struct exchange *exchange)
{
    struct json_object *scopes = exchange->grant.scopes;
    char *joined = must_printf("%s", "");
    for (size_t i = 0; i < json_object_array_length(scopes); i++) {
        const char *scope = json_object_get_string(json_object_array_get_idx(scopes, i));
        char *longer = must_printf("%s%s%s", joined, i ? " " : "", scope);
        free(joined);
        joined = longer;
    }
    set_aud(exchange, json_object_new_string(joined));
    free(joined);
}

static void
set_alg(struct exchange *exchange, const char *alg)
{
    exchange->job.alg = sign_alg_find(alg);
    json_object_object_add(exchange->header, "alg", json_object_new_string(alg));
}

void
claims_alg_none(struct exchange *exchange)
{
    set_alg(exchange, "none");
}

void
claims_alg_rs512(struct exchange *exchange)
{
    set_alg(exchange, "RS512");
}

void
claims_alg_hs256(struct exchange *exchange)
{
    /* The classic confusion: the public key, which everyone knows, as the key of an HMAC. */
    set_alg(exchange, "HS256");
    scoped(bio) BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || PEM_write_bio_PUBKEY(bio, exchange->grant.key) != 1)
        errx(1, "out of memory");
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    exchange->hmac_key = must_copy(data, (size_t)len);
    exchange->job.hmac_key = exchange->hmac_key;
    exchange->job.hmac_len = (size_t)len;
}

static EVP_PKEY *foreign_key;

static void
make_foreign_key(void)
{
    foreign_key = EVP_RSA_gen(2048U);
    if (!foreign_key)
        errx(1, "cannot make a key");
}

void
claims_foreign_key(struct exchange *exchange)
{
    /* One for the server's whole life: making a key takes a tenth of a second or more. */
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_foreign_key);
    exchange->job.key = foreign_key;
}

void
finish_bad_signature(struct exchange *exchange)
{
    char *signature = strrchr(exchange->token, '.') + 1;
    char *middle = signature + strlen(signature) / 2;
    *middle = *middle == 'A' ? 'B' : 'A';
}

/* Puts bytes behind the token. */
static void
append(struct exchange *exchange, const char *bytes, size_t len)
{
    char *longer = must_alloc(exchange->token_len + len + 1);
    memcpy(longer, exchange->token, exchange->token_len);
    memcpy(longer + exchange->token_len, bytes, len);
    free(exchange->token);
    exchange->token = longer;
    exchange->token_len += len;
}

void
finish_newline(struct exchange *exchange)
{
    append(exchange, "\nusername=mallory", 17);
}

void
finish_cr(struct exchange *exchange)
{
    append(exchange, "\r", 1);
}

void
finish_nul(struct exchange *exchange)
{
    append(exchange, "\0junk", 5);
}

void
finish_two_parts(struct exchange *exchange)
{
    *strrchr(exchange->token, '.') = '\0';
    exchange->token_len = strlen(exchange->token);
}

void
finish_four_parts(struct exchange *exchange)
{
    append(exchange, ".AAAA", 5);
}
