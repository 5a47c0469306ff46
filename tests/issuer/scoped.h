/*
 * Variables that free themselves at the end of their block:
 *
 *     scoped(json) struct json_object *body = NULL;
 *
 * Every one must be initialised where it is declared. To hand the value on, copy it and set the
 * variable to NULL.
 */
#ifndef ISSUER_SCOPED_H
#define ISSUER_SCOPED_H

#include <json-c/json.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <unistd.h>

#define scoped(kind) __attribute__((cleanup(kind##_scope)))

#define SCOPED_POINTER(kind, type, release)                                                        \
    static inline void kind##_scope(type **variable)                                               \
    {                                                                                              \
        if (*variable)                                                                             \
            (void)release(*variable);                                                              \
    }

SCOPED_POINTER(text, char, free)
SCOPED_POINTER(bytes, unsigned char, free)
SCOPED_POINTER(json, struct json_object, json_object_put)
SCOPED_POINTER(tokener, struct json_tokener, json_tokener_free)
SCOPED_POINTER(bio, BIO, BIO_free_all)
SCOPED_POINTER(pkey, EVP_PKEY, EVP_PKEY_free)
SCOPED_POINTER(mdctx, EVP_MD_CTX, EVP_MD_CTX_free)
SCOPED_POINTER(x509, X509, X509_free)

static inline void
fd_scope(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#endif
