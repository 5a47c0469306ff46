#include "keystore.h"

#include "file.h"
#include "scoped.h"
#include "text.h"

#include <dirent.h>
#include <err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static char *
key_path(const char *dir, const char *id)
{
    return must_printf("%s/keys/%s.json", dir, id);
}

struct json_object *
keystore_load(const char *dir, const char *id)
{
    if (!uuid_valid(id))
        return NULL;
    scoped(text) char *path = key_path(dir, id);
    if (access(path, F_OK) != 0)
        return NULL;

    scoped(text) char *text = NULL;
    size_t len = 0;
    if (file_read(path, &text, &len) != 0)
        return NULL;
    struct json_object *key = json_parse(text, len);
    if (!key)
        warnx("%s: not JSON", path);
    return key;
}

int
keystore_save(const char *dir, struct json_object *key)
{
    const char *id = json_member(key, "key_id");
    if (!id || !uuid_valid(id)) {
        warnx("a key without an id");
        return -1;
    }
    scoped(text) char *path = key_path(dir, id);
    scoped(text) char *line = must_printf("%s\n", json_text(key));
    return file_write(path, 0600, line, strlen(line));
}

EVP_PKEY *
keystore_public(struct json_object *key)
{
    const char *pem = json_member(key, "public_key");
    scoped(bio) BIO *bio = pem ? BIO_new_mem_buf(pem, -1) : NULL;
    EVP_PKEY *public = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    if (!public)
        warnx("key store: no public key in an entry");
    return public;
}

enum key_state
keystore_state(struct json_object *key, time_t now)
{
    struct json_object *revoked = NULL;
    if (json_object_object_get_ex(key, "revoked", &revoked) && json_object_get_boolean(revoked))
        return KEY_REVOKED;

    const char *expiry = json_member(key, "expiry");
    time_t end = 0;
    if (!expiry || date_end(expiry, &end) != 0 || now >= end)
        return KEY_EXPIRED;
    return KEY_ACTIVE;
}

bool
keystore_allows(struct json_object *key, const char *scope)
{
    struct json_object *scopes = NULL;
    if (!json_object_object_get_ex(key, "scopes", &scopes) || !scopes)
        return true;
    for (size_t i = 0; i < json_object_array_length(scopes); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(scopes, i)), scope) == 0)
            return true;
    }
    return false;
}

static void
print_key(struct json_object *key)
{
    static const char *const states[] = {
        [KEY_ACTIVE] = "active", [KEY_REVOKED] = "revoked", [KEY_EXPIRED] = "expired"};
    printf("%s %-8s %s %s\n", json_member(key, "key_id"), states[keystore_state(key, time(NULL))],
           json_member(key, "expiry"), json_member(key, "name"));
}

int
keystore_list(const char *dir)
{
    scoped(text) char *path = must_printf("%s/keys", dir);
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        warn("%s", path);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        char *dot = strrchr(entries[i]->d_name, '.');
        if (dot)
            *dot = '\0';
        scoped(json) struct json_object *key = keystore_load(dir, entries[i]->d_name);
        if (key)
            print_key(key);
        free(entries[i]);
    }
    free(entries);
    return 0;
}
