/* Bound tokens: every rule about the proof, and what is not a proof at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/policy/decide.h"
#include "common/policy/proof.h"
#include "make_token.h"
#include "policy_fixture.h"
#include "unit.h"

#define NOW INT64_C(1800000000)
#define TOKEN_HEADER "{\"alg\":\"RS256\",\"id\":\"laptop\",\"typ\":\"JWT\"}"
#define TOKEN_PAYLOAD                                                                              \
    "{\"aud\":\"user_management\",\"exp\":1800001800,\"jti\":\"laptop\",\"iat\":1799998200,"       \
    "\"iss\":\"ThriveStack\"}"
#define PROOF_HEADER "{\"alg\":\"RS256\",\"id\":\"laptop\",\"typ\":\"kb+jwt\"}"

static const char policy_text[] = "[service sshd]\n"
                                  "scopes = user_management\n"
                                  "bound_to = build.example.com BUILD 2001:db8::7\n"
                                  "[service sudo]\n"
                                  "scopes = user_management\n"
                                  "bound_to = build.example.com\n"
                                  "max_age = 30s\n"
                                  "single_use = yes\n"
                                  "[service login]\n"
                                  "scopes = user_management\n"
                                  "[key laptop]\n"
                                  "public_key = keys/one.pem\n"
                                  "users = alice\n"
                                  "services = *\n"
                                  "scopes = user_management\n";

struct world {
    struct policy_fixture fixture;
    struct ts_policy policy;
    EVP_PKEY *key, *other_key;
};

/* What becomes of TOKEN~PROOF. */
enum shape {
    WHOLE,
    NO_PROOF,
    NO_TOKEN,
    EMPTY_PROOF,
    TWO_SEPARATORS,
    DISCLOSURE_BETWEEN,
    PROOF_FIRST,
    PROOF_ALONE,
    TOKEN_TWICE,
    LAST_CHARACTER_CHANGED,
    NEWLINE_AT_THE_END,
    TOO_LONG,
};

struct row {
    const char *name;
    enum ts_reason reason;
    const char *header; /* of the proof; NULL: a good one */
    const char *host;   /* NULL: build.example.com */
    int64_t age;        /* of the proof */
    enum shape shape;
    bool other_key;       /* the proof is signed by a key that the policy does not have */
    bool of_other_token;  /* sd_hash */
    const char *service;  /* NULL: sshd */
    int64_t booted_after; /* seconds between the proof and the start of the system */
};

static const struct row rows[] = {
    {"good", TS_REASON_OK, .age = 3},
    {"second_name", TS_REASON_OK, .host = "build"},
    {"address", TS_REASON_OK, .host = "2001:db8::7"},
    {"newline_at_the_end", TS_REASON_OK, .shape = NEWLINE_AT_THE_END},
    {"clock_behind", TS_REASON_OK, .age = -60},
    {"default_age", TS_REASON_OK, .age = 300},
    {"token_older_than_max_age", TS_REASON_OK, .service = "sudo", .age = 30},
    {"unbound_service", TS_REASON_OK, .service = "login"},
    {"unbound_service_does_not_look", TS_REASON_OK, .service = "login", .other_key = true},
    {"unbound_service_other_host", TS_REASON_OK, .service = "login", .host = "other.example.com"},

    {"no_proof", TS_REASON_PROOF_MISSING, .shape = NO_PROOF},
    {"empty_proof", TS_REASON_PROOF_MISSING, .shape = EMPTY_PROOF},
    {"two_separators", TS_REASON_PROOF_MALFORMED, .shape = TWO_SEPARATORS},
    {"disclosure_between", TS_REASON_PROOF_MALFORMED, .shape = DISCLOSURE_BETWEEN},
    {"token_as_proof", TS_REASON_PROOF_MALFORMED, .shape = TOKEN_TWICE},
    {"typ_jwt", TS_REASON_PROOF_MALFORMED, .header = TOKEN_HEADER},
    {"key_id_in_upper_case", TS_REASON_PROOF_MALFORMED,
     .header = "{\"alg\":\"RS256\",\"id\":\"LAPTOP\",\"typ\":\"kb+jwt\"}"},
    {"key_id_of_another_key", TS_REASON_PROOF_MALFORMED,
     .header = "{\"alg\":\"RS256\",\"id\":\"other\",\"typ\":\"kb+jwt\"}"},
    {"signed_by_another_key", TS_REASON_PROOF_SIGNATURE, .other_key = true},
    {"signature_changed", TS_REASON_PROOF_SIGNATURE, .shape = LAST_CHARACTER_CHANGED},
    {"host_with_port", TS_REASON_PROOF_MALFORMED, .host = "build.example.com:22"},
    {"host_in_upper_case", TS_REASON_PROOF_MALFORMED, .host = "BUILD.EXAMPLE.COM"},
    {"no_host", TS_REASON_PROOF_MALFORMED, .host = ""},
    {"of_another_token", TS_REASON_PROOF_TOKEN, .of_other_token = true},
    {"other_host", TS_REASON_PROOF_HOST, .host = "other.example.com"},
    {"host_below", TS_REASON_PROOF_HOST, .host = "evil.build.example.com"},
    {"host_above", TS_REASON_PROOF_HOST, .host = "example.com"},
    {"too_old", TS_REASON_PROOF_AGE, .age = 301},
    {"too_old_for_the_service", TS_REASON_PROOF_AGE, .service = "sudo", .age = 31},
    {"ahead", TS_REASON_PROOF_AGE, .age = -61},
    {"before_the_boot", TS_REASON_BEFORE_BOOT, .service = "sudo", .age = 20, .booted_after = 1},
    {"after_the_boot", TS_REASON_OK, .service = "sudo", .age = 20, .booted_after = -1},

    {"proof_alone", TS_REASON_HEADER, .shape = PROOF_ALONE},
    {"proof_first", TS_REASON_HEADER, .shape = PROOF_FIRST},
    {"no_token", TS_REASON_TOKEN_EMPTY, .shape = NO_TOKEN},
    {"too_long", TS_REASON_TOKEN_TOO_LONG, .shape = TOO_LONG},
};

static int
set_up(void **state)
{
    static struct world world;
    struct ts_err err = {0};

    fixture_make(&world.fixture);
    world.key = make_rsa_key(2048);
    world.other_key = make_rsa_key(2048);
    fixture_write_public_key(&world.fixture, "keys/one.pem", world.key);
    fixture_write(&world.fixture, "policy.conf", policy_text, sizeof(policy_text) - 1, 0644);
    assert_int_equal(fixture_load(&world.fixture, &world.policy, &err), 0);
    *state = &world;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *world = *state;

    ts_policy_release(&world->policy);
    EVP_PKEY_free(world->key);
    EVP_PKEY_free(world->other_key);
    fixture_remove(&world->fixture);
    return 0;
}

static void
sign(struct ts_secret *ret, const char *header, const char *payload, EVP_PKEY *key)
{
    const struct make_token spec = {header, strlen(header), payload, strlen(payload),
                                    key,    SIGN_RS256};

    make_token(ret, &spec);
}

static void
make_proof(const struct world *world, const struct row *row, const struct ts_secret *token,
           struct ts_secret *ret)
{
    char hash[TS_PROOF_HASH_LEN + 1], payload[512];
    struct ts_err err = {0};

    assert_int_equal(
        ts_proof_hash(token->data, token->len - (row->of_other_token ? 1 : 0), hash, &err), 0);
    (void)snprintf(payload, sizeof(payload),
                   "{\"aud\":\"%s\",\"iat\":%lld,\"nonce\":\"AAECAwQFBgcICQoLDA0ODw\","
                   "\"sd_hash\":\"%s\"}",
                   row->host != NULL ? row->host : "build.example.com", (long long)(NOW - row->age),
                   hash);
    sign(ret, row->header != NULL ? row->header : PROOF_HEADER, payload,
         row->other_key ? world->other_key : world->key);
}

static void
join(struct ts_secret *ret, const char *first, const char *between, const char *last)
{
    assert_int_equal(ts_secret_append_strings(ret, first, between, last, NULL), 0);
}

static void
put_together(enum shape shape, struct ts_secret *token, struct ts_secret *proof,
             struct ts_secret *ret)
{
    const char *t = ts_secret_string(token);
    char *p = proof->data;
    static char filler[9001];

    switch (shape) {
    case NO_PROOF:
        return join(ret, t, "", "");
    case NO_TOKEN:
        return join(ret, "", "~", p);
    case EMPTY_PROOF:
        return join(ret, t, "~", "");
    case TWO_SEPARATORS:
        return join(ret, t, "~~", p);
    case DISCLOSURE_BETWEEN:
        return join(ret, t, "~WyJzYWx0IiwiYSIsImIiXQ~", p);
    case PROOF_FIRST:
        return join(ret, p, "~", t);
    case PROOF_ALONE:
        return join(ret, p, "", "");
    case TOKEN_TWICE:
        return join(ret, t, "~", t);
    case LAST_CHARACTER_CHANGED:
        p[proof->len - 5] = p[proof->len - 5] == 'A' ? 'B' : 'A';
        return join(ret, t, "~", p);
    case NEWLINE_AT_THE_END:
        assert_int_equal(ts_secret_append_string(proof, "\n"), 0);
        return join(ret, t, "~", proof->data);
    case TOO_LONG:
        memset(filler, 'A', sizeof(filler) - 1);
        return join(ret, t, "~", filler);
    default:
        return join(ret, t, "~", p);
    }
}

static void
run_row(const struct world *world, const struct row *row)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret proof = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT((size_t)4 * TS_TOKEN_MAX);
    TS_CLEANUP(ts_token_release) struct ts_token parsed = {.text = NULL};
    struct ts_subject alice = {.name = "alice"};
    const struct ts_question question = {
        .policy = &world->policy,
        .subject = &alice,
        .service = row->service != NULL ? row->service : "sshd",
        .now = NOW,
        .booted = row->booted_after != 0 ? NOW - row->age + row->booted_after : 0};
    struct ts_verdict verdict;

    sign(&token, TOKEN_HEADER, TOKEN_PAYLOAD, world->key);
    make_proof(world, row, &token, &proof);
    put_together(row->shape, &token, &proof, &text);
    CHECK_INT(row->name, ts_decide(&question, text.data, text.len, &verdict), row->reason);
    assert_true(verdict.text[0] != '\0' && strstr(verdict.text, "eyJ") == NULL);
    size_t len = text.len - (text.data[text.len - 1] == '\n' ? 1 : 0);
    (void)ts_answer_is_incomplete(&world->policy, verdict.service, text.data, len, &parsed);
    CHECK_INT(row->name, ts_decide_token(&question, text.data, text.len, &parsed, &verdict),
              row->reason);
    CHECK_INT(row->name, verdict.bound[0] != '\0',
              row->service == NULL || strcmp(row->service, "login") != 0
                  ? row->reason == TS_REASON_OK || row->reason == TS_REASON_PROOF_AGE ||
                        row->reason == TS_REASON_BEFORE_BOOT
                  : 0);
}

static void
proofs(void **state)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        run_row(*state, &rows[i]);
}

static void
every_rule_about_proofs_has_a_row(void **state)
{
    size_t len = 0, from = 0;
    const struct ts_decide_rule *rules = ts_decide_rules(&len);

    (void)state;
    while (rules[from].reason != TS_REASON_PROOF_MISSING)
        from++;
    for (size_t i = from; i < len; i++) {
        bool found = false;

        for (size_t j = 0; j < TS_ARRAY_LEN(rows) && !found; j++)
            found = rows[j].reason == rules[i].reason;
        if (!found)
            fail_msg("no row for %s", ts_reason_code(rules[i].reason));
    }
}

/* What a client sends first of TOKEN~PROOF, for each length: where the service is bound, it is
 * asked for more until the proof is whole; where not, until the token is. */
static void
every_beginning_is_asked_on(void **state)
{
    const struct world *world = *state;
    const struct row good = {"good", .reason = TS_REASON_OK};
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret proof = TS_SECRET_INIT(TS_TOKEN_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
    const struct ts_policy_service *bound = ts_policy_find_service(&world->policy, "sshd");
    const struct ts_policy_service *unbound = ts_policy_find_service(&world->policy, "login");

    sign(&token, TOKEN_HEADER, TOKEN_PAYLOAD, world->key);
    make_proof(world, &good, &token, &proof);
    put_together(WHOLE, &token, &proof, &text);
    for (size_t len = 3; len <= text.len; len++) {
        TS_CLEANUP(ts_token_release) struct ts_token a = {.text = NULL};
        TS_CLEANUP(ts_token_release) struct ts_token b = {.text = NULL};
        bool token_is_whole = len >= token.len;

        /* The last character or two of a signature hold no whole byte. */
        if (len + 2 > token.len && len < token.len)
            continue;
        assert_int_equal(ts_answer_is_incomplete(&world->policy, unbound, text.data, len, &a),
                         !token_is_whole);
        bool more = ts_answer_is_incomplete(&world->policy, bound, text.data, len, &b);
        if (len + 2 <= text.len || len == text.len)
            assert_int_equal(more, len < text.len && len != token.len);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proofs),
        cmocka_unit_test(every_rule_about_proofs_has_a_row),
        cmocka_unit_test(every_beginning_is_asked_on),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
