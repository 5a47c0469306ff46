#include "common/policy/verify.h"
#include "common/base/cleanup.h"
#include "common/config/ini.h"

#include <errno.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

/* A public key of TS_RSA_BITS_MAX bits needs under 3 KiB of PEM. */
#define PEM_MAX ((size_t)16 * 1024)

#define PRIVATE_KEY "a private key, where only its public half belongs"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

/* A piece of DER (X.690). */
struct der {
    const unsigned char *p;
    size_t len;
};

static void
free_bytes(unsigned char **bytes)
{
    OPENSSL_free(*bytes);
}

static void
free_string(char **string)
{
    OPENSSL_free(*string);
}

static void
free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void
free_digest(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

/* What OpenSSL puts into the thread's queue between the two belongs to us and must not surprise the
 * host; what was there before belongs to the host and stays. */
static void
restore_errors(int *marked)
{
    (void)marked;
    ERR_pop_to_mark();
}

/* Without memory OpenSSL may have nowhere to note that it has none; errno, which every caller of
 * this clears first, is reported as well. */
static bool
ran_out_of_memory(void)
{
    return errno == ENOMEM || ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
}

/* The contents of one element of that tag, which is taken off the front of `in`. */
static bool
read_der(struct der *in, int wanted, struct der *ret)
{
    const unsigned char *p = in->p;
    long len = 0;
    int tag = 0, class = 0;

    if (in->len == 0)
        return false;
    /* Bit 7 reports an error, bit 0 of an indefinite length, which DER does not have. */
    int flags = ASN1_get_object(&p, &len, &tag, &class, (long)in->len);
    if ((flags & 0x81) != 0 || class != V_ASN1_UNIVERSAL || tag != wanted)
        return false;
    *ret = (struct der){p, (size_t)len};
    in->len -= (size_t)(p - in->p) + (size_t)len;
    in->p = p + len;
    return true;
}

static bool
is_rsa_algorithm(const struct der *algorithm)
{
    /* rsaEncryption and its NULL (RFC 3279 section 2.3.1). */
    static const unsigned char rsa[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                        0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

    return algorithm->len == sizeof(rsa) && memcmp(algorithm->p, rsa, sizeof(rsa)) == 0;
}

/* Private keys (RFC 5208 section 5, RFC 8017 appendix A.1.2) begin with a version, 0 or 1. */
static bool
begins_with_version(struct der outer)
{
    struct der version;

    return read_der(&outer, V_ASN1_INTEGER, &version) && version.len == 1 && version.p[0] <= 1;
}

/* SubjectPublicKeyInfo (RFC 5280 section 4.1): leaves the PKCS#1 key inside in *key. */
static int
unwrap(struct der *key, struct ts_err *err)
{
    struct der outer, algorithm, bits;

    if (!read_der(key, V_ASN1_SEQUENCE, &outer) || key->len != 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "not a valid public key");
    if (begins_with_version(outer))
        return ts_err_set(err, TS_ERR_SYNTAX, PRIVATE_KEY);
    if (!read_der(&outer, V_ASN1_SEQUENCE, &algorithm))
        return ts_err_set(err, TS_ERR_SYNTAX, "not a valid public key");
    if (!is_rsa_algorithm(&algorithm))
        return ts_err_set(err, TS_ERR_SYNTAX, "not an RSA key but one of another type");
    if (!read_der(&outer, V_ASN1_BIT_STRING, &bits) || outer.len != 0 || bits.len < 1 ||
        bits.p[0] != 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "not a valid public key");
    *key = (struct der){bits.p + 1, bits.len - 1};
    return 0;
}

/* Of a PKCS#1 key (RFC 8017 appendix A.1.1). With an exponent of 1 anyone can sign; an even one is
 * not an RSA key's. OpenSSL would convert the whole key to say what its exponent is. */
static bool
has_usable_exponent(struct der key)
{
    struct der numbers, modulus, exponent;

    if (!read_der(&key, V_ASN1_SEQUENCE, &numbers) ||
        !read_der(&numbers, V_ASN1_INTEGER, &modulus) ||
        !read_der(&numbers, V_ASN1_INTEGER, &exponent) || numbers.len != 0 || exponent.len == 0)
        return false;
    bool is_negative = (exponent.p[0] & 0x80) != 0;
    bool is_odd = (exponent.p[exponent.len - 1] & 1) != 0;
    while (exponent.len > 1 && exponent.p[0] == 0) {
        exponent.p++;
        exponent.len--;
    }
    return is_odd && !is_negative && (exponent.len > 1 || exponent.p[0] != 1);
}

static int
check_numbers(const struct der *der, const EVP_PKEY *key, struct ts_err *err)
{
    int bits = EVP_PKEY_get_bits(key);

    if (bits < TS_RSA_BITS_MIN || bits > TS_RSA_BITS_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "an RSA key of %d bits, not of %d to %d", bits,
                          TS_RSA_BITS_MIN, TS_RSA_BITS_MAX);
    if (!has_usable_exponent(*der))
        return ts_err_set(err, TS_ERR_SYNTAX, "an RSA key with an unusable exponent");
    return 0;
}

/*
 * OpenSSL 3's own readers of public keys (PEM_read_bio_PUBKEY, d2i_PUBKEY) go through its decoder
 * chains, which cost fifteen times the verification. d2i_PublicKey on the PKCS#1 key does not.
 */
static int
load_public_key(const struct der *der, EVP_PKEY **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = NULL;
    const unsigned char *p = der->p;

    key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der->len);
    if (key == NULL && ran_out_of_memory())
        return ts_err_nomem(err);
    if (key == NULL || p != der->p + der->len)
        return ts_err_set(err, TS_ERR_SYNTAX, "not a valid RSA public key");
    int rc = check_numbers(der, key, err);
    if (rc == 0)
        *ret = TS_TAKE(key);
    return rc;
}

static bool
ends_with(const char *text, size_t len, const char *end)
{
    size_t end_len = strlen(end);

    return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

/* Checks the label between BEGIN and the dashes. *ret_wrapped says which spelling it has. */
static int
check_label(const char *label, size_t len, bool *ret_wrapped, struct ts_err *err)
{
    static const struct {
        const char *end;
        const char *problem;
    } others[] = {
        {"PRIVATE KEY", PRIVATE_KEY},
        {"CERTIFICATE", "a certificate, not a bare public key"},
        {"", "not a public key in PEM"},
    };
    size_t i = 0;

    *ret_wrapped = len == strlen("PUBLIC KEY") && ends_with(label, len, "PUBLIC KEY");
    if (*ret_wrapped ||
        (len == strlen("RSA PUBLIC KEY") && ends_with(label, len, "RSA PUBLIC KEY")))
        return 0;
    while (!ends_with(label, len, others[i].end))
        i++;
    return ts_err_set(err, TS_ERR_SYNTAX, "%s", others[i].problem);
}

/* Whether the block that starts with this label ends with it too, and nothing comes after. */
static bool
is_one_block(const char *label, size_t label_len, size_t len)
{
    size_t tail_len = strlen(END) + label_len + strlen(DASHES);
    const char *end = memmem(label, len, END, strlen(END));

    return end != NULL && len >= tail_len && end == label + len - tail_len &&
           memcmp(end + strlen(END), label, label_len) == 0 && ends_with(label, len, DASHES);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One PEM block and nothing but white space around it; PEM_read_bio would skip anything. */
static int
check_frame(const char *pem, size_t len, bool *ret_wrapped, struct ts_err *err)
{
    const size_t begin_len = strlen(BEGIN);

    for (; len > 0 && is_blank(pem[0]); len--)
        pem++;
    while (len > 0 && is_blank(pem[len - 1]))
        len--;
    if (len == 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "empty where a public key is expected");
    if (len <= begin_len || memcmp(pem, BEGIN, begin_len) != 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "not a public key in PEM");
    const char *label = pem + begin_len;
    const char *label_end = memmem(label, len - begin_len, DASHES, strlen(DASHES));
    if (label_end == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "not a public key in PEM");
    size_t label_len = (size_t)(label_end - label);
    int rc = check_label(label, label_len, ret_wrapped, err);
    if (rc == 0 && !is_one_block(label, label_len, len - begin_len))
        rc = ts_err_set(err, TS_ERR_SYNTAX, "not exactly one whole block of PEM");
    return rc;
}

int
ts_public_key_parse(const char *pem, size_t len, EVP_PKEY **ret, struct ts_err *err)
{
    TS_CLEANUP(restore_errors) int marked __attribute__((unused)) = ERR_set_mark();
    TS_CLEANUP(free_bio) BIO *bio = NULL;
    TS_CLEANUP(free_string) char *name = NULL;
    TS_CLEANUP(free_string) char *header = NULL;
    TS_CLEANUP(free_bytes) unsigned char *data = NULL;
    bool wrapped = false;
    long data_len = 0;

    errno = 0;
    if (len > PEM_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "larger than any public key");
    int rc = check_frame(pem, len, &wrapped, err);
    if (rc < 0)
        return rc;
    bio = BIO_new_mem_buf(pem, (int)len);
    if (bio == NULL)
        return ts_err_nomem(err);
    if (PEM_read_bio(bio, &name, &header, &data, &data_len) != 1)
        return ran_out_of_memory() ? ts_err_nomem(err)
                                   : ts_err_set(err, TS_ERR_SYNTAX, "not valid PEM");
    struct der der = {data, (size_t)data_len};
    if (wrapped)
        rc = unwrap(&der, err);
    return rc < 0 ? rc : load_public_key(&der, ret, err);
}

int
ts_public_key_parse_inline(const char *text, size_t len, EVP_PKEY **ret, struct ts_err *err)
{
    TS_CLEANUP(restore_errors) int marked __attribute__((unused)) = ERR_set_mark();
    unsigned char bytes[TS_INI_LINE_MAX], again[TS_INI_LINE_MAX + 4];
    const unsigned char *in = (const unsigned char *)text;
    size_t padding = 0;

    errno = 0;
    if (len == 0 || len % 4 != 0 || len > sizeof(bytes))
        return ts_err_set(err, TS_ERR_SYNTAX, "not base64 in one piece");
    while (padding < 2 && text[len - 1 - padding] == '=')
        padding++;
    int decoded = EVP_DecodeBlock(bytes, in, (int)len);
    if (decoded < 0 || (size_t)decoded < padding + 1)
        return ts_err_set(err, TS_ERR_SYNTAX, "not base64 in one piece");
    struct der der = {bytes, (size_t)decoded - padding};
    /* OpenSSL forgives blanks and stray bits; there is one spelling of each key. */
    if ((size_t)EVP_EncodeBlock(again, bytes, (int)der.len) != len || memcmp(again, text, len) != 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "not base64 in one piece");
    int rc = unwrap(&der, err);
    return rc < 0 ? rc : load_public_key(&der, ret, err);
}

void
ts_public_key_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
    *key = NULL;
}

size_t
ts_public_key_size(const EVP_PKEY *key)
{
    return ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
}

int
ts_token_verify(const struct ts_token *token, EVP_PKEY *key, struct ts_err *err)
{
    TS_CLEANUP(restore_errors) int marked __attribute__((unused)) = ERR_set_mark();
    TS_CLEANUP(free_digest) EVP_MD_CTX *context = NULL;

    if (token->signature.len != ts_public_key_size(key))
        return ts_err_set(err, TS_ERR_REFUSED,
                          "the token's signature has %zu bytes, where the key makes %zu",
                          token->signature.len, ts_public_key_size(key));
    errno = 0;
    context = EVP_MD_CTX_new();
    if (context == NULL)
        return ts_err_nomem(err);
    /* With a key that was read and SHA-256 there is nothing but memory that this can lack, though
     * libcrypto does not always say so. */
    if (EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) != 1)
        return ts_err_nomem(err);
    if (EVP_DigestVerify(context, (const unsigned char *)token->signature.data,
                         token->signature.len, (const unsigned char *)token->text,
                         token->signed_len) == 1)
        return 0;
    if (ran_out_of_memory())
        return ts_err_nomem(err);
    return ts_err_set(err, TS_ERR_REFUSED, "the token's signature is not by this key");
}

int
ts_token_digest(const char *text, size_t len, unsigned char ret[32], struct ts_err *err)
{
    TS_CLEANUP(restore_errors) int marked __attribute__((unused)) = ERR_set_mark();

    errno = 0;
    if (EVP_Digest(text, len, ret, NULL, EVP_sha256(), NULL) == 1)
        return 0;
    if (ran_out_of_memory())
        return ts_err_nomem(err);
    return ts_err_set(err, TS_ERR_SYSTEM, "libcrypto cannot compute SHA-256");
}
