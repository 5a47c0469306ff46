/* Proofs: what is read, what is refused, and that what the worker makes is what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/policy/proof.h"
#include "common/policy/verify.h"
#include "common/worker/prove.h"
#include "make_token.h"
#include "unit.h"

#define KEY_ID "0c2f3a52-5f5c-4a0e-9d1f-3b1f6f0f0a01"
#define NOW INT64_C(1800000000)
#define HASH "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
#define NONCE "AAECAwQFBgcICQoLDA0ODw"

#define HEADER(alg, id, typ) "{\"alg\":" alg ",\"id\":" id ",\"typ\":" typ "}"
#define GOOD_HEADER HEADER("\"RS256\"", "\"" KEY_ID "\"", "\"kb+jwt\"")
#define PAYLOAD(aud, iat, nonce, hash)                                                             \
    "{\"aud\":" aud ",\"iat\":" iat ",\"nonce\":" nonce ",\"sd_hash\":" hash "}"
#define GOOD_AUD "\"build.example.com\""
#define GOOD_NONCE "\"" NONCE "\""
#define GOOD_HASH "\"" HASH "\""
#define AUD(aud) PAYLOAD(aud, "1800000000", GOOD_NONCE, GOOD_HASH)
#define IAT_IS(iat) PAYLOAD(GOOD_AUD, iat, GOOD_NONCE, GOOD_HASH)
#define NONCE_IS(nonce) PAYLOAD(GOOD_AUD, "1800000000", nonce, GOOD_HASH)
#define HASH_IS(hash) PAYLOAD(GOOD_AUD, "1800000000", GOOD_NONCE, hash)

static EVP_PKEY *key;

/* Which step refuses it. */
enum step { STEP_HEADER, STEP_PAYLOAD, STEP_NONE };

static const struct {
    const char *name;
    enum step refused_by;
    const char *header;
    const char *payload;
} rows[] = {
    {"good", STEP_NONE, GOOD_HEADER, AUD(GOOD_AUD)},
    {"address", STEP_NONE, GOOD_HEADER, AUD("\"192.0.2.7\"")},
    {"ipv6_address", STEP_NONE, GOOD_HEADER, AUD("\"2001:db8::7\"")},
    {"other_claims", STEP_NONE, GOOD_HEADER,
     "{\"aud\":" GOOD_AUD ",\"iat\":1,\"nonce\":" GOOD_NONCE ",\"sd_hash\":" GOOD_HASH ",\"x\":1}"},

    {"header_is_no_json", STEP_HEADER, "eyJ", AUD(GOOD_AUD)},
    {"header_is_an_array", STEP_HEADER, "[]", AUD(GOOD_AUD)},
    {"alg_missing", STEP_HEADER, "{\"id\":\"" KEY_ID "\",\"typ\":\"kb+jwt\"}", AUD(GOOD_AUD)},
    {"alg_none", STEP_HEADER, HEADER("\"none\"", "\"" KEY_ID "\"", "\"kb+jwt\""), AUD(GOOD_AUD)},
    {"alg_lower_case", STEP_HEADER, HEADER("\"rs256\"", "\"" KEY_ID "\"", "\"kb+jwt\""),
     AUD(GOOD_AUD)},
    {"alg_is_a_list", STEP_HEADER, HEADER("[\"RS256\"]", "\"" KEY_ID "\"", "\"kb+jwt\""),
     AUD(GOOD_AUD)},
    {"id_missing", STEP_HEADER, "{\"alg\":\"RS256\",\"typ\":\"kb+jwt\"}", AUD(GOOD_AUD)},
    {"id_of_another_key", STEP_HEADER, HEADER("\"RS256\"", "\"other\"", "\"kb+jwt\""),
     AUD(GOOD_AUD)},
    {"id_in_upper_case", STEP_HEADER,
     HEADER("\"RS256\"", "\"0C2F3A52-5F5C-4A0E-9D1F-3B1F6F0F0A01\"", "\"kb+jwt\""), AUD(GOOD_AUD)},
    {"id_with_nul", STEP_HEADER, HEADER("\"RS256\"", "\"" KEY_ID "\\u0000\"", "\"kb+jwt\""),
     AUD(GOOD_AUD)},
    {"id_is_a_number", STEP_HEADER, HEADER("\"RS256\"", "1", "\"kb+jwt\""), AUD(GOOD_AUD)},
    {"typ_missing", STEP_HEADER, "{\"alg\":\"RS256\",\"id\":\"" KEY_ID "\"}", AUD(GOOD_AUD)},
    {"typ_of_a_token", STEP_HEADER, HEADER("\"RS256\"", "\"" KEY_ID "\"", "\"JWT\""),
     AUD(GOOD_AUD)},
    {"typ_in_upper_case", STEP_HEADER, HEADER("\"RS256\"", "\"" KEY_ID "\"", "\"KB+JWT\""),
     AUD(GOOD_AUD)},
    {"crit", STEP_HEADER,
     "{\"alg\":\"RS256\",\"crit\":[],\"id\":\"" KEY_ID "\",\"typ\":\"kb+jwt\"}", AUD(GOOD_AUD)},
    {"member_too_many", STEP_HEADER,
     "{\"alg\":\"RS256\",\"id\":\"" KEY_ID "\",\"jku\":\"x\",\"typ\":\"kb+jwt\"}", AUD(GOOD_AUD)},

    {"payload_is_no_json", STEP_PAYLOAD, GOOD_HEADER, "{"},
    {"aud_missing", STEP_PAYLOAD, GOOD_HEADER,
     "{\"iat\":1,\"nonce\":" GOOD_NONCE ",\"sd_hash\":" GOOD_HASH "}"},
    {"aud_is_an_array", STEP_PAYLOAD, GOOD_HEADER, AUD("[" GOOD_AUD "]")},
    {"aud_empty", STEP_PAYLOAD, GOOD_HEADER, AUD("\"\"")},
    {"aud_with_port", STEP_PAYLOAD, GOOD_HEADER, AUD("\"build.example.com:22\"")},
    {"aud_in_upper_case", STEP_PAYLOAD, GOOD_HEADER, AUD("\"BUILD.example.com\"")},
    {"aud_with_nul", STEP_PAYLOAD, GOOD_HEADER, AUD("\"build.example.com\\u0000x\"")},
    {"aud_is_two_hosts", STEP_PAYLOAD, GOOD_HEADER, AUD("\"a.example.com b.example.com\"")},
    {"aud_is_a_wildcard", STEP_PAYLOAD, GOOD_HEADER, AUD("\"*.example.com\"")},
    {"aud_ends_in_a_dot", STEP_PAYLOAD, GOOD_HEADER, AUD("\"build.example.com.\"")},
    {"aud_in_brackets", STEP_PAYLOAD, GOOD_HEADER, AUD("\"[2001:db8::7]\"")},
    {"iat_missing", STEP_PAYLOAD, GOOD_HEADER,
     "{\"aud\":" GOOD_AUD ",\"nonce\":" GOOD_NONCE ",\"sd_hash\":" GOOD_HASH "}"},
    {"iat_is_a_fraction", STEP_PAYLOAD, GOOD_HEADER, IAT_IS("1800000000.5")},
    {"iat_is_a_string", STEP_PAYLOAD, GOOD_HEADER, IAT_IS("\"1800000000\"")},
    {"iat_negative", STEP_PAYLOAD, GOOD_HEADER, IAT_IS("-1")},
    {"iat_too_large", STEP_PAYLOAD, GOOD_HEADER, IAT_IS("9007199254740993")},
    {"nonce_missing", STEP_PAYLOAD, GOOD_HEADER,
     "{\"aud\":" GOOD_AUD ",\"iat\":1,\"sd_hash\":" GOOD_HASH "}"},
    {"nonce_short", STEP_PAYLOAD, GOOD_HEADER, NONCE_IS("\"AAECAwQFBgcICQoLDA0OD\"")},
    {"nonce_is_a_number", STEP_PAYLOAD, GOOD_HEADER, NONCE_IS("7")},
    {"hash_missing", STEP_PAYLOAD, GOOD_HEADER,
     "{\"aud\":" GOOD_AUD ",\"iat\":1,\"nonce\":" GOOD_NONCE "}"},
    {"hash_short", STEP_PAYLOAD, GOOD_HEADER, HASH_IS("\"47DEQpj8\"")},
    {"hash_padded", STEP_PAYLOAD, GOOD_HEADER, HASH_IS("\"" HASH "=\"")},
    {"hash_is_a_number", STEP_PAYLOAD, GOOD_HEADER, HASH_IS("47")},
};

static void
sign(const char *header, const char *payload, struct ts_secret *ret)
{
    const struct make_token spec = {header, strlen(header), payload, strlen(payload),
                                    key,    SIGN_RS256};

    make_token(ret, &spec);
}

static enum step
find_refusal(const struct ts_secret *text)
{
    TS_CLEANUP(ts_proof_release) struct ts_proof proof = {.issued_at = 0};
    struct ts_err err = {.code = 0};

    if (ts_proof_read(&proof, ts_secret_string(text), text->len, KEY_ID, &err) < 0)
        return STEP_HEADER;
    assert_int_equal(ts_token_verify(&proof.jwt, key, &err), 0);
    return ts_proof_read_payload(&proof, &err) < 0 ? STEP_PAYLOAD : STEP_NONE;
}

static void
reads_what_is_exact_and_refuses_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);

        sign(rows[i].header, rows[i].payload, &text);
        enum step step = find_refusal(&text);
        if (step != rows[i].refused_by)
            fail_msg("%s: refused by step %d, not %d", rows[i].name, (int)step,
                     (int)rows[i].refused_by);
    }
}

static void
refuses_what_is_not_three_parts(void **state)
{
    static const char *const texts[] = {"", ".", "..", "a.b", "a.b.c.d", "a.b.!", "~", "a~b.c.d"};
    struct ts_err err = {.code = 0};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(texts); i++) {
        TS_CLEANUP(ts_proof_release) struct ts_proof proof = {.issued_at = 0};

        assert_int_equal(ts_proof_read(&proof, texts[i], strlen(texts[i]), KEY_ID, &err),
                         TS_ERR_SYNTAX);
    }
}

static void
finds_where_the_token_ends(void **state)
{
    (void)state;
    assert_int_equal(ts_proof_token_len("", 0), 0);
    assert_int_equal(ts_proof_token_len("abc", 3), 3);
    assert_int_equal(ts_proof_token_len("abc~", 4), 3);
    assert_int_equal(ts_proof_token_len("abc~d~e", 7), 3);
    assert_int_equal(ts_proof_token_len("~d", 2), 0);
}

/* `printf '~' | openssl sha256 -binary | basenc --base64url` */
static void
hashes_the_token_and_the_separator(void **state)
{
    char hash[TS_PROOF_HASH_LEN + 1];
    struct ts_err err = {.code = 0};

    (void)state;
    assert_int_equal(ts_proof_hash("", 0, hash, &err), 0);
    assert_string_equal(hash, "es5DHLYVhMubjcfsCM84rAotZJZgvobTSftDEItUL6Q");
}

static void
make_api_key(struct ts_api_key *ret)
{
    *ret = (struct ts_api_key){.key = key};
    memcpy(ret->info.key_id, KEY_ID, sizeof(KEY_ID));
}

static void
sign_token(const char *id, struct ts_secret *ret)
{
    char header[256];

    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"id\":\"%s\",\"typ\":\"JWT\"}", id);
    sign(header, "{}", ret);
}

static void
proves_what_is_then_read(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret first = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret second = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_proof_release) struct ts_proof proof = {.issued_at = 0};
    char hash[TS_PROOF_HASH_LEN + 1];
    struct ts_err err = {.code = 0};
    struct ts_api_key api_key;

    (void)state;
    make_api_key(&api_key);
    sign_token(KEY_ID, &token);
    assert_int_equal(ts_prove(&token, "build.example.com", &api_key, NOW, &first, &err), 0);
    assert_int_equal(ts_prove(&token, "build.example.com", &api_key, NOW, &second, &err), 0);
    assert_false(ts_secret_equal(&first, &second));
    assert_int_equal(ts_proof_read(&proof, first.data, first.len, KEY_ID, &err), 0);
    assert_int_equal(ts_token_verify(&proof.jwt, key, &err), 0);
    assert_int_equal(ts_proof_read_payload(&proof, &err), 0);
    assert_string_equal(proof.host, "build.example.com");
    assert_int_equal(proof.issued_at, NOW);
    assert_int_equal(ts_proof_hash(token.data, token.len, hash, &err), 0);
    assert_string_equal(proof.hash, hash);
}

static void
signs_nothing_else(void **state)
{
    static const char *const hosts[] = {"",    "Build.example.com",     "build.example.com:22", "*",
                                        "a b", "a\",\"exp\":1,\"x\":\""};
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret other = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret proof = TS_SECRET_INIT(TS_TOKEN_MAX);
    struct ts_err err = {.code = 0};
    struct ts_api_key api_key;

    (void)state;
    make_api_key(&api_key);
    sign_token(KEY_ID, &token);
    sign_token("another", &other);
    assert_int_equal(ts_secret_append_string(&text, "not a token"), 0);
    for (size_t i = 0; i < TS_ARRAY_LEN(hosts); i++)
        assert_int_equal(ts_prove(&token, hosts[i], &api_key, NOW, &proof, &err), TS_ERR_USAGE);
    assert_int_equal(ts_prove(&other, "a", &api_key, NOW, &proof, &err), TS_ERR_ANSWER);
    assert_int_equal(ts_prove(&text, "a", &api_key, NOW, &proof, &err), TS_ERR_ANSWER);
    token.data[token.len - 3] = token.data[token.len - 3] == 'A' ? 'B' : 'A';
    assert_int_equal(ts_prove(&token, "a", &api_key, NOW, &proof, &err), TS_ERR_ANSWER);
    assert_int_equal(proof.len, 0);
}

static int
make_key(void **state)
{
    (void)state;
    key = make_rsa_key(2048);
    return 0;
}

static int
free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_exact_and_refuses_the_rest),
        cmocka_unit_test(refuses_what_is_not_three_parts),
        cmocka_unit_test(finds_where_the_token_ends),
        cmocka_unit_test(hashes_the_token_and_the_separator),
        cmocka_unit_test(proves_what_is_then_read),
        cmocka_unit_test(signs_nothing_else),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
