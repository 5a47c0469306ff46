#include "key-make.h"

#include "scoped.h"

#include <err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

/* Returns a BIO's content as a string; the caller frees it. */
static char *
bio_text(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return must_copy(data, (size_t)len);
}

static char *
private_pem(EVP_PKEY *key, bool pkcs8)
{
    scoped(bio) BIO *bio = BIO_new(BIO_s_mem());
    int written = pkcs8 ? PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                        : PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
    return written == 1 ? bio_text(bio) : NULL;
}

static char *
public_pem(EVP_PKEY *key)
{
    scoped(bio) BIO *bio = BIO_new(BIO_s_mem());
    return PEM_write_bio_PUBKEY(bio, key) == 1 ? bio_text(bio) : NULL;
}

/* The details that the download and the key store have in common. */
static struct json_object *
details(const struct key_request *request, const char *id)
{
    struct json_object *key = json_object_new_object();
    char today[DATE_LEN + 1];
    date_print(time(NULL), today);
    json_object_object_add(key, "key_id", json_object_new_string(id));
    json_object_object_add(key, "name", json_object_new_string(request->name));
    json_object_object_add(key, "expiry", json_object_new_string(request->expires));
    json_object_object_add(key, "rotation_frequency", json_object_new_string(request->rotation));
    json_object_object_add(key, "created_at", json_object_new_string(today));
    return key;
}

static struct json_object *
store_entry(const struct key_request *request, const struct made_key *made)
{
    struct json_object *entry = details(request, made->id);
    json_object_object_add(entry, "revoked", json_object_new_boolean(false));
    json_object_object_add(entry, "scopes", request->scopes);
    json_object_object_add(entry, "public_key", json_object_new_string(made->public_pem));
    if (request->replaces)
        json_object_object_add(entry, "replaces", json_object_new_string(request->replaces));
    return entry;
}

int
key_make(const struct key_request *request, struct made_key *ret)
{
    *ret = (struct made_key){0};
    scoped(pkey) EVP_PKEY *key =
        request->ec ? EVP_EC_gen("P-256") : EVP_RSA_gen((unsigned int)request->bits);
    ret->private_pem = key ? private_pem(key, request->pkcs8) : NULL;
    ret->public_pem = key ? public_pem(key) : NULL;
    if (!ret->private_pem || !ret->public_pem) {
        json_object_put(request->scopes);
        warnx("cannot make a key");
        return -1;
    }
    uuid_make(ret->id);
    if (request->id)
        memcpy(ret->id, request->id, UUID_LEN + 1);
    ret->entry = store_entry(request, ret);
    ret->download = details(request, ret->id);
    json_object_object_add(ret->download, "private_key", json_object_new_string(ret->private_pem));
    return 0;
}

void
key_release(struct made_key *made)
{
    if (made->private_pem)
        OPENSSL_cleanse(made->private_pem, strlen(made->private_pem));
    free(made->private_pem);
    free(made->public_pem);
    json_object_put(made->entry);
    json_object_put(made->download);
    *made = (struct made_key){0};
}
