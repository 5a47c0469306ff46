/* `sign`: a token by hand, right or forged. */
#include "commands.h"
#include "file.h"
#include "request.h"
#include "scoped.h"
#include "sign.h"
#include "text.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define UNSET INT64_MIN

struct sign_options {
    struct option_list aud;
    const char *aud_json, *iss, *id, *header, *payload, *alg, *hmac_key;
    int64_t iat, exp;
};

/* An API key as `sign` reads it. */
struct key_file {
    char id[256]; /* empty for a bare PEM */
    EVP_PKEY *key;
};

static int
read_key_file(const char *path, struct key_file *ret)
{
    scoped(text) char *text = NULL;
    size_t len = 0;
    if (file_read(path, &text, &len) != 0)
        return -1;
    scoped(json) struct json_object *download = json_parse(text, len);
    const char *pem = download ? json_member(download, "private_key") : text;
    const char *id = download ? json_member(download, "key_id") : "";
    EVP_PKEY *key = pem ? private_key_parse(pem, strlen(pem)) : NULL;
    if (!key || !id) {
        EVP_PKEY_free(key);
        warnx("%s: no private key", path);
        return -1;
    }
    snprintf(ret->id, sizeof(ret->id), "%s", id);
    ret->key = key;
    return 0;
}

/* The bytes of a --header or --payload: as given, or a file's where it says @FILE. */
static int
given_bytes(const char *argument, char **ret, size_t *ret_len)
{
    if (argument[0] == '@')
        return file_read(argument + 1, ret, ret_len);
    *ret_len = strlen(argument);
    *ret = must_copy(argument, *ret_len);
    return 0;
}

static int
header_bytes(const struct sign_options *options, char **ret, size_t *ret_len)
{
    if (options->header)
        return given_bytes(options->header, ret, ret_len);
    if (!options->id || !*options->id) {
        warnx("sign: a bare PEM has no key id: give --id or --header");
        return -1;
    }
    scoped(json) struct json_object *header = claims_header(options->alg, options->id);
    *ret = must_printf("%s", json_text(header));
    *ret_len = strlen(*ret);
    return 0;
}

/* The audience: --aud-json, else every --aud, else user_management. NULL where it is not JSON. */
static struct json_object *
make_aud(const struct sign_options *options)
{
    if (options->aud_json)
        return json_parse(options->aud_json, strlen(options->aud_json));
    scoped(json) struct json_object *scopes = json_object_new_array();
    for (size_t i = 0; i < options->aud.count; i++)
        json_object_array_add(scopes, json_object_new_string(options->aud.items[i]));
    if (options->aud.count == 0)
        json_object_array_add(scopes, json_object_new_string("user_management"));
    return claims_aud(scopes);
}

static int
payload_bytes(const struct sign_options *options, char **ret, size_t *ret_len)
{
    if (options->payload)
        return given_bytes(options->payload, ret, ret_len);
    struct json_object *aud = make_aud(options);
    if (!aud && options->aud_json && strcmp(options->aud_json, "null") != 0) {
        warnx("sign: --aud-json is not JSON");
        return -1;
    }
    int64_t iat = options->iat == UNSET ? (int64_t)time(NULL) : options->iat;
    int64_t exp = options->exp == UNSET ? iat + 3600 : options->exp;
    const char *id = options->id ? options->id : "";
    scoped(json) struct json_object *payload = claims_payload(aud, id, iat, exp);
    json_object_object_add(payload, "iss", json_object_new_string(options->iss));
    *ret = must_printf("%s", json_text(payload));
    *ret_len = strlen(*ret);
    return 0;
}

static int
print_token(const struct sign_options *options, EVP_PKEY *key)
{
    scoped(text) char *header = NULL, *payload = NULL, *hmac_key = NULL;
    size_t header_len = 0, payload_len = 0, hmac_len = 0;
    if (header_bytes(options, &header, &header_len) != 0 ||
        payload_bytes(options, &payload, &payload_len) != 0)
        return -1;
    if (options->hmac_key && file_read(options->hmac_key, &hmac_key, &hmac_len) != 0)
        return -1;

    const struct sign_job job = {
        .alg = sign_alg_find(options->alg), .key = key, .hmac_key = hmac_key, .hmac_len = hmac_len};
    scoped(text) char *token = sign_compact(&job, header, header_len, payload, payload_len);
    if (!token)
        return -1;
    printf("%s\n", token);
    return 0;
}

static const char key_id_help[] = "key id in header and jti (default: the download's)";

int
command_sign(const struct command *command, char **argv)
{
    struct sign_options options = {
        .iss = "ThriveStack", .alg = "RS256", .iat = UNSET, .exp = UNSET};
    const struct option_row rows[] = {
        {"--aud", OPTION_LIST, &options.aud, "S", "a scope; several make an array"},
        {"--aud-json", OPTION_TEXT, &options.aud_json, "JSON", "aud as it is"},
        {"--iat", OPTION_NUMBER, &options.iat, "N", "seconds since 1970 (default: now)"},
        {"--exp", OPTION_NUMBER, &options.exp, "N", "seconds since 1970 (default: iat + 3600)"},
        {"--iss", OPTION_TEXT, &options.iss, "S", "issuer (default: ThriveStack)"},
        {"--id", OPTION_TEXT, &options.id, "ID", key_id_help},
        {"--header", OPTION_TEXT, &options.header, "JSON|@FILE", "the header's bytes, as they are"},
        {"--payload", OPTION_TEXT, &options.payload, "JSON|@FILE", "the payload's, likewise"},
        {"--alg", OPTION_TEXT, &options.alg, "ALG", "none, HS256, RS256, RS384, RS512 or PS256"},
        {"--hmac-key", OPTION_TEXT, &options.hmac_key, "FILE", "its bytes are the key of HS256"},
        {0},
    };
    const char *operands[OPERANDS_MAX] = {0};
    if (options_read(command, argv, rows, operands) != 0)
        return EXIT_USAGE;
    if (!sign_alg_find(options.alg)) {
        warnx("sign: unknown algorithm %s", options.alg);
        return EXIT_USAGE;
    }
    struct key_file file = {0};
    if (read_key_file(operands[0], &file) != 0)
        return 1;
    if (!options.id)
        options.id = file.id;
    int result = print_token(&options, file.key);
    EVP_PKEY_free(file.key);
    return result == 0 ? 0 : 1;
}
