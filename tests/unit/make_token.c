#include "make_token.h"

#include <openssl/bio.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/base/base64url.h"
#include "unit.h"

static void
free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static void
free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static size_t
sign_rsa(const struct ts_secret *text, const struct make_token *spec, unsigned char *ret,
         size_t room)
{
    TS_CLEANUP(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *digest = spec->how == SIGN_RS512 ? EVP_sha512() : EVP_sha256();
    EVP_PKEY_CTX *parameters = NULL;
    size_t len = room;

    assert_int_equal(EVP_DigestSignInit(context, &parameters, digest, NULL, spec->key), 1);
    if (spec->how == SIGN_PS256)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(
        EVP_DigestSign(context, ret, &len, (const unsigned char *)text->data, text->len), 1);
    return len;
}

static size_t
sign_hmac(const struct ts_secret *text, EVP_PKEY *key, unsigned char *ret)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(8192);
    unsigned len = 0;

    make_public_pem(&pem, key);
    assert_non_null(HMAC(EVP_sha256(), pem.data, (int)pem.len, (const unsigned char *)text->data,
                         text->len, ret, &len));
    return len;
}

void
make_token(struct ts_secret *ret, const struct make_token *spec)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT((size_t)1024 * 1024);
    unsigned char signature[2048];
    size_t len = 0;

    assert_int_equal(ts_base64url_encode(spec->header, spec->header_len, &text), 0);
    assert_int_equal(ts_secret_append_string(&text, "."), 0);
    assert_int_equal(ts_base64url_encode(spec->payload, spec->payload_len, &text), 0);
    if (spec->how == SIGN_HS256)
        len = sign_hmac(&text, spec->key, signature);
    else if (spec->how != SIGN_NOTHING)
        len = sign_rsa(&text, spec, signature, sizeof(signature));
    assert_int_equal(ts_secret_append_string(&text, "."), 0);
    assert_int_equal(ts_base64url_encode(signature, len, &text), 0);
    assert_int_equal(ts_secret_append(ret, text.data, text.len), 0);
}

EVP_PKEY *
make_rsa_key(unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);

    assert_non_null(key);
    return key;
}

static void
append_bio(struct ts_secret *ret, BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);

    assert_int_equal(ts_secret_append(ret, data, (size_t)len), 0);
}

void
make_public_pem(struct ts_secret *ret, EVP_PKEY *key)
{
    TS_CLEANUP(free_bio) BIO *bio = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    append_bio(ret, bio);
}

void
make_private_pem(struct ts_secret *ret, EVP_PKEY *key)
{
    TS_CLEANUP(free_bio) BIO *bio = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    append_bio(ret, bio);
}
