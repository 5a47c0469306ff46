#include "pam/sealed.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "common/base/base64url.h"
#include "common/base/cleanup.h"

#define NONCE_LEN 12
#define TAG_LEN 16
#define KEY_LEN 32
#define AT_RANDOM_LEN 16 /* getauxval(3) */
#define PLAIN_MAX 16384

/* The part of a sealed text that is not base64url any more: nonce, ciphertext, tag. */
#define SEALED_MIN (NONCE_LEN + sizeof(int64_t) + TAG_LEN)

struct key {
    unsigned char bytes[KEY_LEN];
};

static void
key_release(struct key *key)
{
    OPENSSL_cleanse(key->bytes, sizeof(key->bytes));
}

static void
context_release(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}

static int
crypto_error(struct ts_err *err)
{
    return ts_err_set(err, TS_ERR_SYSTEM, "the login cannot be sealed: libcrypto failed");
}

/* A hash, so that nothing of what else the program derives from these bytes can be seen. */
static int
make_key(struct key *ret, struct ts_err *err)
{
    static const char purpose[] = "pam_thrivestack: a login for its session";
    const void *random = (const void *)getauxval(AT_RANDOM);
    unsigned char input[sizeof(purpose) + AT_RANDOM_LEN];

    if (random == NULL)
        return ts_err_set(err, TS_ERR_SYSTEM, "the login cannot be sealed: no AT_RANDOM");
    memcpy(input, purpose, sizeof(purpose));
    memcpy(input + sizeof(purpose), random, AT_RANDOM_LEN);
    int done = EVP_Digest(input, sizeof(input), ret->bytes, NULL, EVP_sha256(), NULL);
    OPENSSL_cleanse(input, sizeof(input));
    return done == 1 ? 0 : crypto_error(err);
}

/* Begins to seal or to open; the names are separated by their NULs. */
static EVP_CIPHER_CTX *
init_cipher(const struct ts_sealed_login *login, const unsigned char *nonce, const struct key *key,
            int is_sealing)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const unsigned char *service = (const unsigned char *)login->service;
    const unsigned char *user = (const unsigned char *)login->user;
    int len = 0;

    if (context != NULL &&
        EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, nonce, is_sealing) == 1 &&
        EVP_CipherUpdate(context, NULL, &len, service, (int)strlen(login->service) + 1) == 1 &&
        EVP_CipherUpdate(context, NULL, &len, user, (int)strlen(login->user) + 1) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

/* `sealed` begins with its nonce, and has room for the rest. */
static int
encrypt(const struct ts_sealed_login *login, const struct ts_secret *plain, unsigned char *sealed,
        struct ts_err *err)
{
    TS_CLEANUP(key_release) struct key key = {.bytes = {0}};
    unsigned char *text = sealed + NONCE_LEN;
    int rc = make_key(&key, err), len = 0;

    if (rc < 0)
        return rc;
    TS_CLEANUP(context_release) EVP_CIPHER_CTX *context = init_cipher(login, sealed, &key, 1);
    if (context == NULL ||
        EVP_CipherUpdate(context, text, &len, (const unsigned char *)plain->data,
                         (int)plain->len) != 1 ||
        EVP_CipherFinal_ex(context, text + len, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, text + plain->len) != 1)
        return crypto_error(err);
    return 0;
}

static int
decrypt(const struct ts_sealed_login *login, struct ts_secret *sealed, struct ts_secret *plain,
        struct ts_err *err)
{
    TS_CLEANUP(key_release) struct key key = {.bytes = {0}};
    unsigned char *bytes = (unsigned char *)sealed->data;
    size_t text_len = sealed->len - NONCE_LEN - TAG_LEN;
    int rc = make_key(&key, err), len = 0;

    if (rc == 0)
        rc = ts_secret_append(plain, bytes + NONCE_LEN, text_len);
    if (rc < 0)
        return rc;
    TS_CLEANUP(context_release) EVP_CIPHER_CTX *context = init_cipher(login, bytes, &key, 0);
    if (context == NULL)
        return crypto_error(err);
    unsigned char *text = (unsigned char *)plain->data;
    if (EVP_CipherUpdate(context, text, &len, text, (int)text_len) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
                            bytes + NONCE_LEN + text_len) != 1 ||
        EVP_CipherFinal_ex(context, text + len, &len) != 1)
        return ts_err_set(err, TS_ERR_REFUSED, "it was not sealed for this login");
    return 0;
}

int
ts_sealed_write(const struct ts_sealed_login *login, const struct ts_secret *token, int64_t expires,
                struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret plain = TS_SECRET_INIT(PLAIN_MAX);
    unsigned char sealed[NONCE_LEN + PLAIN_MAX + TAG_LEN];

    int rc = ts_secret_append(&plain, &expires, sizeof(expires));
    if (rc == 0)
        rc = ts_secret_append(&plain, token->data, token->len);
    if (rc < 0)
        return ts_err_set(err, rc, "the login cannot be sealed: no room for it");
    if (getrandom(sealed, NONCE_LEN, 0) != NONCE_LEN)
        return ts_err_errno(err, TS_ERR_SYSTEM, "no random numbers");
    rc = encrypt(login, &plain, sealed, err);
    if (rc < 0)
        return rc;
    rc = ts_base64url_encode(sealed, NONCE_LEN + plain.len + TAG_LEN, ret);
    return rc < 0 ? ts_err_set(err, rc, "the login cannot be sealed: no room for it") : 0;
}

int
ts_sealed_read(const struct ts_sealed_login *login, const char *text, struct ts_secret *ret_token,
               int64_t *ret_expires, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release)
    struct ts_secret sealed = TS_SECRET_INIT(NONCE_LEN + PLAIN_MAX + TAG_LEN);
    TS_CLEANUP(ts_secret_release) struct ts_secret plain = TS_SECRET_INIT(PLAIN_MAX);

    int rc = ts_base64url_decode(text, strlen(text), &sealed);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0 || sealed.len < SEALED_MIN)
        return ts_err_set(err, TS_ERR_REFUSED, "it is not a sealed login");
    rc = decrypt(login, &sealed, &plain, err);
    if (rc == 0)
        rc = ts_secret_set(ret_token, plain.data + sizeof(*ret_expires),
                           plain.len - sizeof(*ret_expires));
    if (rc < 0)
        return rc == TS_ERR_REFUSED || rc == TS_ERR_SYSTEM ? rc : ts_err_nomem(err);
    memcpy(ret_expires, plain.data, sizeof(*ret_expires));
    return 0;
}
