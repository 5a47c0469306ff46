/* Taking tokens apart: the documented one, and every way to be none. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>

#include "common/base/base64url.h"
#include "common/base/file.h"
#include "common/policy/token.h"

#define HEADER "{\"alg\":\"RS256\",\"id\":\"k1\",\"typ\":\"JWT\"}"
#define PAYLOAD "{\"aud\":\"a\",\"exp\":20,\"iat\":10,\"iss\":\"ThriveStack\"}"

static void
build(const char *header, const char *payload, struct ts_secret *ret)
{
    assert_int_equal(ts_base64url_encode(header, strlen(header), ret), 0);
    assert_int_equal(ts_secret_append_string(ret, "."), 0);
    assert_int_equal(ts_base64url_encode(payload, strlen(payload), ret), 0);
    assert_int_equal(ts_secret_append_string(ret, ".AAAA"), 0);
}

static int
read_all(const char *header, const char *payload, struct ts_token *ret, struct ts_secret *text,
         struct ts_err *err)
{
    build(header, payload, text);
    int rc = ts_token_split(ret, ts_secret_string(text), text->len, err);

    if (rc == 0)
        rc = ts_token_read_header(ret, err);
    return rc < 0 ? rc : ts_token_read_payload(ret, err);
}

static void
reads_the_documented_token(void **state)
{
    static const char path[] = TS_TEST_VECTORS "/documented-token.jwt";
    const struct ts_file_rules rules = {.owner = getuid()};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_token_release) struct ts_token token = {.text = NULL};
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_file_read(AT_FDCWD, path, path, &rules, &text, &err), 0);
    ts_secret_truncate(&text, strcspn(ts_secret_string(&text), "\n"));
    assert_int_equal(ts_token_split(&token, text.data, text.len, &err), 0);
    assert_int_equal(ts_token_read_header(&token, &err), 0);
    assert_int_equal(ts_token_read_payload(&token, &err), 0);
    assert_string_equal(token.key_id, "f999282c-b6cf-4b48-9b1a-9021ee3d76b4");
    assert_string_equal(token.issuer, TS_TOKEN_ISSUER);
    assert_int_equal(token.audience.len, 1);
    assert_string_equal(token.audience.items[0], "user_management");
    assert_int_equal(token.issued_at, 1724936097);
    assert_int_equal(token.expires, 1725014097);
    assert_int_equal(token.not_before, 0);
    assert_int_equal(token.signature.len, 256);
    assert_int_equal(token.text[token.signed_len], '.');
}

static void
refuses_what_has_not_three_parts(void **state)
{
    static const char *const texts[] = {
        "",       ".",      "..",          "a",        "aa.aa",   "aa.aa.",
        ".aa.aa", "aa..aa", "aa.aa.aa.aa", "aa.aa.a=", "aa.aa.a", "aa.aa.aa\n"};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(texts); i++) {
        TS_CLEANUP(ts_token_release) struct ts_token token;
        struct ts_err err = {0};

        CHECK_INT(texts[i], ts_token_split(&token, texts[i], strlen(texts[i]), &err),
                  TS_ERR_SYNTAX);
    }
}

static void
caps_its_length(void **state)
{
    TS_CLEANUP(ts_token_release) struct ts_token token;
    struct ts_err err = {0};
    char text[TS_TOKEN_MAX + 1];

    (void)state;
    memset(text, 'A', sizeof(text));
    text[4] = text[9] = '.';
    assert_int_equal(ts_token_split(&token, text, TS_TOKEN_MAX + 1, &err), TS_ERR_TOO_LARGE);
    assert_null(strstr(err.text, "AAAA"));
    ts_token_release(&token);
    assert_int_equal(ts_token_split(&token, text, TS_TOKEN_MAX - 2, &err), 0);
}

static void
refuses_headers(void **state)
{
    static const struct {
        const char *name;
        const char *header;
        const char *says;
    } cases[] = {
        {"junk_header", "junk", "JSON"},
        {"header_is_a_list", "[]", "object"},
        {"alg_missing", "{\"id\":\"k1\"}", "RS256"},
        {"alg_none", "{\"alg\":\"none\",\"id\":\"k1\"}", "RS256"},
        {"alg_hs256", "{\"alg\":\"HS256\",\"id\":\"k1\"}", "RS256"},
        {"alg_of_another_case", "{\"alg\":\"rs256\",\"id\":\"k1\"}", "RS256"},
        {"alg_longer", "{\"alg\":\"RS256x\",\"id\":\"k1\"}", "RS256"},
        {"alg_twice", "{\"alg\":\"none\",\"alg\":\"RS256\",\"id\":\"k1\"}", "twice"},
        {"id_missing", "{\"alg\":\"RS256\",\"kid\":\"k1\"}", "key id"},
        {"id_empty", "{\"alg\":\"RS256\",\"id\":\"\"}", "key id"},
        {"id_is_a_path", "{\"alg\":\"RS256\",\"id\":\"../k1\"}", "key id"},
        {"id_is_a_number", "{\"alg\":\"RS256\",\"id\":1}", "key id"},
        {"id_too_long",
         "{\"alg\":\"RS256\",\"id\":"
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "\"}",
         "key id"},
        {"crit", "{\"alg\":\"RS256\",\"id\":\"k1\",\"crit\":[]}", "crit"},
        {"crit_null", "{\"alg\":\"RS256\",\"id\":\"k1\",\"crit\":null}", "crit"},
        {"typ_other", "{\"alg\":\"RS256\",\"id\":\"k1\",\"typ\":\"at+jwt\"}", "typ"},
        {"typ_null", "{\"alg\":\"RS256\",\"id\":\"k1\",\"typ\":null}", "typ"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
        TS_CLEANUP(ts_token_release) struct ts_token token;
        struct ts_err err = {0};

        CHECK_INT(cases[i].name, read_all(cases[i].header, PAYLOAD, &token, &text, &err),
                  TS_ERR_SYNTAX);
        CHECK_CONTAINS(cases[i].name, err.text, cases[i].says);
        CHECK_TEXT(cases[i].name, token.key_id, "");
    }
}

static void
refuses_payloads(void **state)
{
    static const struct {
        const char *name;
        const char *payload;
        const char *says;
    } cases[] = {
        {"junk_payload", "junk", "payload"},
        {"iss_missing", "{\"aud\":\"a\",\"exp\":20,\"iat\":10}", "iss"},
        {"iss_is_a_list", "{\"aud\":\"a\",\"exp\":20,\"iat\":10,\"iss\":[\"ThriveStack\"]}", "iss"},
        {"iss_too_long",
         "{\"aud\":\"a\",\"exp\":20,\"iat\":10,\"iss\":"
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
         "iss"},
        {"aud_missing", "{\"exp\":20,\"iat\":10,\"iss\":\"x\"}", "aud"},
        {"aud_null", "{\"aud\":null,\"exp\":20,\"iat\":10,\"iss\":\"x\"}", "aud"},
        {"aud_empty", "{\"aud\":\"\",\"exp\":20,\"iat\":10,\"iss\":\"x\"}", "aud"},
        {"aud_blank", "{\"aud\":\" \",\"exp\":20,\"iat\":10,\"iss\":\"x\"}", "aud"},
        {"aud_empty_list", "{\"aud\":[],\"exp\":20,\"iat\":10,\"iss\":\"x\"}", "aud"},
        {"aud_with_a_number", "{\"aud\":[\"a\",1],\"exp\":20,\"iat\":10,\"iss\":\"x\"}", "aud"},
        {"aud_with_a_list", "{\"aud\":[[\"a\"]],\"exp\":20,\"iat\":10,\"iss\":\"x\"}", "aud"},
        {"aud_with_a_quote", "{\"aud\":\"a\\\"\",\"exp\":20,\"iat\":10,\"iss\":\"x\"}", "aud"},
        {"exp_missing", "{\"aud\":\"a\",\"iat\":10,\"iss\":\"x\"}", "exp"},
        {"exp_is_text", "{\"aud\":\"a\",\"exp\":\"20\",\"iat\":10,\"iss\":\"x\"}", "exp"},
        {"exp_is_a_fraction", "{\"aud\":\"a\",\"exp\":20.5,\"iat\":10,\"iss\":\"x\"}", "exp"},
        {"exp_negative", "{\"aud\":\"a\",\"exp\":-1,\"iat\":10,\"iss\":\"x\"}", "exp"},
        {"exp_huge", "{\"aud\":\"a\",\"exp\":9007199254740993,\"iat\":10,\"iss\":\"x\"}", "exp"},
        {"exp_overflows", "{\"aud\":\"a\",\"exp\":99999999999999999999,\"iat\":1,\"iss\":\"x\"}",
         "exp"},
        {"exp_twice", "{\"aud\":\"a\",\"exp\":20,\"exp\":30,\"iat\":10,\"iss\":\"x\"}", "twice"},
        {"iat_missing", "{\"aud\":\"a\",\"exp\":20,\"iss\":\"x\"}", "iat"},
        {"iat_null", "{\"aud\":\"a\",\"exp\":20,\"iat\":null,\"iss\":\"x\"}", "iat"},
        {"nbf_is_text", "{\"aud\":\"a\",\"exp\":20,\"iat\":10,\"nbf\":\"1\",\"iss\":\"x\"}", "nbf"},
        {"nbf_null", "{\"aud\":\"a\",\"exp\":20,\"iat\":10,\"nbf\":null,\"iss\":\"x\"}", "nbf"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
        TS_CLEANUP(ts_token_release) struct ts_token token;
        struct ts_err err = {0};

        CHECK_INT(cases[i].name, read_all(HEADER, cases[i].payload, &token, &text, &err),
                  TS_ERR_SYNTAX);
        CHECK_CONTAINS(cases[i].name, err.text, cases[i].says);
    }
}

static void
reads_audiences_in_every_spelling(void **state)
{
    static const struct {
        const char *payload;
        size_t len;
    } cases[] = {
        {"{\"aud\":\"a\",\"exp\":20,\"iat\":10,\"iss\":\"x\"}", 1},
        {"{\"aud\":\"a b\",\"exp\":20,\"iat\":10,\"iss\":\"x\"}", 2},
        {"{\"aud\":[\"a\",\"b\",\"c\"],\"exp\":20,\"iat\":10,\"nbf\":5,\"iss\":\"x\"}", 3},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
        TS_CLEANUP(ts_token_release) struct ts_token token;
        struct ts_err err = {0};

        CHECK_INT(cases[i].payload, read_all(HEADER, cases[i].payload, &token, &text, &err), 0);
        CHECK_INT(cases[i].payload, token.audience.len, cases[i].len);
        CHECK_TEXT(cases[i].payload, token.audience.items[0], "a");
        CHECK_TEXT(cases[i].payload, token.key_id, "k1");
    }
}

static void
peeks_at_the_header_alone(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
    char key_id[TS_KEY_ID_MAX + 1] = "";
    struct ts_err err = {0};

    (void)state;
    build(HEADER, PAYLOAD, &text);
    size_t len = strcspn(ts_secret_string(&text), ".");
    assert_int_equal(ts_token_peek_key_id(text.data, len - 1, key_id, &err), TS_ERR_SYNTAX);
    assert_int_equal(ts_token_peek_key_id(text.data, len, key_id, &err), 0);
    assert_string_equal(key_id, "k1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_documented_token),
        cmocka_unit_test(refuses_what_has_not_three_parts),
        cmocka_unit_test(caps_its_length),
        cmocka_unit_test(refuses_headers),
        cmocka_unit_test(refuses_payloads),
        cmocka_unit_test(reads_audiences_in_every_spelling),
        cmocka_unit_test(peeks_at_the_header_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
