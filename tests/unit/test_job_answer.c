/* The worker's answers: what the worker writes the helper reads, and nothing else. */
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
explanations_come_through(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    const struct ts_explanation explanation = {
        .rules = {{"no_service", "a \"section\"", TS_RULE_PASS},
                  {"user", "for the user", TS_RULE_FAIL},
                  {"service", "for the service", TS_RULE_SKIPPED}},
        .rules_len = 3,
        .reason = "user",
        .text = "not for b\xc3\xa4r",
        .key_id = "an-id",
        .expires = 1801439999,
        .section = "*",
        .single_use = true};
    struct ts_explanation read = {.rules_len = 9};
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_job_write_explanation(&explanation, &answer, &err), 0);
    assert_int_equal(ts_job_read_explanation(&answer, &read, &err), 0);
    assert_int_equal(read.rules_len, 3);
    for (size_t i = 0; i < read.rules_len; i++) {
        assert_string_equal(read.rules[i].code, explanation.rules[i].code);
        assert_string_equal(read.rules[i].demand, explanation.rules[i].demand);
        assert_int_equal(read.rules[i].result, explanation.rules[i].result);
    }
    assert_false(read.accepted);
    assert_string_equal(read.reason, "user");
    assert_string_equal(read.text, explanation.text);
    assert_string_equal(read.key_id, "an-id");
    assert_int_equal(read.expires, explanation.expires);
    assert_string_equal(read.section, "*");
    assert_true(read.single_use);
}

#define GRANT(life)                                                                                \
    "{\"grant\":{\"token\":\"x\",\"key_id\":\"a\",\"response_id\":\"\",\"scopes\":[],"             \
    "\"issued_at\":1,\"life\":" life ",\"age\":0}}"

#define EXPLANATION(rules)                                                                         \
    "{\"explanation\":{\"accepted\":true,\"reason\":\"ok\",\"text\":\"\",\"key_id\":\"a\","        \
    "\"expires\":1,\"section\":\"s\",\"single_use\":false,\"rules\":" rules "}}"
#define RULE(result) "{\"code\":\"user\",\"demand\":\"d\",\"result\":" result "}"

static void
senseless_explanations_are_refused(void **state)
{
    static const struct {
        const char *text;
        int rc;
    } rows[] = {
        {EXPLANATION("[]"), 0},
        {EXPLANATION("[" RULE("\"pass\"") "]"), 0},
        {EXPLANATION("null"), TS_ERR_SYSTEM},
        {EXPLANATION("{}"), TS_ERR_SYSTEM},
        {EXPLANATION("[1]"), TS_ERR_SYSTEM},
        {EXPLANATION("[{}]"), TS_ERR_SYSTEM},
        {EXPLANATION("[" RULE("\"PASS\"") "]"), TS_ERR_SYSTEM},
        {EXPLANATION("[" RULE("\"much too long\"") "]"), TS_ERR_SYSTEM},
        {EXPLANATION("[" RULE("1") "]"), TS_ERR_SYSTEM},
        {EXPLANATION("[],\"extra\":1"), TS_ERR_SYSTEM},
        {"{\"explanation\":{}}", TS_ERR_SYSTEM},
        {GRANT("1"), TS_ERR_SYSTEM},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
        struct ts_explanation read = {.rules_len = 9};
        struct ts_err err = {0};

        assert_int_equal(ts_secret_append_string(&answer, rows[i].text), 0);
        if (ts_job_read_explanation(&answer, &read, &err) != rows[i].rc)
            fail_msg("'%s': %d", rows[i].text, err.code);
        assert_true(rows[i].rc == 0 || read.rules_len == 9);
    }
}

/* One rule more than there is room for. */
static void
too_many_rules_are_refused(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret rules = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_explanation read = {.rules_len = 0};
    struct ts_err err = {0};

    (void)state;
    for (size_t i = 0; i <= TS_EXPLAIN_RULES_MAX; i++)
        assert_int_equal(ts_secret_append_format(&rules, "%s" RULE("\"pass\""), i > 0 ? "," : ""),
                         0);
    assert_int_equal(ts_secret_append_format(&answer, EXPLANATION("[%s]"), rules.data), 0);
    assert_int_equal(ts_job_read_explanation(&answer, &read, &err), TS_ERR_SYSTEM);
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
        "{\"error\":{\"exit_code\":69,\"http_status\":0,\"response_id\":\"\",\"text\":\"\"}}",
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

static void
probes_come_through(void **state)
{
    const struct ts_probe probe = {
        .stage = "tls", .text = "TLS: no", .http_status = 401, .date = 5, .now = 7};
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_probe got = {.stage = ""};
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_job_write_probe(&probe, &answer, &err), 0);
    assert_int_equal(ts_job_read_probe(&answer, &got, &err), 0);
    assert_string_equal(got.stage, "tls");
    assert_string_equal(got.text, "TLS: no");
    assert_int_equal(got.http_status, 401);
    assert_int_equal(got.date, 5);
    assert_int_equal(got.now, 7);
    /* An answer to another job. */
    assert_int_equal(ts_job_read_module(&answer, &err), TS_ERR_SYSTEM);
}

static void
policies_come_through(void **state)
{
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 2};
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info got = {.keys = 0};
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_list_add_split(&info.services, "* sshd", &err), 0);
    assert_int_equal(ts_list_add(&info.single_use, "sshd", &err), 0);
    assert_int_equal(ts_list_add(&info.bound, "sshd:2001:db8::7", &err), 0);
    assert_int_equal(ts_list_add(&info.no_section, "git-nginx", &err), 0);
    assert_int_equal(ts_list_add(&info.no_account, "@nogroup1", &err), 0);
    assert_int_equal(ts_list_add(&info.no_scopes, "one:sshd", &err), 0);
    assert_int_equal(ts_list_add(&info.problems, "keys.d/a.conf:1: a line", &err), 0);
    assert_int_equal(ts_job_write_policy_info(&info, &answer, &err), 0);
    assert_int_equal(ts_job_read_policy_info(&answer, &got, &err), 0);
    assert_int_equal(got.keys, 2);
    assert_int_equal(got.services.len, 2);
    assert_true(ts_list_has(&got.services, "*"));
    assert_true(ts_list_has(&got.single_use, "sshd"));
    assert_true(ts_list_has(&got.bound, "sshd:2001:db8::7"));
    assert_int_equal(got.expired.len, 0);
    assert_true(ts_list_has(&got.no_section, "git-nginx"));
    assert_true(ts_list_has(&got.no_account, "@nogroup1"));
    assert_true(ts_list_has(&got.no_scopes, "one:sshd"));
    assert_true(ts_list_has(&got.problems, "keys.d/a.conf:1: a line"));
}

static void
a_loaded_module_comes_through(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_job_write_module(&answer, &err), 0);
    assert_string_equal(ts_secret_string(&answer), "{\"module\":{}}");
    assert_int_equal(ts_job_read_module(&answer, &err), 0);
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

/* A proof alone, and with the token that was asked for with it; one is not taken for the other. */
static void
proofs_come_through(void **state)
{
    static const char alone[] = "{\"proof\":{\"proof\":\"a.b.c\"}}";
    static const char with_grant[] =
        "{\"proof\":{\"proof\":\"a.b.c\",\"grant\":{\"token\":\"x.y.z\",\"key_id\":\"a\","
        "\"response_id\":\"\",\"scopes\":[],\"issued_at\":1,\"life\":2,\"age\":3}}}";
    static const struct {
        const char *text;
        bool with_grant;
        int read_as;
    } rows[] = {
        {alone, false, 0},
        {with_grant, true, 0},
        {alone, true, TS_ERR_SYSTEM},
        {with_grant, false, TS_ERR_SYSTEM},
        {"{\"proof\":{\"proof\":\"\"}}", false, TS_ERR_SYSTEM},
        {"{\"proof\":{\"proof\":\"a~b\"}}", false, TS_ERR_SYSTEM},
        {"{\"proof\":{\"proof\":\"a\\nb\"}}", false, TS_ERR_SYSTEM},
        {"{\"proof\":{}}", false, TS_ERR_SYSTEM},
        {"{\"grant\":{}}", false, TS_ERR_SYSTEM},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
        TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(TS_JOB_MAX);
        struct ts_err err = {0};

        assert_int_equal(ts_secret_append_string(&text, rows[i].text), 0);
        int rc = ts_job_read_proof(&text, rows[i].with_grant, &grant, &err);
        if (rc != rows[i].read_as)
            fail_msg("%s is read as %d: %s", rows[i].text, rc, err.text);
        if (rc < 0)
            continue;
        assert_string_equal(ts_secret_string(&grant.proof), "a.b.c");
        assert_string_equal(ts_secret_string(&grant.token), rows[i].with_grant ? "x.y.z" : "");
        assert_int_equal(ts_job_write_proof(&grant, rows[i].with_grant, &again, &err), 0);
        assert_string_equal(ts_secret_string(&again), rows[i].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grants_come_through),
        cmocka_unit_test(proofs_come_through),
        cmocka_unit_test(key_infos_come_through),
        cmocka_unit_test(explanations_come_through),
        cmocka_unit_test(senseless_explanations_are_refused),
        cmocka_unit_test(too_many_rules_are_refused),
        cmocka_unit_test(probes_come_through),
        cmocka_unit_test(policies_come_through),
        cmocka_unit_test(a_loaded_module_comes_through),
        cmocka_unit_test(errors_come_through),
        cmocka_unit_test(senseless_answers_are_refused),
        cmocka_unit_test(the_plain_grant_is_accepted),
    };

    return cmocka_run_group_tests_name("job_answer", tests, NULL, NULL);
}
