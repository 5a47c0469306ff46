#include "common/worker/apikey.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/json/json.h"
#include "common/policy/verify.h"
#include "common/worker/keydetails.h"
#include "common/worker/rsakey.h"
#include "common/worker/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define KEY_COMMAND "key_command"

void
ts_api_key_release(struct ts_api_key *key)
{
    ts_public_key_free(&key->key);
    ts_secret_release(&key->pem);
    ts_key_info_release(&key->info);
}

/* Whether a path names something below a folder, by its letters alone. */
static bool
is_inside(const char *path, const char *folder)
{
    size_t len = folder != NULL ? strlen(folder) : 0;

    while (len > 0 && folder[len - 1] == '/')
        len--;
    return len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/' &&
           !ts_path_has_parent(path);
}

static int
read_path(const char *path, const struct ts_file_rules *rules, struct ts_secret *ret,
          struct ts_err *err)
{
    int rc = ts_file_read(AT_FDCWD, path, path, rules, ret, err);

    if (rc == TS_ERR_NOMEM || rc == 0)
        return rc;
    ts_err_prefix(err, "API key");
    return ts_err_recode(err, rc == TS_ERR_UNSAFE ? TS_ERR_CONFIG : TS_ERR_KEY);
}

static int
read_key_file(const char *path, const char *credentials_dir, uid_t owner, struct ts_secret *ret,
              struct ts_err *err)
{
    struct ts_file_rules rules = {.owner = owner, .forbidden = 077, .follow_symlink = true};

    /* systemd hands credentials to services as root's files, readable by the service's group. */
    if (is_inside(path, credentials_dir))
        rules.root_allowed = 0440;
    return read_path(path, &rules, ret, err);
}

/* Not a control character, a blank, or outside ASCII: it goes into an HTTP header. */
static bool
is_printable(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= 0x20 || text[i] >= 0x7f)
            return false;
    return true;
}

int
ts_api_key_read_secret(const struct ts_key_source *source, uid_t owner, struct ts_secret *ret,
                       struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_API_KEY_FILE_MAX);
    const char *path = source->api_key_file;
    int rc = read_key_file(path, source->credentials_dir, owner, &text, err);

    if (rc < 0)
        return rc;
    const char *line = ts_secret_string(&text);
    size_t len = text.len;
    if (len > 0 && line[len - 1] == '\n')
        len--;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len == 0)
        return ts_err_set(err, TS_ERR_KEY, "API key: %s is empty", path);
    if (line[0] == '{' || strncmp(line, "-----BEGIN ", 11) == 0)
        return ts_err_set(err, TS_ERR_KEY,
                          "API key: %s holds a key pair, not a private API key: name it with "
                          "key_file in place of api_key_file",
                          path);
    if (!is_printable(line, len))
        return ts_err_set(err, TS_ERR_KEY,
                          "API key: %s is not one line of printable characters without blanks",
                          path);
    rc = ts_secret_set(ret, line, len);
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_KEY, "API key: %s is longer than %zu characters", path,
                          ret->max);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

int
ts_api_key_read_download(const char *path, uid_t owner, struct ts_secret *ret, struct ts_err *err)
{
    const struct ts_file_rules rules = {.owner = owner, .forbidden = 022, .follow_symlink = true};

    return read_path(path, &rules, ret, err);
}

/* Waits until there is something to read from fd, its end included. */
static int
await_input(int fd, int64_t deadline_ms, struct ts_err *err)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    int ready = 0;

    do
        ready = poll(&wanted, 1, ts_clock_left_ms(deadline_ms));
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return ts_err_set(err, TS_ERR_KEY, KEY_COMMAND " did not end within the timeout");
    if (ready < 0 || (wanted.revents & POLLNVAL) != 0)
        return ts_err_set(err, TS_ERR_KEY, "the output of " KEY_COMMAND " cannot be read");
    return 0;
}

static int
read_command_output(int fd, int64_t deadline_ms, struct ts_secret *ret, struct ts_err *err)
{
    for (;;) {
        char chunk[4096];
        int rc = await_input(fd, deadline_ms, err);

        if (rc < 0)
            return rc;
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got == 0)
            return 0;
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return ts_err_errno(err, TS_ERR_KEY, "the output of " KEY_COMMAND " cannot be read");
        rc = ts_secret_append(ret, chunk, (size_t)got);
        explicit_bzero(chunk, sizeof(chunk));
        if (rc == TS_ERR_TOO_LARGE)
            return ts_err_set(err, TS_ERR_KEY, KEY_COMMAND " prints more than %zu bytes", ret->max);
        if (rc < 0)
            return ts_err_nomem(err);
    }
}

static int
set_key_id(const char *found, const char *name, const char *configured, struct ts_api_key *ret,
           struct ts_err *err)
{
    const char *key_id = found != NULL ? found : configured;

    if (key_id == NULL)
        return ts_err_set(err, TS_ERR_KEY,
                          "API key: %s holds no key_id: use the file that ThriveStack lets you "
                          "download, or set key_id beside it",
                          name);
    if (!ts_text_is_key_id(key_id))
        return ts_err_set(err, TS_ERR_KEY, "API key: %s: its key_id is not usable", name);
    if (configured != NULL && strcmp(configured, key_id) != 0)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "key_id %s is configured, but %s holds key %s: correct one of them",
                          configured, name, key_id);
    memcpy(ret->info.key_id, key_id, strlen(key_id) + 1);
    return 0;
}

static int
set_private_key(const char *pem, size_t len, const char *name, struct ts_api_key *ret,
                struct ts_err *err)
{
    struct ts_err reason = {0};
    int rc = ts_rsa_key_parse(pem, len, &ret->key, &ret->pem, &reason);

    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0)
        return ts_err_set(err, TS_ERR_KEY, "API key: %s holds %s", name, reason.text);
    ret->info.bits = EVP_PKEY_get_bits(ret->key);
    return 0;
}

/* A key id that some server prints as a number is an id all the same. */
static const char *
id_of(struct ts_json *download)
{
    struct ts_json *member = ts_json_member(download, "key_id");

    if (ts_json_is(member, TS_JSON_INTEGER))
        return ts_json_text(member);
    return ts_json_string(download, "key_id");
}

static int
parse_download(const struct ts_secret *text, const char *name, const char *configured,
               struct ts_api_key *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *download = NULL;
    struct ts_err reason = {0};
    int rc = ts_json_parse_object(text->data, text->len, &download, &reason);

    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0)
        return ts_err_set(err, TS_ERR_KEY, "API key: %s is %s", name, reason.text);
    rc = set_key_id(id_of(download), name, configured, ret, err);
    if (rc < 0)
        return rc;
    const char *pem = ts_json_string(download, "private_key");
    if (pem == NULL)
        return ts_err_set(err, TS_ERR_KEY, "API key: %s holds no private_key", name);
    ts_key_details_read(download, &ret->info);
    return set_private_key(pem, strlen(pem), name, ret, err);
}

int
ts_api_key_parse(const struct ts_secret *text, const char *name, const char *key_id,
                 struct ts_api_key *ret, struct ts_err *err)
{
    const char *start = ts_secret_string(text);

    ret->pem.max = TS_PRIVATE_PEM_MAX;
    ret->info.public_key.max = TS_PRIVATE_PEM_MAX;
    start += strspn(start, " \t\r\n");
    if (ts_secret_has_nul(text))
        return ts_err_set(err, TS_ERR_KEY, "API key: %s is neither JSON nor PEM", name);
    if (*start == '\0')
        return ts_err_set(err, TS_ERR_KEY, "API key: %s is empty", name);
    if (*start == '{')
        return parse_download(text, name, key_id, ret, err);
    if (strncmp(start, "-----BEGIN ", 11) != 0)
        return ts_err_set(err, TS_ERR_KEY, "API key: %s is neither JSON nor PEM", name);
    /* The key first: that a public key lacks a key_id is not what is wrong with it. */
    int rc = set_private_key(text->data, text->len, name, ret, err);
    return rc < 0 ? rc : set_key_id(NULL, name, key_id, ret, err);
}

/*
 * What `key export` writes where a key_id is configured: a line that says so, before the key.
 * Copies the id and returns the rest of the text; where there is no such line, all of it.
 */
static const char *
split_key_id(const char *text, char ret_id[TS_KEY_ID_MAX + 1])
{
    const char *id = text + sizeof(TS_JOB_KEY_ID_PREFIX) - 1;

    if (strncmp(text, TS_JOB_KEY_ID_PREFIX, sizeof(TS_JOB_KEY_ID_PREFIX) - 1) != 0)
        return text;
    size_t len = strcspn(id, "\n");
    if (len > TS_KEY_ID_MAX || id[len] != '\n')
        return text;
    memcpy(ret_id, id, len);
    ret_id[len] = '\0';
    return id + len + 1;
}

static int
parse_piped(const struct ts_secret *text, const char *name, const char *configured,
            struct ts_api_key *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret key = TS_SECRET_INIT(TS_API_KEY_FILE_MAX);
    char id[TS_KEY_ID_MAX + 1] = "";
    const char *start = ts_secret_string(text);
    const char *rest = configured == NULL ? split_key_id(start, id) : start;

    if (ts_secret_set(&key, rest, text->len - (size_t)(rest - start)) < 0)
        return ts_err_nomem(err);
    return ts_api_key_parse(&key, name, rest == start ? configured : id, ret, err);
}

int
ts_api_key_read(const struct ts_key_source *source, uid_t owner, int fd, int64_t deadline_ms,
                struct ts_api_key *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_API_KEY_FILE_MAX);
    int rc;

    if (source->key_command == NULL) {
        rc = read_key_file(source->key_file, source->credentials_dir, owner, &text, err);
        return rc < 0 ? rc : ts_api_key_parse(&text, source->key_file, source->key_id, ret, err);
    }
    rc = read_command_output(fd, deadline_ms, &text, err);
    return rc < 0 ? rc : parse_piped(&text, "the output of " KEY_COMMAND, source->key_id, ret, err);
}

int
ts_api_key_read_asked(const struct ts_request *request, int64_t deadline_ms, struct ts_api_key *ret,
                      struct ts_err *err)
{
    ts_trace(request, "reading the API key from %s",
             request->key.key_command != NULL ? KEY_COMMAND : request->key.key_file);
    int rc = ts_api_key_read(&request->key, getuid(), TS_JOB_KEY_FD, deadline_ms, ret, err);
    if (rc == 0)
        ts_trace(request, "API key %s, RSA, %ld bits", ret->info.key_id, ret->info.bits);
    return rc;
}
