/* ts_decide: every rule, every reason, every edge of a rule; the cases are in decide_rows.h. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "decide_rows.h"
#include "policy_fixture.h"
#include "unit.h"

static const char policy_text[] = "[service sshd]\n"
                                  "scopes = user_management\n"
                                  "max_age = 5m\n"
                                  "[service sudo]\n"
                                  "scopes = user_management telemetry_apis\n"
                                  "source = local prompt\n"
                                  "[service login]\n"
                                  "scopes = user_management\n"
                                  "[service cron]\n"
                                  "scopes = user_management\n"
                                  "[service once]\n"
                                  "scopes = user_management\n"
                                  "single_use = yes\n"
                                  "[key laptop]\n"
                                  "public_key = keys/one.pem\n"
                                  "users = alice deploy @staff\n"
                                  "services = sshd login sudo once\n"
                                  "scopes = user_management telemetry_apis\n"
                                  "max_lifetime = 1h\n"
                                  "[key bobs]\n"
                                  "public_key = keys/one.pem\n"
                                  "users = bob\n"
                                  "services = *\n"
                                  "scopes = user_management\n"
                                  "[key old]\n"
                                  "public_key = keys/one.pem\n"
                                  "users = alice\n"
                                  "services = *\n"
                                  "scopes = user_management\n"
                                  "expires = 2027-01-14\n"
                                  "[key today]\n"
                                  "public_key = keys/one.pem\n"
                                  "users = alice\n"
                                  "services = sshd\n"
                                  "scopes = user_management\n"
                                  "expires = 2027-01-15\n";

static const char root_text[] = "[key admins]\n"
                                "public_key = keys/one.pem\n"
                                "users = root\n"
                                "services = cron\n"
                                "scopes = user_management\n";

struct world {
    struct policy_fixture fixture;
    EVP_PKEY *key;
    EVP_PKEY *other_key;
    struct ts_policy policy;
    struct ts_policy policy_with_root;
};

static void
load(struct world *world, const char *more, struct ts_policy *ret)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(8192);
    struct ts_err err = {0};

    assert_int_equal(ts_secret_append_string(&text, policy_text), 0);
    assert_int_equal(ts_secret_append_string(&text, more), 0);
    fixture_write(&world->fixture, "policy.conf", text.data, text.len, 0644);
    int rc = fixture_load(&world->fixture, ret, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
}

static int
set_up(void **state)
{
    static struct world world;

    fixture_make(&world.fixture);
    world.key = make_rsa_key(2048);
    world.other_key = make_rsa_key(2048);
    fixture_write_public_key(&world.fixture, "keys/one.pem", world.key);
    load(&world, "", &world.policy);
    load(&world, root_text, &world.policy_with_root);
    *state = &world;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *world = *state;

    ts_policy_release(&world->policy);
    ts_policy_release(&world->policy_with_root);
    EVP_PKEY_free(world->key);
    EVP_PKEY_free(world->other_key);
    fixture_remove(&world->fixture);
    return 0;
}

static void
make_row_token(const struct world *world, const struct decide_row *row, struct ts_secret *ret)
{
    struct make_token spec = {
        .header = row->header != NULL ? row->header : HEADER("laptop"),
        .payload = row->payload != NULL ? row->payload : CLAIMS(SCOPE, IAT, EXP),
        .key = row->other_key ? world->other_key : world->key,
        .how = row->how,
    };

    spec.header_len = strlen(spec.header);
    spec.payload_len = row->payload_len > 0 ? row->payload_len : strlen(spec.payload);
    make_token(ret, &spec);
    if (row->spoil != NULL)
        row->spoil(ret);
}

/* How many rules come before the one that gives this reason; all of them for OK. */
static size_t
rules_before(enum ts_reason reason)
{
    size_t len = 0, i = 0;
    const struct ts_decide_rule *rules = ts_decide_rules(&len);

    while (i < len && rules[i].reason != reason)
        i++;
    assert_true(i < len || reason == TS_REASON_OK);
    return i;
}

static void
check_verdict(const struct decide_row *row, const struct ts_verdict *verdict)
{
    bool past_form = rules_before(row->reason) > rules_before(TS_REASON_TOKEN_MALFORMED);
    bool past_header = rules_before(row->reason) > rules_before(TS_REASON_HEADER);
    bool past_payload = rules_before(row->reason) > rules_before(TS_REASON_PAYLOAD);

    assert_int_equal(verdict->rules_passed, rules_before(row->reason));
    assert_int_equal(verdict->has_digests, past_form);
    assert_int_equal(verdict->key_id[0] != '\0', past_header);
    assert_int_equal(verdict->expires != 0, past_payload);
    assert_int_equal(verdict->service != NULL, row->reason != TS_REASON_NO_SERVICE);
    assert_true(strlen(verdict->text) > 0);
    assert_null(strstr(verdict->text, "eyJ"));
}

/* Of the token without its newline; and of header and payload, which replay goes by. */
static void
check_digests(const struct ts_verdict *verdict, const char *token, size_t len)
{
    unsigned char wanted[32];

    if (!verdict->has_digests)
        return;
    len -= token[len - 1] == '\n' ? 1 : 0;
    assert_int_equal(EVP_Digest(token, len, wanted, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(verdict->token_digest, wanted, sizeof(wanted));
    const char *dot = memrchr(token, '.', len);
    assert_int_equal(EVP_Digest(token, (size_t)(dot - token), wanted, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(verdict->digest, wanted, sizeof(wanted));
}

/* A token that the conversation has taken apart gets the same answer. */
static void
check_parsed(const struct decide_row *row, const struct ts_question *question,
             const struct ts_secret *token)
{
    TS_CLEANUP(ts_token_release) struct ts_token parsed = {.text = NULL};
    struct ts_verdict verdict;

    if (rules_before(row->reason) <= rules_before(TS_REASON_UNKNOWN_USER))
        return;
    size_t len = token->len - (token->len > 0 && token->data[token->len - 1] == '\n' ? 1 : 0);
    bool is_cut = ts_token_is_incomplete(question->policy, token->data, len, &parsed);
    assert_int_equal(is_cut, row->reason == TS_REASON_TOKEN_CUT);
    if (rules_before(row->reason) > rules_before(TS_REASON_HEADER))
        assert_non_null(parsed.text);
    CHECK_INT(row->name, ts_decide_token(question, token->data, token->len, &parsed, &verdict),
              row->reason);
    assert_null(parsed.text);
    check_verdict(row, &verdict);
}

static void
run_row(const struct world *world, const struct decide_row *row)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT((size_t)2 * 1024 * 1024);
    TS_CLEANUP(ts_subject_release) struct ts_subject subject = {0};
    bool root_named =
        row->reason == TS_REASON_OK && row->user != NULL && strcmp(row->user, "root") == 0;
    struct ts_question question = {
        .policy = root_named ? &world->policy_with_root : &world->policy,
        .subject = &subject,
        .service = row->service != NULL ? row->service : "sshd",
        .now = row->now != 0 ? row->now : NOW,
        .booted = row->booted,
    };
    struct ts_verdict verdict;
    struct ts_err err = {0};

    assert_int_equal(ts_subject_lookup(question.policy, question.service,
                                       row->user != NULL ? row->user : "alice", &subject, &err),
                     0);
    make_row_token(world, row, &token);
    enum ts_reason reason = ts_decide(&question, token.data, token.len, &verdict);
    if (reason != row->reason)
        fail_msg("%s: %s (%s), not %s", row->name, ts_reason_code(reason), verdict.text,
                 ts_reason_code(row->reason));
    assert_int_equal(reason, verdict.reason);
    check_verdict(row, &verdict);
    check_parsed(row, &question, &token);
    check_digests(&verdict, token.data, token.len);
    assert_int_equal(ERR_peek_error(), 0);
}

static void
forms(void **state)
{
    for (size_t i = 0; i < decide_forms_len; i++)
        run_row(*state, &decide_forms[i]);
}

static void
claims(void **state)
{
    for (size_t i = 0; i < decide_claims_len; i++)
        run_row(*state, &decide_claims[i]);
}

static bool
has_row(const struct decide_row *rows, size_t len, enum ts_reason reason)
{
    for (size_t i = 0; i < len; i++)
        if (rows[i].reason == reason)
            return true;
    return false;
}

static void
every_rule_has_a_row(void **state)
{
    size_t len = 0;
    const struct ts_decide_rule *rules = ts_decide_rules(&len);

    (void)state;
    /* The rules about proofs have their rows in test_decide_bound.c. */
    for (size_t i = 0; i < rules_before(TS_REASON_PROOF_MISSING); i++)
        if (!has_row(decide_forms, decide_forms_len, rules[i].reason) &&
            !has_row(decide_claims, decide_claims_len, rules[i].reason))
            fail_msg("no row for %s", ts_reason_code(rules[i].reason));
}

static void
reason_codes_are_distinct(void **state)
{
    (void)state;
    for (int i = TS_REASON_OK; i <= TS_REASON_SYSTEM; i++) {
        assert_non_null(ts_reason_code((enum ts_reason)i));
        for (int j = TS_REASON_OK; j < i; j++)
            assert_string_not_equal(ts_reason_code((enum ts_reason)i),
                                    ts_reason_code((enum ts_reason)j));
    }
}

static void
no_single_character_can_change(void **state)
{
    const struct world *world = *state;
    const struct decide_row good = {"good", TS_REASON_OK};
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    struct ts_subject subject = {.name = "alice"};
    struct ts_question question = {&world->policy, &subject, "sshd", NOW, 0};
    struct ts_verdict verdict;

    make_row_token(world, &good, &token);
    assert_int_equal(ts_decide(&question, token.data, token.len, &verdict), TS_REASON_OK);
    for (size_t i = 0; i < token.len; i++) {
        char original = token.data[i];

        token.data[i] = original == 'A' ? 'B' : 'A';
        assert_int_not_equal(ts_decide(&question, token.data, token.len, &verdict), TS_REASON_OK);
        token.data[i] = original;
    }
}

/* The module asks strangers too; the log learns which token it was. */
static void
no_token_is_for_a_stranger(void **state)
{
    const struct world *world = *state;
    static const struct decide_row rows[] = {
        {"good", TS_REASON_USER},
        {"of_bob", TS_REASON_USER, HEADER("bobs")},
        {"wrong_issuer", TS_REASON_ISSUER,
         .payload = "{\"aud\":" SCOPE ",\"exp\":" EXP ",\"iat\":" IAT ",\"iss\":\"other\"}"},
    };
    struct ts_subject subject = {.name = "mallory"};
    struct ts_question question = {&world->policy, &subject, "sshd", NOW, 0};

    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
        struct ts_verdict verdict;

        make_row_token(world, &rows[i], &token);
        CHECK_INT(rows[i].name, ts_decide_token(&question, token.data, token.len, NULL, &verdict),
                  rows[i].reason);
        assert_int_equal(verdict.reason, rows[i].reason);
        assert_int_equal(verdict.rules_passed, rules_before(rows[i].reason));
        assert_true(verdict.has_digests);
        check_digests(&verdict, token.data, token.len);
    }
    question.service = "ftp";
    struct ts_verdict verdict;
    assert_int_equal(ts_decide_token(&question, "x", 1, NULL, &verdict), TS_REASON_NO_SERVICE);
    assert_int_equal(ts_decide_service(&question, &verdict), TS_REASON_NO_SERVICE);
}

/* Nanoseconds of this process's own time that the quickest of many decisions takes. */
static int64_t
time_of(const struct world *world, const struct decide_row *row)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    struct ts_subject subject = {.name = "alice"};
    struct ts_question question = {&world->policy, &subject, "sshd", NOW, 0};
    int64_t least = INT64_MAX;

    make_row_token(world, row, &token);
    for (int i = 0; i < 100; i++) {
        struct timespec from, to;
        struct ts_verdict verdict;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        assert_int_equal(ts_decide(&question, token.data, token.len, &verdict), row->reason);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        int64_t spent = (to.tv_sec - from.tv_sec) * INT64_C(1000000000) + to.tv_nsec - from.tv_nsec;
        least = spent < least ? spent : least;
    }
    return least;
}

/* Changes the payload under its signature, which stays a number below the key's modulus: libcrypto
 * refuses a larger one at once. */
static void
change_payload(struct ts_secret *token)
{
    char *dot = memchr(token->data, '.', token->len);

    dot[8] = dot[8] == 'A' ? 'B' : 'A';
}

/* The time taken does not show which keys the policy has: a verification is most of it. */
static void
an_unknown_key_takes_a_verification(void **state)
{
    const struct decide_row known = {"known", TS_REASON_SIGNATURE, .spoil = change_payload};
    const struct decide_row unknown = {"unknown", TS_REASON_UNKNOWN_KEY, HEADER("stranger")};
    int64_t of_known = time_of(*state, &known), of_unknown = time_of(*state, &unknown);

    if (of_unknown < of_known / 2)
        fail_msg("%lld ns, where a known key takes %lld", (long long)of_unknown,
                 (long long)of_known);
}

/* Whatever the caller does, a decision is about the whole text. */
static void
what_was_parsed_of_another_text_is_not_used(void **state)
{
    const struct world *world = *state;
    const struct decide_row good = {"good", TS_REASON_OK};
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);
    struct ts_subject subject = {.name = "alice"};
    struct ts_question question = {&world->policy, &subject, "sshd", NOW, 0};
    struct ts_verdict verdict;

    make_row_token(world, &good, &token);
    size_t len = token.len;
    assert_int_equal(ts_secret_append_string(&token, "\n\n"), 0);
    for (size_t more = 0; more <= 2; more++) {
        TS_CLEANUP(ts_token_release) struct ts_token parsed = {.text = NULL};

        assert_false(ts_token_is_incomplete(&world->policy, token.data, len, &parsed));
        assert_int_equal(ts_decide_token(&question, token.data, len + more, &parsed, &verdict),
                         more < 2 ? TS_REASON_OK : TS_REASON_TOKEN_MALFORMED);
    }
}

static bool
is_incomplete(const struct world *world, const char *text, size_t len)
{
    TS_CLEANUP(ts_token_release) struct ts_token parsed = {.text = NULL};

    return ts_token_is_incomplete(&world->policy, text, len, &parsed);
}

static void
every_beginning_is_incomplete(void **state)
{
    const struct world *world = *state;
    const struct decide_row good = {"good", TS_REASON_OK};
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(TS_TOKEN_MAX);

    make_row_token(world, &good, &token);
    assert_false(is_incomplete(world, "ey", 2));
    for (size_t len = 3; len < token.len; len++)
        assert_true(is_incomplete(world, token.data, len));
    assert_false(is_incomplete(world, token.data, token.len));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(claims),
        cmocka_unit_test(every_rule_has_a_row),
        cmocka_unit_test(reason_codes_are_distinct),
        cmocka_unit_test(no_single_character_can_change),
        cmocka_unit_test(no_token_is_for_a_stranger),
        cmocka_unit_test(an_unknown_key_takes_a_verification),
        cmocka_unit_test(what_was_parsed_of_another_text_is_not_used),
        cmocka_unit_test(every_beginning_is_incomplete),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
