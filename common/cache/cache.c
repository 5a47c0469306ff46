#include "common/cache/cache.h"
#include "common/base/cleanup.h"
#include "common/json/fields.h"
#include "common/json/json.h"
#include "common/cache/cache_files.h"

#include <stddef.h>
#include <string.h>

#define IDENTITY_MEMBER "identity"
#define ENTRY(member) offsetof(struct ts_cache_entry, member)
#define NEVER_MAX (INT64_MAX / 4)

static const struct ts_field entry_fields[] = {
    {"profile", TS_FIELD_STRING, ENTRY(profile), 0, 0},
    {"key_source", TS_FIELD_STRING, ENTRY(key_source), 0, 0},
    {"token_url", TS_FIELD_STRING, ENTRY(token_url), 0, 0},
    {"spent", TS_FIELD_TEXT, ENTRY(spent), 0, TS_IDENTITY_NAME_LEN},
    {"key_id", TS_FIELD_TEXT, ENTRY(grant.key_id), 0, TS_KEY_ID_MAX},
    {"response_id", TS_FIELD_TEXT, ENTRY(grant.response_id), 0, TS_RESPONSE_ID_MAX},
    {"scopes", TS_FIELD_SCOPES, ENTRY(grant.scopes), 0, 0},
    {"issued_at", TS_FIELD_INTEGER, ENTRY(grant.issued_at), 0, TS_TOKEN_TIME_MAX},
    {"life", TS_FIELD_INTEGER, ENTRY(grant.life), 0, TS_TOKEN_LIFE_MAX},
    {"age", TS_FIELD_INTEGER, ENTRY(grant.age), 0, TS_TOKEN_TIME_MAX},
    {"received_wall", TS_FIELD_INTEGER, ENTRY(grant.received.wall), 0, TS_TOKEN_TIME_MAX},
    {"received_boot_ms", TS_FIELD_INTEGER, ENTRY(grant.received.boot_ms), 0, NEVER_MAX},
    {"boot_id", TS_FIELD_TEXT, ENTRY(grant.received.boot_id), 0, TS_BOOT_ID_MAX - 1},
    {"token", TS_FIELD_TOKEN, ENTRY(grant.token), 0, TS_TOKEN_MAX},
};
/* An erased token's file is the same without the token, which is the table's last row. */
static const struct ts_field_table entry_table = {entry_fields, TS_ARRAY_LEN(entry_fields)};
static const struct ts_field_table erased_table = {entry_fields, TS_ARRAY_LEN(entry_fields) - 1};

/* The failure as it is kept: codes as exit codes, which mean the same to every version. */
struct failure_record {
    long exit_code;
    long http_status;
    char response_id[TS_ERR_ID_MAX + 1];
    char text[TS_ERR_TEXT_MAX];
    bool early;
    struct ts_clock when;
};

#define FAILURE(member) offsetof(struct failure_record, member)
static const struct ts_field failure_fields[] = {
    {"exit_code", TS_FIELD_LONG, FAILURE(exit_code), 1, 255},
    {"http_status", TS_FIELD_LONG, FAILURE(http_status), 0, 999},
    {"response_id", TS_FIELD_TEXT, FAILURE(response_id), 0, TS_ERR_ID_MAX},
    {"text", TS_FIELD_TEXT, FAILURE(text), 0, TS_ERR_TEXT_MAX - 1},
    {"early", TS_FIELD_BOOL, FAILURE(early), 0, 0},
    {"wall", TS_FIELD_INTEGER, FAILURE(when.wall), 0, TS_TOKEN_TIME_MAX},
    {"boot_ms", TS_FIELD_INTEGER, FAILURE(when.boot_ms), 0, NEVER_MAX},
    {"boot_id", TS_FIELD_TEXT, FAILURE(when.boot_id), 0, TS_BOOT_ID_MAX - 1},
};
static const struct ts_field_table failure_table = {failure_fields, TS_ARRAY_LEN(failure_fields)};

struct parts {
    struct ts_secret token;
};
static const struct ts_field parts_fields[] = {
    {"token", TS_FIELD_SECRET, offsetof(struct parts, token), 0, TS_TOKEN_MAX},
};
static const struct ts_field_table parts_table = {parts_fields, TS_ARRAY_LEN(parts_fields)};

#define PROOF(member) offsetof(struct ts_cache_proof, member)
static const struct ts_field proof_fields[] = {
    {"host", TS_FIELD_STRING, PROOF(host), 0, 0},
    {"token", TS_FIELD_TOKEN, PROOF(token), 0, TS_TOKEN_MAX},
    {"proof", TS_FIELD_TOKEN, PROOF(proof), 0, TS_TOKEN_MAX},
    {"wall", TS_FIELD_INTEGER, PROOF(made.wall), 0, TS_TOKEN_TIME_MAX},
    {"boot_ms", TS_FIELD_INTEGER, PROOF(made.boot_ms), 0, NEVER_MAX},
    {"boot_id", TS_FIELD_TEXT, PROOF(made.boot_id), 0, TS_BOOT_ID_MAX - 1},
};
static const struct ts_field_table proof_table = {proof_fields, TS_ARRAY_LEN(proof_fields)};

void
ts_cache_entry_release(struct ts_cache_entry *entry)
{
    ts_grant_release(&entry->grant);
    ts_string_free(&entry->profile);
    ts_string_free(&entry->key_source);
    ts_string_free(&entry->token_url);
    entry->spent[0] = '\0';
}

void
ts_cache_hash(const struct ts_secret *token, char *ret)
{
    uint64_t hash = ts_text_fnv1a64(ts_secret_string(token), token->len, TS_FNV1A64_SEED);

    ts_text_hex64(ret, hash);
}

/* The object in a file, where it is for this identity, or for any where `identity` is NULL. */
static struct ts_json *
load_object(int fd, const char *name, const struct ts_identity *identity)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_CACHE_FILE_MAX);
    struct ts_json *object = NULL;
    struct ts_err ignored = {.code = 0};

    if (!ts_cache_file_read(fd, name, &text) ||
        ts_json_parse_object(ts_secret_string(&text), text.len, &object, &ignored) < 0)
        return NULL;
    const char *found = ts_json_string(object, IDENTITY_MEMBER);
    if (found == NULL ||
        (identity != NULL && strcmp(found, ts_secret_string(&identity->text)) != 0))
        ts_json_put(&object);
    return object;
}

static bool
save(int fd, const char *name, const struct ts_identity *identity,
     const struct ts_field_table *table, const void *from)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_CACHE_FILE_MAX);
    struct ts_json_writer json = ts_json_begin(&text);

    ts_json_write_string(&json, IDENTITY_MEMBER, ts_secret_string(&identity->text));
    ts_fields_write(&json, table, from);
    return ts_json_end(&json) == 0 && ts_cache_file_write(fd, name, &text);
}

static bool
read_entry(struct ts_json *object, struct ts_cache_entry *ret)
{
    struct ts_err ignored = {.code = 0};
    bool erased = ts_json_member(object, "token") == NULL;

    return ts_fields_read(object, erased ? &erased_table : &entry_table, 1, ret, &ignored) == 0 &&
           ret->profile != NULL && ret->key_source != NULL && ret->token_url != NULL;
}

const char *
ts_cache_file_name(char *ret, const char *name, const char *ending)
{
    memcpy(ret, name, TS_IDENTITY_NAME_LEN);
    memcpy(ret + TS_IDENTITY_NAME_LEN, ending, strlen(ending) + 1);
    return ret;
}

bool
ts_cache_read(int fd, const struct ts_identity *identity, struct ts_cache_entry *ret)
{
    char name[TS_CACHE_NAME_MAX];
    TS_CLEANUP(ts_json_put)
    struct ts_json *object =
        load_object(fd, ts_cache_file_name(name, identity->name, TS_CACHE_TOKEN), identity);

    return object != NULL && read_entry(object, ret);
}

bool
ts_cache_write(int fd, const struct ts_identity *identity, const struct ts_cache_entry *entry)
{
    char name[TS_CACHE_NAME_MAX];
    const struct ts_field_table *table = entry->grant.token.len > 0 ? &entry_table : &erased_table;

    if (!save(fd, ts_cache_file_name(name, identity->name, TS_CACHE_TOKEN), identity, table, entry))
        return false;
    (void)ts_cache_file_remove(fd, ts_cache_file_name(name, identity->name, TS_CACHE_FAILURE));
    ts_cache_files_prune(fd);
    return true;
}

bool
ts_cache_read_failure(int fd, const struct ts_identity *identity, struct ts_cache_failure *ret)
{
    char name[TS_CACHE_NAME_MAX];
    struct failure_record record = {.exit_code = 0};
    struct ts_err ignored = {.code = 0};
    TS_CLEANUP(ts_json_put)
    struct ts_json *object =
        load_object(fd, ts_cache_file_name(name, identity->name, TS_CACHE_FAILURE), identity);

    if (object == NULL || ts_fields_read(object, &failure_table, 1, &record, &ignored) < 0)
        return false;
    ret->err.code = ts_error_from_exit_code((int)record.exit_code);
    ret->err.http_status = record.http_status;
    memcpy(ret->err.response_id, record.response_id, sizeof(ret->err.response_id));
    memcpy(ret->err.text, record.text, sizeof(ret->err.text));
    ret->early = record.early;
    ret->when = record.when;
    return true;
}

bool
ts_cache_write_failure(int fd, const struct ts_identity *identity,
                       const struct ts_cache_failure *failure)
{
    char name[TS_CACHE_NAME_MAX];
    struct failure_record record = {.exit_code = ts_error_exit_code(failure->err.code),
                                    .http_status = failure->err.http_status,
                                    .early = failure->early,
                                    .when = failure->when};

    memcpy(record.response_id, failure->err.response_id, sizeof(record.response_id));
    memcpy(record.text, failure->err.text, sizeof(record.text));
    ts_cache_files_prune(fd);
    return save(fd, ts_cache_file_name(name, identity->name, TS_CACHE_FAILURE), identity,
                &failure_table, &record);
}

/* `parts-HASH`; `ret` takes TS_CACHE_NAME_MAX. */
static const char *
parts_name(char *ret, const struct ts_secret *token)
{
    memcpy(ret, TS_CACHE_PARTS, strlen(TS_CACHE_PARTS));
    ts_cache_hash(token, ret + strlen(TS_CACHE_PARTS));
    return ret;
}

bool
ts_cache_write_parts(int fd, const struct ts_identity *identity, const struct ts_secret *token)
{
    struct parts parts = {.token = *token};
    char name[TS_CACHE_NAME_MAX];

    return save(fd, parts_name(name, token), identity, &parts_table, &parts);
}

void
ts_cache_remove_parts(int fd, const struct ts_secret *token)
{
    char name[TS_CACHE_NAME_MAX];

    (void)ts_cache_file_remove(fd, parts_name(name, token));
}

/* A token's characters, and one `~` where it is bound. */
static bool
is_token_or_bound(const struct ts_secret *text)
{
    const size_t len = ts_proof_token_len(text->data, text->len);

    return ts_text_is_token(text->data, len) &&
           (len == text->len || ts_text_is_token(text->data + len + 1, text->len - len - 1));
}

struct parts_search {
    const struct ts_identity *identity;
    size_t received;
    uint32_t hash;
    struct ts_secret *ret;
    bool found;
};

static bool
find_parts(void *context, int fd, const char *name)
{
    struct parts_search *search = context;
    struct parts parts = {.token = TS_SECRET_INIT(TS_TOKEN_MAX)};
    struct ts_err ignored = {.code = 0};

    if (!ts_cache_is_parts(name))
        return true;
    TS_CLEANUP(ts_json_put)
    struct ts_json *object = load_object(fd, name, search->identity);
    if (object != NULL && ts_fields_read(object, &parts_table, 1, &parts, &ignored) == 0 &&
        is_token_or_bound(&parts.token) && parts.token.len >= search->received &&
        ts_text_fnv1a32(parts.token.data, search->received) == search->hash) {
        ts_secret_move(search->ret, &parts.token);
        search->found = true;
    }
    ts_secret_release(&parts.token);
    return !search->found;
}

bool
ts_cache_find_parts(int fd, const struct ts_identity *identity, size_t received, uint32_t hash,
                    struct ts_secret *ret)
{
    struct parts_search search = {identity, received, hash, ret, false};

    ts_cache_files_prune(fd);
    (void)ts_cache_files_walk(fd, find_parts, &search);
    return search.found;
}

void
ts_cache_proof_release(struct ts_cache_proof *proof)
{
    ts_string_free(&proof->host);
    ts_secret_release(&proof->token);
    ts_secret_release(&proof->proof);
}

/* `proof-HASH`, of host and token; `ret` takes TS_CACHE_NAME_MAX. */
static const char *
proof_name(char *ret, const char *host, const struct ts_secret *token)
{
    uint64_t hash = ts_text_fnv1a64(host, strlen(host) + 1, TS_FNV1A64_SEED);

    memcpy(ret, TS_CACHE_PROOF, strlen(TS_CACHE_PROOF));
    ts_text_hex64(ret + strlen(TS_CACHE_PROOF),
                  ts_text_fnv1a64(ts_secret_string(token), token->len, hash));
    return ret;
}

bool
ts_cache_write_proof(int fd, const struct ts_identity *identity, const struct ts_cache_proof *proof)
{
    char name[TS_CACHE_NAME_MAX];

    ts_cache_files_prune(fd);
    return save(fd, proof_name(name, proof->host, &proof->token), identity, &proof_table, proof);
}

bool
ts_cache_find_proof(int fd, const struct ts_identity *identity, const char *host,
                    const struct ts_secret *token, struct ts_cache_proof *ret)
{
    TS_CLEANUP(ts_cache_proof_release) struct ts_cache_proof proof = TS_CACHE_PROOF_INIT;
    char name[TS_CACHE_NAME_MAX];
    struct ts_err ignored = {.code = 0};
    TS_CLEANUP(ts_json_put)
    struct ts_json *object = load_object(fd, proof_name(name, host, token), identity);

    if (object == NULL || ts_fields_read(object, &proof_table, 1, &proof, &ignored) < 0 ||
        proof.host == NULL || strcmp(proof.host, host) != 0 ||
        !ts_secret_equal(&proof.token, token))
        return false;
    ts_cache_proof_release(ret);
    *ret = proof;
    proof = TS_CACHE_PROOF_INIT;
    return true;
}

struct walk {
    ts_cache_walk_fn callback;
    void *context;
    struct ts_err *err;
    int rc;
};

static bool
read_cached_token(void *context, int fd, const char *file)
{
    struct walk *walk = context;
    char name[TS_IDENTITY_NAME_LEN + 1];

    if (!ts_cache_is_token(file))
        return true;
    TS_CLEANUP(ts_cache_entry_release) struct ts_cache_entry entry = TS_CACHE_ENTRY_INIT;
    TS_CLEANUP(ts_json_put) struct ts_json *object = load_object(fd, file, NULL);
    bool readable = object != NULL && read_entry(object, &entry);
    memcpy(name, file, TS_IDENTITY_NAME_LEN);
    name[TS_IDENTITY_NAME_LEN] = '\0';
    walk->rc = walk->callback(walk->context, fd, name, readable ? &entry : NULL, walk->err);
    return walk->rc == 0;
}

int
ts_cache_walk(int fd, ts_cache_walk_fn callback, void *context, bool *ret_whole, struct ts_err *err)
{
    struct walk walk = {callback, context, err, 0};
    bool whole = ts_cache_files_walk(fd, read_cached_token, &walk);

    if (ret_whole != NULL)
        *ret_whole = whole;
    return walk.rc;
}

bool
ts_cache_remove(int fd, const char *name)
{
    char file[TS_CACHE_NAME_MAX];
    bool token_gone = ts_cache_file_remove(fd, ts_cache_file_name(file, name, TS_CACHE_TOKEN));

    return ts_cache_file_remove(fd, ts_cache_file_name(file, name, TS_CACHE_FAILURE)) && token_gone;
}
