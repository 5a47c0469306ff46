#include "common/identity.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/text.h"

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

int
ts_identity_key_source(const struct ts_request *request, struct ts_secret *ret)
{
    if (request->key.key_file != NULL)
        return ts_secret_append_format(ret, "file:%s", request->key.key_file);
    return ts_secret_append_format(ret, "command:%016" PRIx64, hash_of(request->key.key_command));
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
    return ts_secret_append_format(ret, "%ju %ju %jd %jd.%09ld %jd.%09ld\n", (uintmax_t)st.st_dev,
                                   (uintmax_t)st.st_ino, (intmax_t)st.st_size,
                                   (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                                   (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static int
append_key(const struct ts_request *request, struct ts_secret *ret, struct ts_err *err)
{
    int rc = ts_identity_key_source(request, ret);

    if (rc == 0)
        rc = ts_secret_append_format(ret, "\nid %s\n",
                                     request->key.key_id != NULL ? request->key.key_id : "");
    return rc < 0 ? rc : append_key_state(request, ret, err);
}

static int
append_endpoint(const struct ts_endpoint *endpoint, struct ts_secret *ret)
{
    return ts_secret_append_format(
        ret, "url %s\nca %s\npin %s\nproxy %016" PRIx64 " %016" PRIx64 "\nflags %d%d%d\n",
        endpoint->token_url, endpoint->ca_file != NULL ? endpoint->ca_file : "",
        endpoint->pinned_public_key != NULL ? endpoint->pinned_public_key : "",
        hash_of(endpoint->proxy), hash_of(endpoint->no_proxy), endpoint->allow_http,
        endpoint->expiry_in_minutes, endpoint->verify_signature);
}

static int
append_wish(const struct ts_request *request, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list scopes = {NULL, 0};
    int rc = ts_list_copy(&scopes, &request->scopes, err);

    if (rc < 0)
        return rc;
    ts_list_normalize(&scopes);
    rc = ts_secret_append_format(ret, "lifetime %" PRId64 "\nscopes ", request->lifetime);
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
    (void)snprintf(ret->name, sizeof(ret->name), "%016" PRIx64, hash);
    return 0;
}
