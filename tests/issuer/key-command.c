/* `key new`, `key revoke`, `key expire`, `key list`. */
#include "commands.h"
#include "file.h"
#include "keystore.h"
#include "scoped.h"
#include "text.h"

#include <err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

struct new_options {
    const char *id, *name, *expires, *rotation, *scopes, *out;
    int64_t bits;
    bool pkcs8, ec;
};

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
details(const struct new_options *options, const char *id)
{
    struct json_object *key = json_object_new_object();
    char today[DATE_LEN + 1];
    date_print(time(NULL), today);
    json_object_object_add(key, "key_id", json_object_new_string(id));
    json_object_object_add(key, "name", json_object_new_string(options->name));
    json_object_object_add(key, "expiry", json_object_new_string(options->expires));
    json_object_object_add(key, "rotation_frequency", json_object_new_string(options->rotation));
    json_object_object_add(key, "created_at", json_object_new_string(today));
    return key;
}

/* Splits at blanks; NULL, JSON's null, stays NULL. */
static struct json_object *
scope_list(const char *scopes)
{
    if (!scopes)
        return NULL;
    struct json_object *list = json_object_new_array();
    for (size_t len; *scopes; scopes += len) {
        scopes += strspn(scopes, " ");
        len = strcspn(scopes, " ");
        if (len > 0)
            json_object_array_add(list, json_object_new_string_len(scopes, (int)len));
    }
    return list;
}

static int
write_beside(const char *out, const char *suffix, mode_t mode, const char *text)
{
    scoped(text) char *path = must_printf("%s%s", out, suffix);
    return file_write(path, mode, text, strlen(text));
}

static int
write_download(const struct new_options *options, const char *id, const char *private,
               const char *public)
{
    scoped(json) struct json_object *download = details(options, id);
    json_object_object_add(download, "private_key", json_object_new_string(private));
    scoped(text) char *line = must_printf("%s\n", json_text(download));
    return write_beside(options->out, "", 0600, line) == 0 &&
                   write_beside(options->out, ".pem", 0600, private) == 0 &&
                   write_beside(options->out, ".pub.pem", 0644, public) == 0
               ? 0
               : -1;
}

static int
make_key(const struct new_options *options, const char *dir)
{
    scoped(pkey) EVP_PKEY *key =
        options->ec ? EVP_EC_gen("P-256") : EVP_RSA_gen((unsigned int)options->bits);
    scoped(text) char *private = key ? private_pem(key, options->pkcs8) : NULL;
    scoped(text) char *public = key ? public_pem(key) : NULL;
    if (!private || !public) {
        warnx("cannot make a key");
        return -1;
    }
    char made[UUID_LEN + 1];
    uuid_make(made);
    const char *id = options->id ? options->id : made;
    scoped(json) struct json_object *entry = details(options, id);
    json_object_object_add(entry, "revoked", json_object_new_boolean(false));
    json_object_object_add(entry, "scopes", scope_list(options->scopes));
    json_object_object_add(entry, "public_key", json_object_new_string(public));
    if (write_download(options, id, private, public) != 0 || keystore_save(dir, entry) != 0)
        return -1;
    printf("%s\n", id);
    return 0;
}

static bool
new_options_valid(const struct new_options *options)
{
    time_t end = 0;
    if (!options->out)
        warnx("key new: --out FILE is required");
    else if (options->id && !uuid_valid(options->id))
        warnx("key new: --id takes a UUID");
    else if (date_end(options->expires, &end) != 0)
        warnx("key new: --expires takes a date, YYYY-MM-DD");
    else if (options->bits < 1024 || options->bits > 16384)
        warnx("key new: --bits takes 2048, 3072 or 4096");
    else
        return true;
    return false;
}

int
command_key_new(const struct command *command, char **argv)
{
    char next_year[DATE_LEN + 1];
    date_print(time(NULL) + 365L * 24 * 60 * 60, next_year);
    struct new_options options = {
        .name = "test key", .expires = next_year, .rotation = "90d", .bits = 2048};
    const struct option_row rows[] = {
        {"--out", OPTION_TEXT, &options.out, "FILE", "where the download goes (required)"},
        {"--id", OPTION_TEXT, &options.id, "UUID", "the key's id (default: a new one)"},
        {"--name", OPTION_TEXT, &options.name, "NAME", "what the key is called"},
        {"--expires", OPTION_TEXT, &options.expires, "YYYY-MM-DD", "last day (default: in a year)"},
        {"--rotation", OPTION_TEXT, &options.rotation, "90d", "rotation frequency"},
        {"--bits", OPTION_NUMBER, &options.bits, "BITS", "2048 (default), 3072 or 4096"},
        {"--scopes", OPTION_TEXT, &options.scopes, "\"A B\"", "all it may ask for (default: any)"},
        {"--pkcs8", OPTION_FLAG, &options.pkcs8, NULL, "PEM as PKCS#8 instead of PKCS#1"},
        {"--ec", OPTION_FLAG, &options.ec, NULL, "a P-256 key, which the endpoint refuses"},
        {0},
    };
    const char *operands[OPERANDS_MAX] = {0};
    if (options_read(command, argv, rows, operands) != 0 || !new_options_valid(&options))
        return EXIT_USAGE;
    return make_key(&options, operands[0]) == 0 ? 0 : 1;
}

/* Sets one member of a stored key. Takes over `value`. */
static int
change_key(const char *const *operands, const char *member, struct json_object *value)
{
    scoped(json) struct json_object *key = keystore_load(operands[0], operands[1]);
    if (!key) {
        json_object_put(value);
        warnx("no API key %s in %s", operands[1], operands[0]);
        return 1;
    }
    json_object_object_add(key, member, value);
    return keystore_save(operands[0], key) == 0 ? 0 : 1;
}

static const struct option_row no_options[] = {{0}};

int
command_key_revoke(const struct command *command, char **argv)
{
    const char *operands[OPERANDS_MAX] = {0};
    if (options_read(command, argv, no_options, operands) != 0)
        return EXIT_USAGE;
    return change_key(operands, "revoked", json_object_new_boolean(true));
}

int
command_key_expire(const struct command *command, char **argv)
{
    const char *operands[OPERANDS_MAX] = {0};
    time_t end = 0;
    if (options_read(command, argv, no_options, operands) != 0)
        return EXIT_USAGE;
    if (date_end(operands[2], &end) != 0) {
        warnx("key expire: not a date: %s", operands[2]);
        return EXIT_USAGE;
    }
    return change_key(operands, "expiry", json_object_new_string(operands[2]));
}

int
command_key_list(const struct command *command, char **argv)
{
    const char *operands[OPERANDS_MAX] = {0};
    if (options_read(command, argv, no_options, operands) != 0)
        return EXIT_USAGE;
    return keystore_list(operands[0]) == 0 ? 0 : 1;
}
