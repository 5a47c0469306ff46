#include "keystore.h"

#include "file.h"
#include "scoped.h"
#include "text.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

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

int
keystore_change(const char *dir, const char *id, struct json_object *changes)
{
    scoped(text) char *folder = must_printf("%s/keys", dir);
    scoped(fd) int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        warn("%s", folder);
        return -1;
    }
    scoped(json) struct json_object *key = keystore_load(dir, id);
    if (!key)
        return -1;
    json_object_object_foreach(changes, member, value)
    {
        json_object_object_add(key, member, json_object_get(value));
    }
    return keystore_save(dir, key);
}

static char *
used_path(const char *dir, const char *id)
{
    return must_printf("%s/used/%s", dir, id);
}

void
keystore_touch(const char *dir, const char *id)
{
    scoped(text) char *folder = must_printf("%s/used", dir);
    scoped(text) char *path = used_path(dir, id);
    (void)mkdir(folder, 0700);
    scoped(fd) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || futimens(fd, NULL) != 0)
        warn("%s", path);
}

time_t
keystore_used(const char *dir, const char *id)
{
    scoped(text) char *path = used_path(dir, id);
    struct stat status;
    return uuid_valid(id) && stat(path, &status) == 0 ? status.st_mtime : 0;
}

int
keystore_each(const char *dir, void (*each)(struct json_object *key, void *context), void *context)
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
            each(key, context);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

static void
print_key(struct json_object *key, void *context)
{
    static const char *const states[] = {
        [KEY_ACTIVE] = "active", [KEY_REVOKED] = "revoked", [KEY_EXPIRED] = "expired"};
    (void)context;
    printf("%s %-8s %s %s\n", json_member(key, "key_id"), states[keystore_state(key, time(NULL))],
           json_member(key, "expiry"), json_member(key, "name"));
}

int
keystore_list(const char *dir)
{
    return keystore_each(dir, print_key, NULL);
}
