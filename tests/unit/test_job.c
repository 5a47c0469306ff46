/* The worker's protocol: what one side writes the other reads, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/job.h"
#include "common/json.h"

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
jobs_come_through(void **state)
{
    static const enum ts_job_kind kinds[] = {TS_JOB_TOKEN, TS_JOB_KEY};
    struct ts_request request = full_request();

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(kinds); i++) {
        TS_CLEANUP(ts_request_release) struct ts_request read = TS_REQUEST_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret job = TS_SECRET_INIT(TS_JOB_MAX);
        enum ts_job_kind kind = TS_JOB_TOKEN;
        struct ts_err err = {0};

        assert_int_equal(ts_job_write(kinds[i], &request, &job, &err), 0);
        assert_int_equal(ts_job_read(&job, &kind, &read, &err), 0);
        assert_int_equal(kind, kinds[i]);
        assert_same_request(&request, &read);
        assert_null(read.key.key_command);
    }
}

static void
key_command_becomes_a_descriptor(void **state)
{
    TS_CLEANUP(ts_request_release) struct ts_request read = TS_REQUEST_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret job = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_request request = full_request();
    enum ts_job_kind kind = TS_JOB_KEY;
    struct ts_err err = {0};

    (void)state;
    request.key.key_file = NULL;
    request.key.key_command = TEXT("pass show secret-path");
    assert_int_equal(ts_job_write(TS_JOB_TOKEN, &request, &job, &err), 0);
    assert_null(strstr(job.data, "secret-path"));
    assert_int_equal(ts_job_read(&job, &kind, &read, &err), 0);
    assert_string_equal(read.key.key_command, "");
    assert_null(read.key.key_file);
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
    assert_int_equal(ts_job_write(TS_JOB_TOKEN, &request, &job, &err), TS_ERR_CONFIG);
    ts_secret_clear(&job);
    while (path.len <= TS_JOB_MAX)
        assert_int_equal(ts_secret_append_string(&path, "/folder"), 0);
    request.key.key_file = path.data;
    assert_int_equal(ts_job_write(TS_JOB_TOKEN, &request, &job, &err), TS_ERR_CONFIG);
}

/* Writes the full request, lets a row change it, and expects the reader to refuse. */
static void
bad_jobs_are_refused(void **state)
{
    static const struct {
        const char *member;
        const char *value; /* JSON; NULL: removed */
    } rows[] = {
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
    };
    struct ts_request request = full_request();

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_json_put) struct json_object *object = NULL;
        TS_CLEANUP(ts_request_release) struct ts_request read = TS_REQUEST_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret job = TS_SECRET_INIT(TS_JOB_MAX);
        enum ts_job_kind kind = TS_JOB_TOKEN;
        struct ts_err err = {0};

        assert_int_equal(ts_job_write(TS_JOB_TOKEN, &request, &job, &err), 0);
        assert_int_equal(ts_json_parse_object(job.data, job.len, &object, &err), 0);
        ts_secret_clear(&job);
        json_object_object_del(object, rows[i].member);
        (void)ts_json_print(object, &job);
        if (rows[i].value != NULL) {
            ts_secret_truncate(&job, job.len - 1);
            assert_int_equal(
                ts_secret_append_format(&job, ",\"%s\":%s}", rows[i].member, rows[i].value), 0);
        }
        if (ts_job_read(&job, &kind, &read, &err) != TS_ERR_SYNTAX)
            fail_msg("%s: %s was accepted", rows[i].member, rows[i].value);
    }
}

static void
grants_come_through(void **state)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant read = TS_GRANT_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_grant grant = TS_GRANT_INIT;
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_secret_append_string(&grant.token, "eyJ.eyJ.x"), 0);
    memcpy(grant.key_id, "an-id", 6);
    memcpy(grant.response_id, "a-response", 11);
    grant.scopes = (struct ts_list){scope_items, 2};
    grant.issued_at = 1724936097;
    grant.life = 3600;
    grant.age = 3;
    assert_int_equal(ts_job_write_grant(&grant, &answer, &err), 0);
    assert_int_equal(ts_job_read_grant(&answer, &read, &err), 0);
    assert_true(ts_secret_equal(&grant.token, &read.token));
    assert_string_equal(read.key_id, "an-id");
    assert_string_equal(read.response_id, "a-response");
    assert_int_equal(read.scopes.len, 2);
    assert_int_equal(read.issued_at, grant.issued_at);
    assert_int_equal(read.life, 3600);
    assert_int_equal(read.age, 3);
    ts_secret_release(&grant.token);
}

static void
key_infos_come_through(void **state)
{
    TS_CLEANUP(ts_key_info_release)
    struct ts_key_info info = {.bits = 2048,
                               .key_id = "an-id",
                               .name = "Ann",
                               .expiry = "2027-01-31",
                               .expires = 1801439999,
                               .rotation_frequency = "90d",
                               .rotation_days = 90,
                               .created = 1795478400,
                               .public_key = {.max = 1024}};
    TS_CLEANUP(ts_key_info_release) struct ts_key_info read = {.bits = 0};
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_secret_append_string(&info.public_key, "-----BEGIN\nx\n"), 0);
    assert_int_equal(ts_job_write_key_info(&info, &answer, &err), 0);
    assert_int_equal(ts_job_read_key_info(&answer, &read, &err), 0);
    assert_string_equal(read.key_id, info.key_id);
    assert_string_equal(read.name, info.name);
    assert_string_equal(read.expiry, info.expiry);
    assert_string_equal(read.rotation_frequency, info.rotation_frequency);
    assert_int_equal(read.expires, info.expires);
    assert_int_equal(read.rotation_days, info.rotation_days);
    assert_int_equal(read.created, info.created);
    assert_int_equal(read.bits, info.bits);
    assert_true(ts_secret_equal(&read.public_key, &info.public_key));
}

static void
errors_come_through(void **state)
{
    static const struct {
        int code;
        int read_as;
    } rows[] = {
        {TS_ERR_KEY, TS_ERR_KEY},       {TS_ERR_UNAVAILABLE, TS_ERR_UNAVAILABLE},
        {TS_ERR_ANSWER, TS_ERR_ANSWER}, {TS_ERR_REFUSED, TS_ERR_REFUSED},
        {TS_ERR_CONFIG, TS_ERR_CONFIG}, {TS_ERR_TIMEOUT, TS_ERR_UNAVAILABLE},
        {TS_ERR_NOT_FOUND, TS_ERR_KEY}, {TS_ERR_NOMEM, TS_ERR_SYSTEM},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
        struct ts_err failure = {.http_status = 401, .response_id = "a-response"};
        struct ts_err err = {0};

        (void)ts_err_set(&failure, rows[i].code, "it failed for /home/\xff/x: \"why\"");
        assert_int_equal(ts_job_write_error(&failure, &answer, &err), 0);
        assert_int_equal(ts_job_read_grant(&answer, &grant, &err), rows[i].read_as);
        assert_int_equal(err.code, rows[i].read_as);
        assert_string_equal(err.text, "it failed for /home/?/x: \"why\"");
        assert_int_equal(err.http_status, 401);
        assert_string_equal(err.response_id, "a-response");
    }
}

#define GRANT(life)                                                                                \
    "{\"grant\":{\"token\":\"x\",\"key_id\":\"a\",\"response_id\":\"\",\"scopes\":[],"             \
    "\"issued_at\":1,\"life\":" life ",\"age\":0}}"

static void
senseless_answers_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"grant\":1}",
        "{\"grant\":{}}",
        "{\"key\":{}}",
        "{\"error\":{}}",
        "{\"error\":null}",
        "{\"error\":{\"exit_code\":0,\"http_status\":0,\"response_id\":\"\",\"text\":\"\"}}",
        GRANT("0"),
        GRANT("86401"),
        GRANT("1,\"extra\":1"),
        GRANT("1") "x",
        "{\"grant\":{\"token\":\"\",\"key_id\":\"a\",\"response_id\":\"\",\"scopes\":[],"
        "\"issued_at\":1,\"life\":1,\"age\":0}}",
        "{\"grant\":{\"token\":\"x\",\"key_id\":\"../a\",\"response_id\":\"\",\"scopes\":[],"
        "\"issued_at\":1,\"life\":1,\"age\":0}}",
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(texts); i++) {
        TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
        struct ts_err err = {0};

        assert_int_equal(ts_secret_append_string(&answer, texts[i]), 0);
        if (ts_job_read_grant(&answer, &grant, &err) != TS_ERR_SYSTEM)
            fail_msg("'%s' was accepted", texts[i]);
        assert_int_equal(grant.token.len, 0);
    }
}

/* The row that the refusals above are variations of. */
static void
the_plain_grant_is_accepted(void **state)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_secret_append_string(&answer, GRANT("1")), 0);
    assert_int_equal(ts_job_read_grant(&answer, &grant, &err), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_come_through),
        cmocka_unit_test(key_command_becomes_a_descriptor),
        cmocka_unit_test(unfit_requests_are_refused_at_once),
        cmocka_unit_test(bad_jobs_are_refused),
        cmocka_unit_test(grants_come_through),
        cmocka_unit_test(key_infos_come_through),
        cmocka_unit_test(errors_come_through),
        cmocka_unit_test(senseless_answers_are_refused),
        cmocka_unit_test(the_plain_grant_is_accepted),
    };

    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
