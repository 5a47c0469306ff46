/* `key new`, `key revoke`, `key expire`, `key list`. */
#include "commands.h"
#include "file.h"
#include "key-make.h"
#include "keystore.h"
#include "scoped.h"
#include "text.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

struct new_options {
    const char *id, *name, *expires, *rotation, *scopes, *out;
    int64_t bits;
    bool pkcs8, ec;
};

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
write_download(const struct new_options *options, const struct made_key *made)
{
    scoped(text) char *line = must_printf("%s\n", json_text(made->download));
    return write_beside(options->out, "", 0600, line) == 0 &&
                   write_beside(options->out, ".pem", 0600, made->private_pem) == 0 &&
                   write_beside(options->out, ".pub.pem", 0644, made->public_pem) == 0
               ? 0
               : -1;
}

static int
make_key(const struct new_options *options, const char *dir)
{
    const struct key_request request = {.id = options->id,
                                        .name = options->name,
                                        .expires = options->expires,
                                        .rotation = options->rotation,
                                        .scopes = scope_list(options->scopes),
                                        .bits = options->bits,
                                        .pkcs8 = options->pkcs8,
                                        .ec = options->ec};
    struct made_key made = {0};
    int result = key_make(&request, &made);
    if (result == 0)
        result = write_download(options, &made);
    if (result == 0)
        result = keystore_save(dir, made.entry);
    if (result == 0)
        printf("%s\n", made.id);
    key_release(&made);
    return result;
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
    scoped(json) struct json_object *changes = json_object_new_object();
    json_object_object_add(changes, member, value);
    if (keystore_change(operands[0], operands[1], changes) == 0)
        return 0;
    warnx("no API key %s in %s", operands[1], operands[0]);
    return 1;
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
