#include "common/cache/identity.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"

void
ts_identity_release(struct ts_identity *identity)
{
    ts_secret_release(&identity->text);
}

/* Settings that may hold passwords are told apart by a hash, so that none is written to a file. */
static uint64_t
hash_of(const char *text)
{
    return text != NULL ? ts_text_fnv1a64(text, strlen(text), TS_FNV1A64_SEED) : 0;
}

static const char *
or_empty(const char *text)
{
    return text != NULL ? text : "";
}

int
ts_identity_key_source(const struct ts_request *request, struct ts_secret *ret)
{
    char hash[TS_HEX64_SIZE];

    if (request->key.key_file != NULL)
        return ts_secret_append_strings(ret, "file:", request->key.key_file, NULL);
    ts_text_hex64(hash, hash_of(request->key.key_command));
    return ts_secret_append_strings(ret, "command:", hash, NULL);
}

/* A line of a label and numbers, in hexadecimal. */
static int
append_numbers(struct ts_secret *ret, const char *label, const uint64_t *numbers, size_t len)
{
    int rc = ts_secret_append_string(ret, label);

    for (size_t i = 0; i < len && rc == 0; i++) {
        char digits[TS_HEX64_SIZE];

        ts_text_hex64(digits, numbers[i]);
        rc = ts_secret_append_strings(ret, " ", digits, NULL);
    }
    return rc == 0 ? ts_secret_append_string(ret, "\n") : rc;
}

static int
append_key_state(const struct ts_request *request, struct ts_secret *ret, struct ts_err *err)
{
    const char *path = request->key.key_file;
    struct stat st;

    if (path == NULL)
        return 0;
    if (stat(path, &st) != 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        return missing ? ts_err_set(err, TS_ERR_NOT_FOUND, "%s does not exist", path)
                       : ts_err_errno(err, TS_ERR_KEY, "%s cannot be examined", path);
    }
    const uint64_t numbers[] = {
        (uint64_t)st.st_dev,          (uint64_t)st.st_ino,          (uint64_t)st.st_size,
        (uint64_t)st.st_mtim.tv_sec,  (uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec,
        (uint64_t)st.st_ctim.tv_nsec,
    };
    return append_numbers(ret, "state", numbers, TS_ARRAY_LEN(numbers));
}

static int
append_key(const struct ts_request *request, struct ts_secret *ret, struct ts_err *err)
{
    int rc = ts_identity_key_source(request, ret);

    if (rc == 0)
        rc = ts_secret_append_strings(ret, "\nid ", or_empty(request->key.key_id), "\n", NULL);
    return rc < 0 ? rc : append_key_state(request, ret, err);
}

static int
append_endpoint(const struct ts_endpoint *endpoint, struct ts_secret *ret)
{
    const uint64_t proxies[] = {hash_of(endpoint->proxy), hash_of(endpoint->no_proxy)};
    const uint64_t flags[] = {endpoint->allow_http, endpoint->expiry_in_minutes,
                              endpoint->verify_signature};
    int rc = ts_secret_append_strings(ret, "url ", endpoint->token_url, "\nca ",
                                      or_empty(endpoint->ca_file), "\npin ",
                                      or_empty(endpoint->pinned_public_key), "\n", NULL);

    if (rc == 0)
        rc = append_numbers(ret, "proxy", proxies, TS_ARRAY_LEN(proxies));
    return rc == 0 ? append_numbers(ret, "flags", flags, TS_ARRAY_LEN(flags)) : rc;
}

static int
append_wish(const struct ts_request *request, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list scopes = {NULL, 0};
    const uint64_t lifetime = (uint64_t)request->lifetime;
    int rc = ts_list_copy(&scopes, &request->scopes, err);

    if (rc < 0)
        return rc;
    ts_list_normalize(&scopes);
    rc = append_numbers(ret, "lifetime", &lifetime, 1);
    if (rc == 0)
        rc = ts_secret_append_string(ret, "scopes ");
    return rc < 0 ? rc : ts_list_join(&scopes, ' ', ret);
}

int
ts_identity_make(const struct ts_request *request, struct ts_identity *ret, struct ts_err *err)
{
    ts_secret_clear(&ret->text);
    int rc = append_key(request, &ret->text, err);
    if (rc == 0)
        rc = append_endpoint(&request->endpoint, &ret->text);
    if (rc == 0)
        rc = append_wish(request, &ret->text, err);
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_CONFIG, "the settings are longer than %zu bytes",
                          TS_IDENTITY_MAX);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0)
        return rc;
    uint64_t hash = ts_text_fnv1a64(ret->text.data, ret->text.len, TS_FNV1A64_SEED);
    ts_text_hex64(ret->name, hash);
    return 0;
}
