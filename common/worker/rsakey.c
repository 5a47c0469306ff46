#include "common/worker/rsakey.h"
#include "common/base/cleanup.h"
#include "common/policy/verify.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

#define PKCS1_LABEL "RSA PRIVATE KEY"
#define PKCS8_LABEL "PRIVATE KEY"

/* One block of PEM as OpenSSL takes it apart. */
struct block {
    char *label;
    char *header;
    unsigned char *data;
    long len;
};

static void
release_block(struct block *block)
{
    OPENSSL_free(block->label);
    OPENSSL_free(block->header);
    /* It was allocated by PEM_read_bio_ex under PEM_FLAG_SECURE. */
    OPENSSL_secure_clear_free(block->data, (size_t)block->len);
}

static void
free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void
free_pkcs8(PKCS8_PRIV_KEY_INFO **info)
{
    PKCS8_PRIV_KEY_INFO_free(*info);
}

static int
reject_key(struct ts_err *err, const char *text)
{
    return ts_err_set(err, TS_ERR_SYNTAX, "%s", text);
}

static size_t
line_end_length(const char *text, size_t len)
{
    static const char *const ends[] = {"\\r\\n", "\\n", "\r\n", "\n"};

    for (size_t i = 0; i < TS_ARRAY_LEN(ends); i++)
        if (len >= strlen(ends[i]) && memcmp(text, ends[i], strlen(ends[i])) == 0)
            return strlen(ends[i]);
    return 0;
}

/* Keys copied through shells, YAML or Windows come with other line ends than PEM has. */
static int
normalize(const char *pem, size_t len, struct ts_secret *ret, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < len && rc == 0;) {
        size_t skip = line_end_length(pem + i, len - i);

        rc = ts_secret_append(ret, skip > 0 ? "\n" : pem + i, 1);
        i += skip > 0 ? skip : 1;
    }
    if (rc == TS_ERR_TOO_LARGE)
        return reject_key(err, "more than a private key can have");
    return rc < 0 ? ts_err_nomem(err) : 0;
}

/* The message for the label of a block that is not a usable private key. */
static int
refuse_label(const char *label, struct ts_err *err)
{
    static const struct {
        const char *part;
        const char *text;
    } rows[] = {
        {"ENCRYPTED", "an encrypted key; decrypt it with `openssl pkey`"},
        {"OPENSSH", "an OpenSSH key, not one from ThriveStack"},
        {"EC PRIVATE", "an EC key, where an RSA key is needed"},
        {"DSA PRIVATE", "a DSA key, where an RSA key is needed"},
        {"PUBLIC KEY", "a public key, where the private key is needed"},
        {"CERTIFICATE", "a certificate, where a private key is needed"},
        {"", "no private key in PEM"},
    };
    size_t i = 0;

    while (strstr(label, rows[i].part) == NULL)
        i++;
    return reject_key(err, rows[i].text);
}

static bool
is_only_blank(const char *text, size_t len)
{
    while (len > 0 && memchr(" \t\n", text[len - 1], 3) != NULL)
        len--;
    return len == 0;
}

static int
read_block(const struct ts_secret *pem, struct block *ret, struct ts_err *err)
{
    TS_CLEANUP(free_bio) BIO *bio = NULL;
    const char *text = ts_secret_string(pem);
    const char *begin = strstr(text, "-----BEGIN ");

    if (begin == NULL || !is_only_blank(text, (size_t)(begin - text)))
        return reject_key(err, "no private key in PEM");
    const char *end = strstr(begin, "-----END ");
    const char *tail = end != NULL ? strchr(end, '\n') : NULL;
    if (end == NULL || (tail != NULL && !is_only_blank(tail, strlen(tail))))
        return reject_key(err, "not exactly one whole block of PEM");
    bio = BIO_new_mem_buf(begin, -1);
    if (bio == NULL)
        return ts_err_nomem(err);
    if (PEM_read_bio_ex(bio, &ret->label, &ret->header, &ret->data, &ret->len,
                        PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE) != 1)
        return reject_key(err, "PEM that is damaged");
    return 0;
}

/* The PKCS#1 key inside PKCS#8 (RFC 5208). The pointer is into `info`. */
static int
unwrap(const PKCS8_PRIV_KEY_INFO *info, const unsigned char **ret, long *ret_len,
       struct ts_err *err)
{
    const ASN1_OBJECT *algorithm = NULL;
    int len = 0;

    if (info == NULL || PKCS8_pkey_get0(&algorithm, ret, &len, NULL, info) != 1)
        return reject_key(err, "PEM that is damaged");
    if (OBJ_obj2nid(algorithm) == NID_X9_62_id_ecPublicKey)
        return reject_key(err, "an EC key, where an RSA key is needed");
    if (OBJ_obj2nid(algorithm) != NID_rsaEncryption)
        return reject_key(err, "a key of another type, where an RSA key is needed");
    *ret_len = len;
    return 0;
}

static int
load_private_key(const unsigned char *der, long len, EVP_PKEY **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = NULL;
    const unsigned char *p = der;

    key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, len);
    if (key == NULL || p != der + len || !EVP_PKEY_is_a(key, "RSA"))
        return reject_key(err, "PEM that is damaged");
    int bits = EVP_PKEY_get_bits(key);
    if (bits < TS_RSA_BITS_MIN || bits > TS_RSA_BITS_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "an RSA key of %d bits, where %d or more are needed",
                          bits, TS_RSA_BITS_MIN);
    *ret = TS_TAKE(key);
    return 0;
}

static int
copy_bio(BIO *bio, struct ts_secret *ret)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);

    return len > 0 ? ts_secret_append(ret, text, (size_t)len) : TS_ERR_NOMEM;
}

static int
write_pkcs1(const unsigned char *der, long len, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(free_bio) BIO *bio = BIO_new(BIO_s_secmem());

    if (bio == NULL || PEM_write_bio(bio, PKCS1_LABEL, "", der, len) <= 0 || copy_bio(bio, ret) < 0)
        return ts_err_nomem(err);
    return 0;
}

static int
parse_der(const unsigned char *der, long len, EVP_PKEY **ret, struct ts_secret *ret_pem,
          struct ts_err *err)
{
    TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = NULL;
    int rc = load_private_key(der, len, &key, err);

    if (rc == 0)
        rc = write_pkcs1(der, len, ret_pem, err);
    if (rc == 0)
        *ret = TS_TAKE(key);
    return rc;
}

int
ts_rsa_key_parse(const char *pem, size_t len, EVP_PKEY **ret, struct ts_secret *ret_pem,
                 struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_PRIVATE_PEM_MAX);
    TS_CLEANUP(release_block) struct block block = {NULL, NULL, NULL, 0};
    TS_CLEANUP(free_pkcs8) PKCS8_PRIV_KEY_INFO *info = NULL;

    int rc = normalize(pem, len, &text, err);
    if (rc == 0)
        rc = read_block(&text, &block, err);
    if (rc != 0)
        return rc;
    const unsigned char *der = block.data;
    long der_len = block.len;
    if (strstr(block.header, "ENCRYPTED") != NULL)
        rc = refuse_label("ENCRYPTED", err);
    else if (strcmp(block.label, PKCS8_LABEL) == 0) {
        const unsigned char *p = block.data;

        info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, block.len);
        rc = unwrap(info, &der, &der_len, err);
    } else if (strcmp(block.label, PKCS1_LABEL) != 0) {
        rc = refuse_label(block.label, err);
    }
    if (rc == 0)
        rc = parse_der(der, der_len, ret, ret_pem, err);
    ERR_clear_error();
    return rc;
}

int
ts_rsa_key_public(EVP_PKEY *key, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(free_bio) BIO *bio = BIO_new(BIO_s_mem());

    if (bio == NULL || PEM_write_bio_PUBKEY(bio, key) != 1 || copy_bio(bio, ret) < 0)
        return ts_err_nomem(err);
    return 0;
}
