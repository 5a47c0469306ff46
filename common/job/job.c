#include "common/job/job.h"
#include "common/base/cleanup.h"
#include "common/json/fields.h"
#include "common/job/job_internal.h"
#include "common/json/json.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A wait longer than this is a mistake in whoever wrote the job. */
#define TIMEOUT_MS_MAX ((int64_t)86400 * 1000)

#define AT(member) offsetof(struct ts_job, member)
#define ROW_STRING(name, member)                                                                   \
    {                                                                                              \
        name, TS_FIELD_STRING, AT(member), 0, 0                                                    \
    }
#define ROW_BOOL(name, member)                                                                     \
    {                                                                                              \
        name, TS_FIELD_BOOL, AT(member), 0, 0                                                      \
    }
#define ROW_INTEGER(name, member, max)                                                             \
    {                                                                                              \
        name, TS_FIELD_INTEGER, AT(member), 1, max                                                 \
    }

/* Rows that several kinds of job have. Every kind has JOB_ROWS. */
#define JOB_ROWS                                                                                   \
    ROW_INTEGER("timeout_ms", request.endpoint.timeout_ms, TIMEOUT_MS_MAX),                        \
        ROW_BOOL("debug", request.debug)
#define SERVER_ROWS                                                                                \
    ROW_STRING("token_url", request.endpoint.token_url),                                           \
        ROW_STRING("ca_file", request.endpoint.ca_file),                                           \
        ROW_STRING("proxy", request.endpoint.proxy),                                               \
        ROW_STRING("proxy_variable", request.endpoint.proxy_variable),                             \
        ROW_STRING("no_proxy", request.endpoint.no_proxy),                                         \
        ROW_BOOL("allow_http", request.endpoint.allow_http)
#define PIN_ROW ROW_STRING("pinned_public_key", request.endpoint.pinned_public_key)
#define API_KEY_ROWS                                                                               \
    ROW_STRING("api_key_file", request.key.api_key_file),                                          \
        ROW_STRING("credentials_dir", request.key.credentials_dir)
#define REQUEST_ROWS                                                                               \
    ROW_STRING("key_file", request.key.key_file), ROW_STRING("key_id", request.key.key_id),        \
        ROW_STRING("credentials_dir", request.key.credentials_dir), SERVER_ROWS, PIN_ROW,          \
        ROW_BOOL("expiry_in_minutes", request.endpoint.expiry_in_minutes),                         \
        ROW_BOOL("verify_signature", request.endpoint.verify_signature),                           \
        {"scopes", TS_FIELD_SCOPES, AT(request.scopes), 0, 0},                                     \
        ROW_INTEGER("lifetime", request.lifetime, TS_LIFETIME_MAX), JOB_ROWS

static const struct ts_field request_fields[] = {
    REQUEST_ROWS,
    ROW_STRING("import_file", import_file),
};
static const struct ts_field_table request_table = TS_FIELD_TABLE(request_fields);

static const struct ts_field prove_fields[] = {
    REQUEST_ROWS,
    ROW_STRING("host", request.bound_host),
    {"token", TS_FIELD_BYTES, AT(token), 0, TS_TOKEN_MAX},
};
static const struct ts_field_table prove_table = TS_FIELD_TABLE(prove_fields);

static const struct ts_field explain_fields[] = {
    ROW_STRING("policy", explain.policy),
    ROW_STRING("service", explain.service),
    ROW_STRING("user", explain.user),
    {"token", TS_FIELD_BYTES, AT(explain.token), 0, TS_EXPLAIN_TOKEN_MAX},
    JOB_ROWS,
};
static const struct ts_field_table explain_table = TS_FIELD_TABLE(explain_fields);

/* No key, and nothing that says which. */
static const struct ts_field probe_fields[] = {SERVER_ROWS, PIN_ROW, JOB_ROWS};
static const struct ts_field_table probe_table = TS_FIELD_TABLE(probe_fields);

static const struct ts_field api_key_fields[] = {API_KEY_ROWS, JOB_ROWS};
static const struct ts_field_table api_key_table = TS_FIELD_TABLE(api_key_fields);

static const struct ts_field events_fields[] = {API_KEY_ROWS, SERVER_ROWS, JOB_ROWS};
static const struct ts_field_table events_table = TS_FIELD_TABLE(events_fields);

static const struct ts_field file_fields[] = {ROW_STRING("file", file), JOB_ROWS};
static const struct ts_field_table file_table = TS_FIELD_TABLE(file_fields);
#undef AT

static int
check_key_source(const struct ts_job *job, struct ts_err *err)
{
    const struct ts_key_source *key = &job->request.key;

    if ((key->key_file != NULL) == (key->key_command != NULL))
        return ts_err_set(err, TS_ERR_SYNTAX, "one of key_file and key_on_fd is needed");
    return 0;
}

static int
check_request(const struct ts_job *job, struct ts_err *err)
{
    if (job->request.endpoint.token_url == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "member token_url is missing");
    if (job->request.scopes.len == 0)
        return ts_err_set(err, TS_ERR_SYNTAX, "member scopes is empty");
    return check_key_source(job, err);
}

static int
check_import(const struct ts_job *job, struct ts_err *err)
{
    if (job->import_file == NULL || job->request.key.key_file == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "import_file and key_file are needed");
    return check_request(job, err);
}

/* Without a token, one is asked for. */
static int
check_prove(const struct ts_job *job, struct ts_err *err)
{
    if (job->request.bound_host == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "member host is missing");
    return job->token.len == 0 ? check_request(job, err) : check_key_source(job, err);
}

static int
check_explain(const struct ts_job *job, struct ts_err *err)
{
    const struct ts_explain *explain = &job->explain;

    if (explain->policy == NULL || explain->service == NULL || explain->user == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "policy, service and user are needed");
    return 0;
}

static int
check_probe(const struct ts_job *job, struct ts_err *err)
{
    if (job->request.endpoint.token_url == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "member token_url is missing");
    return 0;
}

static int
check_api_key(const struct ts_job *job, struct ts_err *err)
{
    if (job->request.key.api_key_file == NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "member api_key_file is missing");
    return 0;
}

static int
check_events(const struct ts_job *job, struct ts_err *err)
{
    int rc = check_probe(job, err);

    return rc < 0 ? rc : check_api_key(job, err);
}

static int
check_file(const struct ts_job *job, struct ts_err *err)
{
    if (job->file == NULL || job->file[0] != '/')
        return ts_err_set(err, TS_ERR_SYNTAX, "member file is missing or not absolute");
    return 0;
}

/* In the order of enum ts_job_kind. `check` checks members against each other. */
static const struct {
    const char *name;
    const struct ts_field_table *table;
    bool has_key;
    int (*check)(const struct ts_job *job, struct ts_err *err);
} kinds[] = {
    {"token", &request_table, true, check_request},
    {"key", &request_table, true, check_key_source},
    {"import", &request_table, true, check_import},
    {"explain", &explain_table, false, check_explain},
    {"probe", &probe_table, false, check_probe},
    {"policy", &file_table, false, check_file},
    {"module", &file_table, false, check_file},
    {"accounts", &file_table, false, check_file},
    {"keys", &file_table, false, check_file},
    {"prove", &prove_table, true, check_prove},
    {"api_key", &api_key_table, false, check_api_key},
    {"events", &events_table, false, check_events},
};

bool
ts_event_is_final(const struct ts_err *failure)
{
    static const long of_all[] = {401, 403, 404, 405, 407};

    if (failure->code != TS_ERR_REFUSED)
        return failure->code != TS_ERR_USAGE;
    for (size_t i = 0; i < TS_ARRAY_LEN(of_all); i++)
        if (failure->http_status == of_all[i])
            return true;
    return false;
}

int
ts_job_report_write(int rc, const struct ts_secret *text, struct ts_err *err)
{
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, rc, "more than %zu bytes between helper and worker", text->max);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

int
ts_job_encode(const struct ts_job *job, struct ts_secret *ret, struct ts_err *err)
{
    const bool key_on_fd = job->request.key.key_command != NULL || job->request.key.is_piped;
    struct ts_json_writer json = ts_json_begin(ret);

    ts_json_write_string(&json, "job", kinds[job->kind].name);
    if (kinds[job->kind].has_key)
        ts_json_write_bool(&json, "key_on_fd", key_on_fd);
    ts_fields_write(&json, kinds[job->kind].table, job);
    int rc = ts_job_report_write(ts_json_end(&json), ret, err);
    if (rc < 0)
        return rc == TS_ERR_TOO_LARGE ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
    /* A path may be any bytes, JSON may not; better said here than by a worker that gives up. */
    if (ts_text_is_utf8(ret->data + json.start, ret->len - json.start))
        return 0;
    ts_secret_truncate(ret, json.start);
    return ts_err_set(err, TS_ERR_CONFIG, "a setting or path in use is not valid UTF-8");
}

static int
read_kind(struct ts_json *object, enum ts_job_kind *ret, struct ts_err *err)
{
    const char *name = ts_json_string(object, "job");

    for (size_t i = 0; name != NULL && i < TS_ARRAY_LEN(kinds); i++)
        if (strcmp(name, kinds[i].name) == 0) {
            *ret = (enum ts_job_kind)i;
            return 0;
        }
    return ts_err_set(err, TS_ERR_SYNTAX, "there is no such job");
}

/* key_command stays with the helper: all that the worker learns is that there is one. */
static int
read_key_on_fd(struct ts_json *object, struct ts_job *job, struct ts_err *err)
{
    bool key_on_fd = false;

    if (!kinds[job->kind].has_key)
        return 0;
    if (!ts_json_bool(object, "key_on_fd", &key_on_fd))
        return ts_err_set(err, TS_ERR_SYNTAX, "member key_on_fd is missing or wrong");
    if (!key_on_fd)
        return 0;
    job->request.key.key_command = strdup("");
    return job->request.key.key_command == NULL ? ts_err_nomem(err) : 0;
}

int
ts_job_read(const struct ts_secret *text, struct ts_job *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    TS_CLEANUP(ts_job_release) struct ts_job job = TS_JOB_INIT;

    int rc = ts_json_parse_object(ts_secret_string(text), text->len, &object, err);
    if (rc == 0)
        rc = read_kind(object, &job.kind, err);
    if (rc == 0)
        rc = read_key_on_fd(object, &job, err);
    if (rc == 0)
        rc = ts_fields_read(object, kinds[job.kind].table, kinds[job.kind].has_key ? 2 : 1, &job,
                            err);
    if (rc == 0)
        rc = kinds[job.kind].check(&job, err);
    if (rc < 0)
        return rc;
    ts_job_release(ret);
    *ret = job;
    job = TS_JOB_INIT;
    return 0;
}

void
ts_job_release(struct ts_job *job)
{
    ts_request_release(&job->request);
    free(job->import_file);
    free(job->file);
    free(job->explain.policy);
    free(job->explain.service);
    free(job->explain.user);
    ts_secret_release(&job->explain.token);
    ts_secret_release(&job->token);
    *job = TS_JOB_INIT;
}
