/* The worker's jobs: what the helper writes the worker reads, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/job/job.h"
#include "common/json/json.h"

/* The literals are only read. */
#define TEXT(literal) ((char *)(uintptr_t)(literal))

static char *scope_items[] = {TEXT("user_management"), TEXT("telemetry_apis")};

static struct ts_request
full_request(void)
{
    struct ts_request request = TS_REQUEST_INIT;

    request.key.key_file = TEXT("/home/ann/key.json");
    request.key.key_id = TEXT("an-id");
    request.key.credentials_dir = TEXT("/run/credentials");
    request.endpoint = (struct ts_endpoint){.token_url = TEXT("https://localhost/"),
                                            .ca_file = TEXT("/ca.pem"),
                                            .pinned_public_key = TEXT("sha256//x"),
                                            .proxy = TEXT("http://proxy"),
                                            .no_proxy = TEXT("b\xc3\xa4r,\"\\"),
                                            .allow_http = true,
                                            .expiry_in_minutes = true,
                                            .verify_signature = true,
                                            .timeout_ms = 8000};
    request.scopes = (struct ts_list){scope_items, 2};
    request.lifetime = 3600;
    request.debug = true;
    return request;
}

static void
assert_same_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        assert_true(a == b);
    else
        assert_string_equal(a, b);
}

static void
assert_same_request(const struct ts_request *a, const struct ts_request *b)
{
    assert_same_text(a->key.key_file, b->key.key_file);
    assert_same_text(a->key.key_id, b->key.key_id);
    assert_same_text(a->key.credentials_dir, b->key.credentials_dir);
    assert_same_text(a->endpoint.token_url, b->endpoint.token_url);
    assert_same_text(a->endpoint.ca_file, b->endpoint.ca_file);
    assert_same_text(a->endpoint.pinned_public_key, b->endpoint.pinned_public_key);
    assert_same_text(a->endpoint.proxy, b->endpoint.proxy);
    assert_same_text(a->endpoint.no_proxy, b->endpoint.no_proxy);
    assert_int_equal(a->endpoint.allow_http, b->endpoint.allow_http);
    assert_int_equal(a->endpoint.expiry_in_minutes, b->endpoint.expiry_in_minutes);
    assert_int_equal(a->endpoint.verify_signature, b->endpoint.verify_signature);
    assert_int_equal(a->endpoint.timeout_ms, b->endpoint.timeout_ms);
    assert_int_equal(a->scopes.len, b->scopes.len);
    assert_true(ts_list_has_all(&a->scopes, &b->scopes));
    assert_int_equal(a->lifetime, b->lifetime);
    assert_int_equal(a->debug, b->debug);
}

static void
assert_same_job(const struct ts_job *a, const struct ts_job *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_same_request(&a->request, &b->request);
    assert_same_text(a->import_file, b->import_file);
    assert_same_text(a->request.bound_host, b->request.bound_host);
    assert_true(ts_secret_equal(&a->token, &b->token));
    assert_same_text(a->explain.policy, b->explain.policy);
    assert_same_text(a->explain.service, b->explain.service);
    assert_same_text(a->explain.user, b->explain.user);
    assert_true(ts_secret_equal(&a->explain.token, &b->explain.token));
}

static void
assert_comes_through(const struct ts_job *job)
{
    TS_CLEANUP(ts_job_release) struct ts_job read = TS_JOB_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_err err = {0};

    assert_int_equal(ts_job_encode(job, &text, &err), 0);
    assert_int_equal(ts_job_read(&text, &read, &err), 0);
    assert_same_job(job, &read);
    assert_null(read.request.key.key_command);
}

static void
jobs_come_through(void **state)
{
    struct ts_job jobs[] = {
        {.kind = TS_JOB_TOKEN},
        {.kind = TS_JOB_KEY},
        {.kind = TS_JOB_IMPORT, .import_file = TEXT("/home/ann/Downloads/key (1).json")},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(jobs); i++) {
        jobs[i].request = full_request();
        assert_comes_through(&jobs[i]);
    }
}

/* Whatever somebody took for a token: any bytes, none, and as many as there may be. */
static void
explain_jobs_come_through(void **state)
{
    TS_CLEANUP(ts_secret_release)
    struct ts_secret largest = TS_SECRET_INIT(TS_EXPLAIN_TOKEN_MAX);
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {{"eyJ.eyJ.x", 9}, {"", 0}, {"\0\xff\n", 3}, {"\"", 1}};

    (void)state;
    for (size_t i = 0; i <= TS_ARRAY_LEN(rows); i++) {
        struct ts_job job = {.kind = TS_JOB_EXPLAIN,
                             .request = {.endpoint = {.timeout_ms = 10000}, .debug = true},
                             .explain = {.policy = TEXT("/etc/thrivestack/policy.conf"),
                                         .service = TEXT("sshd"),
                                         .user = TEXT("b\xc3\xa4r"),
                                         .token = TS_SECRET_INIT(TS_EXPLAIN_TOKEN_MAX)}};

        if (i < TS_ARRAY_LEN(rows))
            assert_int_equal(ts_secret_append(&job.explain.token, rows[i].bytes, rows[i].len), 0);
        while (i == TS_ARRAY_LEN(rows) && largest.len < largest.max)
            assert_int_equal(ts_secret_append(&largest, "x", 1), 0);
        if (i == TS_ARRAY_LEN(rows))
            ts_secret_move(&job.explain.token, &largest);
        assert_comes_through(&job);
        ts_secret_release(&job.explain.token);
    }
}

/* With a token, and without one. */
static void
prove_jobs_come_through(void **state)
{
    struct ts_job job = {
        .kind = TS_JOB_PROVE, .request = full_request(), .token = TS_SECRET_INIT(TS_TOKEN_MAX)};

    (void)state;
    job.request.bound_host = TEXT("2001:db8::7");
    assert_comes_through(&job);
    while (job.token.len < job.token.max)
        assert_int_equal(ts_secret_append(&job.token, "x", 1), 0);
    assert_comes_through(&job);
    ts_secret_release(&job.token);
}

static int
write_token_job(const struct ts_request *request, struct ts_secret *ret, struct ts_err *err)
{
    const struct ts_job job = {.kind = TS_JOB_TOKEN, .request = *request};

    return ts_job_encode(&job, ret, err);
}

static void
key_command_becomes_a_descriptor(void **state)
{
    TS_CLEANUP(ts_job_release) struct ts_job read = TS_JOB_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret job = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_request request = full_request();
    struct ts_err err = {0};

    (void)state;
    request.key.key_file = NULL;
    request.key.key_command = TEXT("pass show secret-path");
    assert_int_equal(write_token_job(&request, &job, &err), 0);
    assert_null(strstr(job.data, "secret-path"));
    assert_int_equal(ts_job_read(&job, &read, &err), 0);
    assert_string_equal(read.request.key.key_command, "");
    assert_null(read.request.key.key_file);
}

static void
unfit_requests_are_refused_at_once(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret job = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret path = TS_SECRET_INIT(2 * TS_JOB_MAX);
    struct ts_request request = full_request();
    struct ts_err err = {0};

    (void)state;
    request.key.key_file = TEXT("/home/\xff/key.json");
    assert_int_equal(write_token_job(&request, &job, &err), TS_ERR_CONFIG);
    ts_secret_clear(&job);
    while (path.len <= TS_JOB_MAX)
        assert_int_equal(ts_secret_append_string(&path, "/folder"), 0);
    request.key.key_file = path.data;
    assert_int_equal(write_token_job(&request, &job, &err), TS_ERR_CONFIG);
}

/* Writes a job, lets a row change it, and expects the reader to refuse. */
struct change {
    const char *member;
    const char *value; /* JSON; NULL: removed */
};

static void
assert_refused(const struct ts_job *job, const struct change *change)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    TS_CLEANUP(ts_job_release) struct ts_job read = TS_JOB_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_err err = {0};

    assert_int_equal(ts_job_encode(job, &text, &err), 0);
    assert_int_equal(ts_json_parse_object(text.data, text.len, &object, &err), 0);
    ts_secret_clear(&text);
    ts_json_delete(object, change->member);
    (void)ts_json_print_lines(object, &text);
    if (change->value != NULL) {
        ts_secret_truncate(&text, text.len - 1);
        assert_int_equal(
            ts_secret_append_format(&text, ",\"%s\":%s}", change->member, change->value), 0);
    }
    if (ts_job_read(&text, &read, &err) != TS_ERR_SYNTAX)
        fail_msg("%s: %s was accepted", change->member, change->value);
}

static void
bad_jobs_are_refused(void **state)
{
    static const struct change rows[] = {
        {"job", "\"steal\""},
        {"job", NULL},
        {"job", "1"},
        {"extra", "1"},
        {"key_file", NULL},
        {"key_file", "null"},
        {"key_file", "1"},
        {"key_on_fd", "true"},
        {"key_on_fd", NULL},
        {"key_id", "null"},
        {"token_url", NULL},
        {"allow_http", "1"},
        {"allow_http", NULL},
        {"timeout_ms", "0"},
        {"timeout_ms", "-1"},
        {"timeout_ms", "1.5"},
        {"timeout_ms", "1e3"},
        {"timeout_ms", "86400001"},
        {"timeout_ms", "99999999999999999999"},
        {"lifetime", "0"},
        {"lifetime", "86401"},
        {"lifetime", "\"1\""},
        {"scopes", "[]"},
        {"scopes", "\"a\""},
        {"scopes", "[\"a b\"]"},
        {"scopes", "[1]"},
        {"scopes", "{}"},
        {"debug", "\"yes\""},
        {"import_file", "1"},
        {"policy", "\"/p\""},
    };
    const struct ts_job job = {.kind = TS_JOB_TOKEN, .request = full_request()};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        assert_refused(&job, &rows[i]);
}

static void
bad_import_jobs_are_refused(void **state)
{
    static const struct change rows[] = {
        {"import_file", NULL},   {"key_file", NULL}, {"key_on_fd", "true"},
        {"import_file", "null"}, {"scopes", "[]"},   {"token_url", NULL},
    };
    const struct ts_job job = {
        .kind = TS_JOB_IMPORT, .request = full_request(), .import_file = TEXT("/download")};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        assert_refused(&job, &rows[i]);
}

static void
bad_explain_jobs_are_refused(void **state)
{
    static const struct change rows[] = {
        {"policy", NULL},       {"service", NULL},     {"user", NULL},     {"token", NULL},
        {"token", "null"},      {"token", "1"},        {"token", "\"A\""}, {"token", "\"AA==\""},
        {"token", "\"AB\""},    {"timeout_ms", NULL},  {"debug", NULL},    {"key_on_fd", "false"},
        {"key_file", "\"/k\""}, {"scopes", "[\"a\"]"}, {"extra", "1"},
    };
    const struct ts_job job = {
        .kind = TS_JOB_EXPLAIN,
        .request = {.endpoint = {.timeout_ms = 1}},
        .explain = {.policy = TEXT("/p"), .service = TEXT("s"), .user = TEXT("u")}};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        assert_refused(&job, &rows[i]);
}

static void
bad_prove_jobs_are_refused(void **state)
{
    static const struct change rows[] = {
        {"host", NULL},        {"host", "null"},         {"host", "1"},       {"token", NULL},
        {"token", "null"},     {"token", "\"A\""},       {"token", "1"},      {"key_file", NULL},
        {"key_on_fd", "true"}, {"policy", "\"/p\""},     {"scopes", NULL},    {"scopes", "[]"},
        {"token_url", NULL},   {"import_file", "\"/\""}, {"key_on_fd", NULL},
    };
    struct ts_job job = {.kind = TS_JOB_PROVE, .request = full_request()};

    (void)state;
    job.request.bound_host = TEXT("build");
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        assert_refused(&job, &rows[i]);
}

/* Only "prove" takes what it is to sign. */
static void
other_jobs_take_no_host(void **state)
{
    static const struct change rows[] = {{"host", "\"build\""}, {"token", "\"AA\""}};
    const struct ts_job job = {.kind = TS_JOB_TOKEN, .request = full_request()};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        assert_refused(&job, &rows[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_come_through),
        cmocka_unit_test(explain_jobs_come_through),
        cmocka_unit_test(prove_jobs_come_through),
        cmocka_unit_test(bad_prove_jobs_are_refused),
        cmocka_unit_test(other_jobs_take_no_host),
        cmocka_unit_test(key_command_becomes_a_descriptor),
        cmocka_unit_test(unfit_requests_are_refused_at_once),
        cmocka_unit_test(bad_jobs_are_refused),
        cmocka_unit_test(bad_import_jobs_are_refused),
        cmocka_unit_test(bad_explain_jobs_are_refused),
    };

    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
