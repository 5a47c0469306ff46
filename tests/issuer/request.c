#include "request.h"

#include "keystore.h"
#include "scoped.h"

#include <openssl/pem.h>
#include <string.h>
#include <strings.h>

#define SCOPE_MAX 64
#define SCOPES_MAX 32

static int
refuse(struct refusal *ret, unsigned int status, const char *message)
{
    *ret = (struct refusal){status, message};
    return -1;
}

/* libcrypto would ask for a passphrase on the terminal. */
static int
no_passphrase(char *to, int size, int writing, void *context)
{
    (void)to, (void)size, (void)writing, (void)context;
    return -1;
}

EVP_PKEY *
private_key_parse(const char *pem, size_t len)
{
    scoped(bio) BIO *bio = len <= BODY_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    return bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
}

bool
is_json(const char *content_type)
{
    static const char json[] = "application/json";
    size_t len = sizeof(json) - 1;
    return content_type && strncasecmp(content_type, json, len) == 0 &&
           strchr("; \t", content_type[len]) != NULL;
}

/* A scope is logged, so that it must have a form that neither a key nor a token has: one word of at
 * most 64 characters. */
static bool
scope_valid(const char *scope, size_t len)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_-.:/*";
    return len > 0 && len <= SCOPE_MAX && strspn(scope, allowed) == len && scope[len] == '\0';
}

/* Adds one scope to the list; -1 where it is not valid. */
static int
add_scope(struct json_object *list, struct json_object *scope)
{
    if (!json_object_is_type(scope, json_type_string) ||
        !scope_valid(json_object_get_string(scope), (size_t)json_object_get_string_len(scope)) ||
        json_object_array_length(list) == SCOPES_MAX)
        return -1;
    return json_object_array_add(list, json_object_get(scope));
}

/* The parameter list of the documentation says "string": one scope, or several between blanks. */
static int
add_words(struct json_object *list, const char *words)
{
    for (size_t len; *words; words += len) {
        words += strspn(words, " ");
        len = strcspn(words, " ");
        if (len == 0)
            break;
        scoped(json) struct json_object *word = json_object_new_string_len(words, (int)len);
        if (add_scope(list, word) != 0)
            return -1;
    }
    return 0;
}

/* Returns the scopes as an array, which the caller puts; NULL where they are not valid. */
static struct json_object *
read_scopes(struct json_object *value)
{
    scoped(json) struct json_object *list = json_object_new_array();
    if (json_object_is_type(value, json_type_string)) {
        if (add_words(list, json_object_get_string(value)) != 0)
            return NULL;
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            if (add_scope(list, json_object_array_get_idx(value, i)) != 0)
                return NULL;
        }
    }
    if (json_object_array_length(list) == 0)
        return NULL;
    struct json_object *result = list;
    list = NULL;
    return result;
}

/* Returns `expiry`, or 0 where it is not an integer from 1 to EXPIRY_MAX. */
static int64_t
read_expiry(struct json_object *value)
{
    if (!json_object_is_type(value, json_type_int))
        return 0;
    int64_t expiry = json_object_get_int64(value);
    return expiry >= 1 && expiry <= EXPIRY_MAX ? expiry : 0;
}

/* Fills the grant from a JSON object, each member as far as it is valid. */
static void
read_members(struct grant *grant, struct json_object *request)
{
    struct json_object *scopes = NULL, *expiry = NULL;
    json_object_object_get_ex(request, "scopes", &scopes);
    json_object_object_get_ex(request, "expiry", &expiry);
    grant->scopes = read_scopes(scopes);
    grant->expiry = read_expiry(expiry);

    const char *id = json_member(request, "key_id");
    if (id && uuid_valid(id))
        memcpy(grant->key_id, id, UUID_LEN + 1);
    grant->key_text = json_member(request, "private_key");
    if (grant->key_text)
        grant->key = private_key_parse(grant->key_text, strlen(grant->key_text));
}

int
request_read(struct exchange *exchange, struct refusal *ret)
{
    const struct inquiry *inquiry = &exchange->inquiry;
    struct grant *grant = &exchange->grant;
    if (!is_json(inquiry->content_type))
        return refuse(ret, 400, "Content-Type must be application/json");
    grant->request = json_parse(inquiry->body, inquiry->body_len);
    if (!json_object_is_type(grant->request, json_type_object))
        return refuse(ret, 400, "the body is not a JSON object");

    read_members(grant, grant->request);
    if (!json_member(grant->request, "key_id"))
        return refuse(ret, 400, "key_id is missing or not a string");
    if (!grant->key || !EVP_PKEY_is_a(grant->key, "RSA"))
        return refuse(ret, 400, "private_key is missing or not an RSA private key in PEM");
    if (!grant->scopes)
        return refuse(ret, 400, "scopes must be a list of scope names");
    if (grant->expiry == 0)
        return refuse(ret, 400, "expiry must be an integer from 1 to 86400");
    return 0;
}

/* True where the private key really is the other half: the moduli may agree and the exponent not.
 */
static bool
proves(EVP_PKEY *private, EVP_PKEY *public)
{
    static const unsigned char challenge[] = "one key, two halves";
    unsigned char signature[2048];
    size_t len = sizeof(signature);
    scoped(mdctx) EVP_MD_CTX *sign = EVP_MD_CTX_new();
    scoped(mdctx) EVP_MD_CTX *verify = EVP_MD_CTX_new();
    return sign && verify && EVP_PKEY_eq(private, public) == 1 &&
           EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, private) == 1 &&
           EVP_DigestSign(sign, signature, &len, challenge, sizeof(challenge)) == 1 &&
           EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, public) == 1 &&
           EVP_DigestVerify(verify, signature, len, challenge, sizeof(challenge)) == 1;
}

static bool
allows_all(struct json_object *key, struct json_object *scopes)
{
    for (size_t i = 0; i < json_object_array_length(scopes); i++) {
        if (!keystore_allows(key, json_object_get_string(json_object_array_get_idx(scopes, i))))
            return false;
    }
    return true;
}

int
request_authorise(const struct exchange *exchange, struct refusal *ret)
{
    const struct grant *grant = &exchange->grant;
    scoped(json) struct json_object *key = keystore_load(exchange->issuer->dir, grant->key_id);
    if (!key)
        return refuse(ret, 401, "unknown API key");
    scoped(pkey) EVP_PKEY *public = keystore_public(key);
    if (!public || !proves(grant->key, public))
        return refuse(ret, 401, "private_key does not belong to this API key");

    switch (keystore_state(key, exchange->now)) {
    case KEY_REVOKED:
        return refuse(ret, 403, "this API key was revoked");
    case KEY_EXPIRED:
        return refuse(ret, 403, "this API key has expired");
    case KEY_ACTIVE:
        break;
    }
    if (!allows_all(key, grant->scopes))
        return refuse(ret, 403, "this API key may not ask for these scopes");
    return 0;
}
