/*
 * X.509 certificates for a test server. Keys are P-256: quick enough for hundreds of handshakes at
 * once on a small machine.
 */
#ifndef ISSUER_CERT_H
#define ISSUER_CERT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

/* A certificate with its private key; cert_release frees both. */
struct cert {
    X509 *x509;
    EVP_PKEY *key;
};

struct cert_request {
    const char *name;  /* common name */
    const char *hosts; /* subjectAltName as in openssl.cnf; NULL makes a CA */
    long from_days;    /* validity, in days from now */
    long to_days;
};

/* Makes a certificate signed by `issuer`, or by itself where that is NULL. Returns 0, or -1 after
 * reporting. */
int cert_make(const struct cert_request *request, const struct cert *issuer, struct cert *ret);

void cert_release(struct cert *cert);

/* Writes DIR/NAME.pem (0644) and, with `with_key`, DIR/NAME.key (0600). Returns 0, or -1 after
 * reporting. */
int cert_write(const struct cert *cert, const char *dir, const char *name, int with_key);

/* Returns the pin of the public key as curl writes it, sha256//BASE64; the caller frees it. NULL on
 * failure. */
char *cert_pin(const struct cert *cert);

#endif
