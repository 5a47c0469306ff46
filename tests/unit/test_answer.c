/* Judging what a server sends, without a server: messages, headers, waits. */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/worker/answer.h"
#include "common/worker/message.h"
#include "common/worker/response.h"
#include "common/worker/retry.h"

/* Looks like a key; nothing here needs a real one. */
#define KEY_LINE_1 "MIIEowIBAAKCAQEAni6CpVBjaDxHctYJFNypsQalOOWMRnVX8sebckq43c1RdTTB"
#define KEY_LINE_2 "CiwdMFq6mRbjcAcgsyLlKlVEhzSWi7LYwupHH80tD0YwAWay5HPczqmriqMGSvQh"
#define WITHHELD "(message withheld: it quotes a secret)"

static struct ts_secret key_pem = TS_SECRET_INIT(4096);

static int
set_up(void **state)
{
    (void)state;
    return ts_secret_append_string(&key_pem, "-----BEGIN RSA PRIVATE KEY-----\n" KEY_LINE_1
                                             "\n" KEY_LINE_2 "\n-----END RSA PRIVATE KEY-----\n");
}

static int
tear_down(void **state)
{
    (void)state;
    ts_secret_release(&key_pem);
    return 0;
}

static void
messages(void **state)
{
    static const struct {
        const char *body;
        bool is_text;
        const char *text;
        const char *response_id;
    } rows[] = {
        {"{\"message\":\"no\",\"response_id\":\"r-1\"}", false, "no", "r-1"},
        {"{\"error\":\"no\"}", false, "no", ""},
        {"{\"error\":\"code\",\"error_description\":\"long\"}", false, "long", ""},
        {"{\"detail\":\"no\"}", false, "no", ""},
        {"{\"error\":{\"message\":\"deep\"}}", false, "deep", ""},
        {"{\"errors\":[\"first\",\"second\"]}", false, "first", ""},
        {"{\"errors\":[{\"detail\":\"inner\"}]}", false, "inner", ""},
        {"{\"errors\":[]}", false, "", ""},
        {"{\"message\":1}", false, "", ""},
        {"{\"message\":\"a\\n\\tb\\u001b[0m\\u202ec\"}", false, "a b[0mc", ""},
        {"plain \r\n text", true, "plain text", ""},
        {"<html>", false, "", ""},
        {"", true, "", ""},
        {"{\"message\":\"-----BEGIN RSA PRIVATE KEY-----\"}", false, WITHHELD, ""},
        {"{\"message\":\"RSA PRIVATE\\u0007 KEY\"}", false, WITHHELD, ""},
        {"{\"message\":\"got MIIEowIBAAKCAQEA?\"}", false, WITHHELD, ""},
        {"{\"message\":\"got MIIEowIBAAKCAQE?\"}", false, "got MIIEowIBAAKCAQE?", ""},
        {"{\"message\":\"got MIIEowIB\\\\nAAKC\\nAQEA?\"}", false, WITHHELD, ""},
        {"{\"message\":\"8sebckq43c1RdTTBCiwdMFq6mRbj\"}", false, WITHHELD, ""},
        {"{\"message\":\"token eyJhbGciOi was\"}", false, WITHHELD, ""},
        {"{\"message\":\"ok\",\"response_id\":\"eyJhbGciOiJSUzI1NiJ9\"}", false, "ok", ""},
        {"{\"message\":\"ok\",\"response_id\":\"MIIEowIBAAKCAQEA\"}", false, "ok", ""},
        {"{\"message\":\"ok\",\"response_id\":\"a b\"}", false, "ok", ""},
        {"{\"message\":\"ok\",\"response_id\":7}", false, "ok", ""},
        {KEY_LINE_2, true, WITHHELD, ""},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;
        struct ts_message message;

        response.is_text = rows[i].is_text;
        assert_int_equal(ts_secret_append_string(&response.body, rows[i].body), 0);
        ts_message_read(&response, &key_pem, &message);
        assert_string_equal(message.text, rows[i].text);
        assert_string_equal(message.response_id, rows[i].response_id);
    }
}

/* A secret anywhere in what is looked at hides the message, even where it would have been cut off.
 */
static void
long_messages(void **state)
{
    for (size_t padding = 0; padding < 8000; padding += 97) {
        TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;
        struct ts_message message;

        (void)state;
        response.is_text = true;
        for (size_t i = 0; i < padding; i++)
            assert_int_equal(ts_secret_append_string(&response.body, "\xc3\xa4"), 0);
        assert_int_equal(ts_secret_append_string(&response.body, KEY_LINE_1), 0);
        ts_message_read(&response, &key_pem, &message);
        assert_true(strlen(message.text) <= TS_MESSAGE_MAX);
        assert_null(strstr(message.text, "MII"));
    }
}

static void
statuses(void **state)
{
    static const struct {
        long status;
        int code;
        const char *fragment;
    } rows[] = {
        {200, 0, ""},
        {201, 0, ""},
        {202, TS_ERR_ANSWER, "HTTP 202"},
        {204, TS_ERR_ANSWER, "HTTP 204"},
        {301, TS_ERR_ANSWER, "redirects"},
        {399, TS_ERR_ANSWER, "redirects"},
        {400, TS_ERR_REFUSED, "HTTP 400: no (response_id r-1): check key KEYID"},
        {401, TS_ERR_REFUSED,
         "ThriveStack refused the key: HTTP 401: no (response_id r-1): check that key KEYID is not "
         "revoked"},
        {403, TS_ERR_REFUSED, "scopes"},
        {404, TS_ERR_REFUSED, "token_url"},
        {429, TS_ERR_UNAVAILABLE, "HTTP 429"},
        {451, TS_ERR_REFUSED, "HTTP 451"},
        {500, TS_ERR_UNAVAILABLE, "HTTP 500"},
        {599, TS_ERR_UNAVAILABLE, "HTTP 599"},
        {600, TS_ERR_ANSWER, "HTTP 600"},
        {0, TS_ERR_ANSWER, "HTTP 0"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;
        struct ts_api_key key = {.pem = key_pem, .info = {.key_id = "KEYID"}};
        struct ts_err err = {0};

        response.status = rows[i].status;
        assert_int_equal(
            ts_secret_append_string(&response.body, "{\"message\":\"no\",\"response_id\":\"r-1\"}"),
            0);
        assert_int_equal(ts_answer_check_status(&response, &key, &err), rows[i].code);
        assert_non_null(strstr(err.text, rows[i].fragment));
        assert_int_equal(err.http_status, rows[i].code == 0 ? 0 : rows[i].status);
    }
}

static void
statuses_of_events(void **state)
{
    static const struct {
        long status;
        int code;
        const char *fragment;
        bool is_final;
    } rows[] = {
        {200, 0, "", false},
        {204, 0, "", false},
        {205, TS_ERR_ANSWER, "HTTP 205", true},
        {302, TS_ERR_ANSWER, "redirects", true},
        {400, TS_ERR_REFUSED, "correct it", false},
        {401, TS_ERR_REFUSED, "api_key_file in [events]", true},
        {405, TS_ERR_REFUSED, "events_url", true},
        {408, TS_ERR_UNAVAILABLE, "in time: HTTP 408: no: try again later", true},
        {429, TS_ERR_UNAVAILABLE, "try again later", true},
        {503, TS_ERR_UNAVAILABLE, "try again later", true},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;
        struct ts_err err = {0};

        response.status = rows[i].status;
        assert_int_equal(ts_secret_append_string(&response.body, "{\"message\":\"no\"}"), 0);
        assert_int_equal(ts_answer_check_event(&response, &key_pem, &err), rows[i].code);
        assert_non_null(strstr(err.text, rows[i].fragment));
        if (rows[i].code < 0)
            assert_int_equal(ts_event_is_final(&err), rows[i].is_final);
    }
}

#define NOON "Tue, 24 Nov 2026 12:00:00 GMT"
#define NOON_TIME 1795521600

static void
headers(void **state)
{
    static const struct {
        const char *lines[3];
        int64_t date;
        int64_t retry_after_ms;
        bool is_text;
    } rows[] = {
        {{"Date: " NOON "\r\n"}, NOON_TIME, -1, false},
        {{"dAtE:" NOON "\r\n", "Date: Tue, 24 Nov 2026 13:00:00 GMT\r\n"}, NOON_TIME, -1, false},
        {{"Date: yesterday\r\n"}, -1, -1, false},
        {{"Date: \r\n"}, -1, -1, false},
        {{"Date\r\n"}, -1, -1, false},
        {{"X-Date: " NOON "\r\n"}, -1, -1, false},
        {{"Retry-After: 2\r\n"}, -1, 2000, false},
        {{"Retry-After: 0\r\n"}, -1, 0, false},
        {{"Retry-After: -1\r\n"}, -1, -1, false},
        {{"Retry-After: 99999999999999999999\r\n"}, -1, -1, false},
        {{"Retry-After: soon\r\n"}, -1, -1, false},
        {{"Date: " NOON "\r\n", "Retry-After: Tue, 24 Nov 2026 12:00:30 GMT\r\n"},
         NOON_TIME,
         30000,
         false},
        {{"Retry-After: Tue, 24 Nov 2026 12:00:30 GMT\r\n"}, -1, 20000, false},
        {{"Retry-After: Tue, 24 Nov 2026 11:00:00 GMT\r\n"}, -1, 0, false},
        {{"Content-Type: text/plain\r\n"}, -1, -1, true},
        {{"Content-Type: Text/Plain; charset=utf-8\r\n"}, -1, -1, true},
        {{"Content-Type: text/plainer\r\n"}, -1, -1, false},
        {{"Content-Type: application/json\r\n"}, -1, -1, false},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        struct ts_response response = TS_RESPONSE_INIT;

        for (size_t j = 0; j < 3 && rows[i].lines[j] != NULL; j++)
            ts_response_read_header(&response, rows[i].lines[j], strlen(rows[i].lines[j]),
                                    NOON_TIME + 10);
        assert_int_equal(response.date, rows[i].date);
        assert_int_equal(response.retry_after_ms, rows[i].retry_after_ms);
        assert_int_equal(response.is_text, rows[i].is_text);
    }
}

/* The backoff is spread evenly from nothing to its bound, on top of Retry-After. */
static void
spreads_waits(void **state)
{
    (void)state;
    for (unsigned number = 1; number < TS_RETRY_ATTEMPTS; number++) {
        const struct ts_retry_attempt plain = {number, false, 503, -1, 8000};
        const struct ts_retry_attempt told = {number, false, 429, 5000, 13000};
        int64_t least = INT64_MAX, most = 0;

        for (uint32_t random = 0; random < 5000; random++) {
            int64_t wait = ts_retry_wait_ms(&plain, random);

            assert_int_equal(ts_retry_wait_ms(&told, random), 5000 + wait);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        assert_int_equal(least, 0);
        assert_int_equal(most, TS_RETRY_FIRST_MS << (number - 1));
    }
}

static void
knows_when_to_stop(void **state)
{
    static const struct {
        const char *name;
        struct ts_retry_attempt attempt;
        int64_t wait;
    } rows[] = {
        {"ok", {1, false, 200, -1, 8000}, -1},
        {"refused", {1, false, 403, -1, 8000}, -1},
        {"refused_with_retry_after", {1, false, 403, 1000, 8000}, -1},
        {"redirect", {1, false, 302, -1, 8000}, -1},
        {"broke_off", {1, false, 0, -1, 8000}, -1},
        {"unconnected", {1, true, 0, -1, 8000}, 100},
        {"too_many", {1, false, 429, -1, 8000}, 100},
        {"first_5xx", {1, false, 500, -1, 8000}, 100},
        {"last_5xx", {1, false, 599, -1, 8000}, 100},
        {"no_status", {1, false, 600, -1, 8000}, -1},
        {"third", {3, false, 503, -1, 8000}, 100},
        {"fourth", {4, false, 503, -1, 8000}, -1},
        {"retry_at_once", {1, false, 503, 0, 8000}, 100},
        {"half_of_the_time_left", {1, false, 503, -1, 140}, 29},
        {"half_of_the_time_after_that", {1, false, 503, 2000, 2140}, 2029},
        {"just_in_time", {1, false, 503, 2000, 2001}, 2000},
        {"too_late", {1, false, 503, 2000, 2000}, -1},
        {"no_time", {1, false, 503, -1, 0}, -1},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        CHECK_INT(rows[i].name, ts_retry_wait_ms(&rows[i].attempt, 100), rows[i].wait);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test(long_messages),
        cmocka_unit_test(statuses),
        cmocka_unit_test(statuses_of_events),
        cmocka_unit_test(headers),
        cmocka_unit_test(spreads_waits),
        cmocka_unit_test(knows_when_to_stop),
    };

    return cmocka_run_group_tests_name("answer", tests, set_up, tear_down);
}
