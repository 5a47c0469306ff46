#include "common/job.h"
#include "common/cleanup.h"
#include "common/fields.h"
#include "common/json.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A wait longer than this is a mistake in whoever wrote the job. */
#define TIMEOUT_MS_MAX ((int64_t)86400 * 1000)

#define TABLE(fields)                                                                              \
    {                                                                                              \
        (fields), TS_ARRAY_LEN(fields)                                                             \
    }

#define AT(member) offsetof(struct ts_request, member)
static const struct ts_field request_fields[] = {
    {"key_file", TS_FIELD_STRING, AT(key.key_file), 0, 0},
    {"key_id", TS_FIELD_STRING, AT(key.key_id), 0, 0},
    {"credentials_dir", TS_FIELD_STRING, AT(key.credentials_dir), 0, 0},
    {"token_url", TS_FIELD_STRING, AT(endpoint.token_url), 0, 0},
    {"ca_file", TS_FIELD_STRING, AT(endpoint.ca_file), 0, 0},
    {"pinned_public_key", TS_FIELD_STRING, AT(endpoint.pinned_public_key), 0, 0},
    {"proxy", TS_FIELD_STRING, AT(endpoint.proxy), 0, 0},
    {"no_proxy", TS_FIELD_STRING, AT(endpoint.no_proxy), 0, 0},
    {"allow_http", TS_FIELD_BOOL, AT(endpoint.allow_http), 0, 0},
    {"expiry_in_minutes", TS_FIELD_BOOL, AT(endpoint.expiry_in_minutes), 0, 0},
    {"verify_signature", TS_FIELD_BOOL, AT(endpoint.verify_signature), 0, 0},
    {"timeout_ms", TS_FIELD_INTEGER, AT(endpoint.timeout_ms), 1, TIMEOUT_MS_MAX},
    {"scopes", TS_FIELD_SCOPES, AT(scopes), 0, 0},
    {"lifetime", TS_FIELD_INTEGER, AT(lifetime), 1, TS_LIFETIME_MAX},
    {"debug", TS_FIELD_BOOL, AT(debug), 0, 0},
};
#undef AT
static const struct ts_field_table request_table = TABLE(request_fields);

#define AT(member) offsetof(struct ts_grant, member)
static const struct ts_field grant_fields[] = {
    {"token", TS_FIELD_SECRET, AT(token), 0, TS_TOKEN_MAX},
    {"key_id", TS_FIELD_TEXT, AT(key_id), 0, TS_KEY_ID_MAX},
    {"response_id", TS_FIELD_TEXT, AT(response_id), 0, TS_RESPONSE_ID_MAX},
    {"scopes", TS_FIELD_SCOPES, AT(scopes), 0, 0},
    {"issued_at", TS_FIELD_INTEGER, AT(issued_at), 0, TS_TOKEN_TIME_MAX},
    {"life", TS_FIELD_INTEGER, AT(life), 1, TS_TOKEN_LIFE_MAX},
    {"age", TS_FIELD_INTEGER, AT(age), 0, TS_TOKEN_TIME_MAX},
};
#undef AT
static const struct ts_field_table grant_table = TABLE(grant_fields);

#define AT(member) offsetof(struct ts_key_info, member)
#define TEXT_MAX(member) (sizeof(((struct ts_key_info *)NULL)->member) - 1)
static const struct ts_field key_info_fields[] = {
    {"key_id", TS_FIELD_TEXT, AT(key_id), 0, TEXT_MAX(key_id)},
    {"name", TS_FIELD_TEXT, AT(name), 0, TEXT_MAX(name)},
    {"expiry", TS_FIELD_TEXT, AT(expiry), 0, TEXT_MAX(expiry)},
    {"expires", TS_FIELD_INTEGER, AT(expires), 0, TS_TOKEN_TIME_MAX},
    {"rotation_frequency", TS_FIELD_TEXT, AT(rotation_frequency), 0, TEXT_MAX(rotation_frequency)},
    {"rotation_days", TS_FIELD_INTEGER, AT(rotation_days), 0, TS_TOKEN_TIME_MAX},
    {"created", TS_FIELD_INTEGER, AT(created), 0, TS_TOKEN_TIME_MAX},
    {"bits", TS_FIELD_LONG, AT(bits), 1, 1 << 20},
    {"public_key", TS_FIELD_SECRET, AT(public_key), 0, (int64_t)TS_JOB_MAX},
};
#undef AT
static const struct ts_field_table key_info_table = TABLE(key_info_fields);

/* A struct ts_err as it travels: the code as an exit code, which means the same to everyone. */
struct failure {
    long exit_code;
    long http_status;
    char response_id[TS_ERR_ID_MAX + 1];
    char text[TS_ERR_TEXT_MAX];
};

#define AT(member) offsetof(struct failure, member)
static const struct ts_field failure_fields[] = {
    {"exit_code", TS_FIELD_LONG, AT(exit_code), 1, 255},
    {"http_status", TS_FIELD_LONG, AT(http_status), 0, 999},
    {"response_id", TS_FIELD_TEXT, AT(response_id), 0, TS_ERR_ID_MAX},
    {"text", TS_FIELD_TEXT, AT(text), 0, TS_ERR_TEXT_MAX - 1},
};
#undef AT
static const struct ts_field_table failure_table = TABLE(failure_fields);

/* In the order of enum ts_job_kind. */
static const char *const job_names[] = {"token", "key"};

static int
print(struct json_object *object, struct ts_secret *ret, struct ts_err *err)
{
    int rc = ts_json_print(object, ret);

    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, rc, "more than %zu bytes between helper and worker", ret->max);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

int
ts_job_write(enum ts_job_kind kind, const struct ts_request *request, struct ts_secret *ret,
             struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct json_object *job = json_object_new_object();
    TS_CLEANUP(ts_json_put) struct json_object *again = NULL;

    if (job == NULL || ts_json_add_string(job, "job", job_names[kind]) < 0 ||
        ts_json_add_bool(job, "key_on_fd", request->key.key_command != NULL) < 0 ||
        ts_fields_add(job, &request_table, request) < 0)
        return ts_err_nomem(err);
    int rc = print(job, ret, err);
    /* A path may be any bytes, JSON may not; better said here than by a worker that gives up. */
    if (rc == 0)
        rc = ts_json_parse_object(ts_secret_string(ret), ret->len, &again, err);
    if (rc == TS_ERR_SYNTAX)
        return ts_err_set(err, TS_ERR_CONFIG, "a setting or path in use is not valid UTF-8");
    return rc == TS_ERR_TOO_LARGE ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

static int
read_kind(struct json_object *job, enum ts_job_kind *ret, struct ts_err *err)
{
    const char *name = ts_json_string(job, "job");

    for (size_t i = 0; name != NULL && i < TS_ARRAY_LEN(job_names); i++)
        if (strcmp(name, job_names[i]) == 0) {
            *ret = (enum ts_job_kind)i;
            return 0;
        }
    return ts_err_set(err, TS_ERR_SYNTAX, "there is no such job");
}

/* What no single member can tell. */
static int
check_request(enum ts_job_kind kind, const struct ts_request *request, struct ts_err *err)
{
    const struct ts_key_source *key = &request->key;

    if ((key->key_file != NULL) == (key->key_command != NULL))
        return ts_err_set(err, TS_ERR_SYNTAX, "one of key_file and key_on_fd is needed");
    if (kind == TS_JOB_TOKEN && request->endpoint.token_url == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "member token_url is missing");
    if (kind == TS_JOB_TOKEN && request->scopes.len == 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "member scopes is empty");
    return 0;
}

int
ts_job_read(const struct ts_secret *job, enum ts_job_kind *ret_kind, struct ts_request *ret,
            struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct json_object *object = NULL;
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    enum ts_job_kind kind = TS_JOB_TOKEN;
    bool key_on_fd = false;

    int rc = ts_json_parse_object(ts_secret_string(job), job->len, &object, err);
    if (rc == 0)
        rc = read_kind(object, &kind, err);
    if (rc == 0 && !ts_json_bool(object, "key_on_fd", &key_on_fd))
        rc = ts_err_set(err, TS_ERR_SYNTAX, "member key_on_fd is missing or wrong");
    if (rc == 0)
        rc = ts_fields_read(object, &request_table, 2, &request, err);
    if (rc == 0 && key_on_fd) {
        request.key.key_command = strdup("");
        rc = request.key.key_command == NULL ? ts_err_nomem(err) : 0;
    }
    if (rc == 0)
        rc = check_request(kind, &request, err);
    if (rc < 0)
        return rc;
    *ret_kind = kind;
    *ret = request;
    request = (struct ts_request)TS_REQUEST_INIT;
    return 0;
}

/* {"NAME": {...}}: what every answer looks like. */
static int
write_answer(const char *name, const struct ts_field_table *table, const void *from,
             struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put_secret) struct json_object *answer = json_object_new_object();
    struct json_object *inner = json_object_new_object();

    if (answer == NULL) {
        json_object_put(inner);
        return ts_err_nomem(err);
    }
    if (ts_json_add(answer, name, inner) < 0 || ts_fields_add(inner, table, from) < 0)
        return ts_err_nomem(err);
    return print(answer, ret, err);
}

int
ts_job_write_grant(const struct ts_grant *grant, struct ts_secret *ret, struct ts_err *err)
{
    return write_answer("grant", &grant_table, grant, ret, err);
}

int
ts_job_write_key_info(const struct ts_key_info *info, struct ts_secret *ret, struct ts_err *err)
{
    return write_answer("key", &key_info_table, info, ret, err);
}

int
ts_job_write_error(const struct ts_err *failure, struct ts_secret *ret, struct ts_err *err)
{
    struct failure wire = {.exit_code = ts_error_exit_code(failure->code),
                           .http_status = failure->http_status};

    memcpy(wire.response_id, failure->response_id, sizeof(wire.response_id));
    /* The text may quote a path, and a path may be any bytes; JSON may not. */
    ts_text_clean(wire.text, sizeof(wire.text), failure->text, strlen(failure->text));
    return write_answer("error", &failure_table, &wire, ret, err);
}

/* The error that the worker reported, as if it had happened here. */
static int
read_failure(struct json_object *object, struct ts_err *err)
{
    struct failure wire = {0};
    int rc = ts_fields_read(object, &failure_table, 0, &wire, err);

    if (rc < 0)
        return rc;
    rc = ts_err_set(err, ts_error_from_exit_code((int)wire.exit_code), "%s", wire.text);
    err->http_status = wire.http_status;
    memcpy(err->response_id, wire.response_id, sizeof(err->response_id));
    return rc;
}

static int
read_answer(const struct ts_secret *answer, const char *name, const struct ts_field_table *table,
            void *to, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put_secret) struct json_object *object = NULL;
    struct ts_err reason = {0};
    int rc = ts_json_parse_object(ts_secret_string(answer), answer->len, &object, &reason);

    if (rc == 0 && json_object_object_length(object) != 1)
        rc = ts_err_set(&reason, TS_ERR_SYNTAX, "not exactly one member");
    if (rc == 0 && ts_json_member(object, "error") != NULL) {
        rc = read_failure(ts_json_member(object, "error"), &reason);
        if (rc != TS_ERR_SYNTAX) {
            *err = reason;
            return rc;
        }
    } else if (rc == 0) {
        rc = ts_fields_read(ts_json_member(object, name), table, 0, to, &reason);
    }
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0)
        return ts_err_set(err, TS_ERR_SYSTEM, "the worker's answer makes no sense: %s",
                          reason.text);
    return 0;
}

int
ts_job_read_grant(const struct ts_secret *answer, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    int rc = read_answer(answer, "grant", &grant_table, &grant, err);

    if (rc == 0 && !ts_text_is_key_id(grant.key_id))
        rc = ts_err_set(err, TS_ERR_SYSTEM, "the worker's answer makes no sense: no key id");
    if (rc < 0)
        return rc;
    *ret = grant;
    grant = (struct ts_grant)TS_GRANT_INIT;
    return 0;
}

int
ts_job_read_key_info(const struct ts_secret *answer, struct ts_key_info *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    int rc = read_answer(answer, "key", &key_info_table, &info, err);

    if (rc < 0)
        return rc;
    *ret = info;
    info = (struct ts_key_info){.bits = 0};
    return 0;
}

void
ts_key_info_release(struct ts_key_info *info)
{
    ts_secret_release(&info->public_key);
    *info = (struct ts_key_info){.bits = 0};
}
