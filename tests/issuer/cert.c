#include "cert.h"

#include "file.h"
#include "scoped.h"
#include "text.h"

#include <err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

static int
add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int added = extension ? X509_add_ext(x509, extension, -1) : 0;
    X509_EXTENSION_free(extension);
    return added == 1 ? 0 : -1;
}

static int
add_extensions(X509 *x509, X509 *issuer, const char *hosts)
{
    const struct {
        int nid;
        const char *value; /* NULL: not for this kind */
    } rows[] = {
        {NID_basic_constraints, hosts ? "critical,CA:FALSE" : "critical,CA:TRUE"},
        {NID_key_usage, hosts ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign"},
        {NID_ext_key_usage, hosts ? "serverAuth" : NULL},
        {NID_subject_alt_name, hosts},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].value && add_extension(x509, issuer, rows[i].nid, rows[i].value) != 0)
            return -1;
    }
    return 0;
}

static int
set_serial(X509 *x509)
{
    unsigned char random[8];
    if (RAND_bytes(random, sizeof(random)) != 1)
        return -1;
    uint64_t serial = 0;
    for (size_t i = 0; i < sizeof(random); i++)
        serial = serial << 8 | random[i];
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial | 1) == 1 ? 0 : -1;
}

static int
set_validity(X509 *x509, const struct cert_request *request)
{
    return X509_time_adj_ex(X509_getm_notBefore(x509), (int)request->from_days, 0, NULL) &&
                   X509_time_adj_ex(X509_getm_notAfter(x509), (int)request->to_days, 0, NULL)
               ? 0
               : -1;
}

static int
set_names(X509 *x509, X509 *issuer, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                   -1, 0) != 1)
        return -1;
    return X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 ? 0 : -1;
}

int
cert_make(const struct cert_request *request, const struct cert *issuer, struct cert *ret)
{
    scoped(pkey) EVP_PKEY *key = EVP_EC_gen("P-256");
    scoped(x509) X509 *x509 = X509_new();
    X509 *signer = issuer ? issuer->x509 : x509;
    if (!key || !x509 || X509_set_version(x509, X509_VERSION_3) != 1 || set_serial(x509) != 0 ||
        set_validity(x509, request) != 0 || set_names(x509, signer, request->name) != 0 ||
        X509_set_pubkey(x509, key) != 1 || add_extensions(x509, signer, request->hosts) != 0 ||
        X509_sign(x509, issuer ? issuer->key : key, EVP_sha256()) == 0) {
        warnx("cannot make a certificate for %s", request->name);
        return -1;
    }
    *ret = (struct cert){x509, key};
    x509 = NULL;
    key = NULL;
    return 0;
}

void
cert_release(struct cert *cert)
{
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    *cert = (struct cert){0};
}

/* Writes what is in a BIO as DIR/NAME.SUFFIX. */
static int
write_bio(BIO *bio, const char *dir, const char *name, mode_t mode)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    scoped(text) char *path = must_printf("%s/%s", dir, name);
    return file_write(path, mode, data, (size_t)len);
}

int
cert_write(const struct cert *cert, const char *dir, const char *name, int with_key)
{
    scoped(bio) BIO *public = BIO_new(BIO_s_mem());
    scoped(bio) BIO *private = BIO_new(BIO_s_mem());
    if (!public || !private || PEM_write_bio_X509(public, cert->x509) != 1 ||
        PEM_write_bio_PKCS8PrivateKey(private, cert->key, NULL, NULL, 0, NULL, NULL) != 1) {
        warnx("cannot write the certificate %s", name);
        return -1;
    }
    scoped(text) char *public_name = must_printf("%s.pem", name);
    scoped(text) char *private_name = must_printf("%s.key", name);
    if (write_bio(public, dir, public_name, 0644) != 0)
        return -1;
    return with_key ? write_bio(private, dir, private_name, 0600) : 0;
}

char *
cert_pin(const struct cert *cert)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(cert->key, &der);
    if (len < 0)
        return NULL;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(der, (size_t)len, digest);
    OPENSSL_free(der);
    scoped(text) char *text = base64_encode(digest, sizeof(digest), BASE64_PADDED);
    return must_printf("sha256//%s", text);
}
