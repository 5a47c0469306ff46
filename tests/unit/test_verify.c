/* RS256 verification, against the known answer in tests/vectors and keys made on the spot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/policy/verify.h"

#define DOCUMENTED_TOKEN TS_TEST_VECTORS "/documented-token.jwt"
#define DOCUMENTED_KEY TS_TEST_VECTORS "/documented-key.pub.pem"

static void
read_vector(const char *path, struct ts_secret *ret)
{
    const struct ts_file_rules rules = {.owner = getuid(), .forbidden = 0};
    struct ts_err err = {0};

    assert_int_equal(ts_file_read(AT_FDCWD, path, path, &rules, ret, &err), 0);
    while (ret->len > 0 && ret->data[ret->len - 1] == '\n')
        ts_secret_truncate(ret, ret->len - 1);
}

static EVP_PKEY *
documented_key(void)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(4096);
    struct ts_err err = {0};
    EVP_PKEY *key = NULL;

    read_vector(DOCUMENTED_KEY, &pem);
    assert_int_equal(ts_public_key_parse(pem.data, pem.len, &key, &err), 0);
    return key;
}

/* 0 where the text is a token that verifies, whatever its claims. */
static int
verify_text(const char *text, size_t len, EVP_PKEY *key)
{
    TS_CLEANUP(ts_token_release) struct ts_token token = {0};
    struct ts_err err = {0};
    int rc = ts_token_split(&token, text, len, &err);

    return rc < 0 ? rc : ts_token_verify(&token, key, &err);
}

static void
documented_token_verifies(void **state)
{
    TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = documented_key();
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);

    (void)state;
    read_vector(DOCUMENTED_TOKEN, &text);
    assert_int_equal(ts_public_key_size(key), 256);
    assert_int_equal(verify_text(text.data, text.len, key), 0);
    assert_int_equal(ERR_peek_error(), 0);
}

static void
any_changed_character_fails(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
    TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = documented_key();
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);

    (void)state;
    read_vector(DOCUMENTED_TOKEN, &text);
    for (size_t at = 0; at < text.len; at++) {
        char original = text.data[at];

        for (size_t i = 0; alphabet[i] != '\0'; i++) {
            /* The full product takes a while under valgrind: every position is tried with seven
             * others, and the last one, which has unused bits, with all. */
            if (alphabet[i] == original || (at + 1 < text.len && (i + at) % 9 != 0))
                continue;
            text.data[at] = alphabet[i];
            assert_int_not_equal(verify_text(text.data, text.len, key), 0);
            assert_int_equal(ERR_peek_error(), 0);
        }
        text.data[at] = original;
    }
    assert_int_equal(verify_text(text.data, text.len, key), 0);
}

static void
any_cut_fails(void **state)
{
    TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = documented_key();
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);

    (void)state;
    read_vector(DOCUMENTED_TOKEN, &text);
    for (size_t len = 0; len < text.len; len++)
        assert_int_not_equal(verify_text(text.data, len, key), 0);
}

static void
digest_is_sha256(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);
    struct ts_err err = {0};
    unsigned char got[32], wanted[32];

    (void)state;
    read_vector(DOCUMENTED_TOKEN, &text);
    assert_int_equal(ts_token_digest(text.data, text.len, got, &err), 0);
    assert_int_equal(EVP_Digest(text.data, text.len, wanted, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(got, wanted, sizeof(got));
}

static EVP_PKEY *
make_rsa(unsigned bits)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);

    assert_non_null(key);
    return key;
}

static EVP_PKEY *
make_rsa_pss(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_generate(context, &key), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

enum pem_form { PEM_SPKI, PEM_PKCS1, PEM_PRIVATE };

static void
print_pem(EVP_PKEY *key, enum pem_form form, struct ts_secret *ret)
{
    static const char *const structures[] = {"SubjectPublicKeyInfo", "type-specific",
                                             "PrivateKeyInfo"};
    unsigned char *data = NULL;
    size_t len = 0;
    int selection = form == PEM_PRIVATE ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    OSSL_ENCODER_CTX *context =
        OSSL_ENCODER_CTX_new_for_pkey(key, selection, "PEM", structures[form], NULL);

    assert_int_equal(OSSL_ENCODER_to_data(context, &data, &len), 1);
    assert_int_equal(ts_secret_append(ret, data, len), 0);
    OPENSSL_clear_free(data, len);
    OSSL_ENCODER_CTX_free(context);
    ERR_clear_error();
}

static int
parse(const struct ts_secret *pem, struct ts_err *err)
{
    TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = NULL;
    int rc = ts_public_key_parse(ts_secret_string(pem), pem->len, &key, err);

    assert_int_equal(key == NULL, rc < 0);
    assert_int_equal(ERR_peek_error(), 0);
    return rc;
}

static void
both_spellings_and_sizes_are_read(void **state)
{
    static const unsigned sizes[] = {2048, 3072, 4096};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(sizes); i++) {
        TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = make_rsa(sizes[i]);

        for (enum pem_form form = PEM_SPKI; form <= PEM_PKCS1; form++) {
            TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(16384);
            struct ts_err err = {0};

            assert_int_equal(ts_secret_append_string(&pem, "\n \r\n"), 0);
            print_pem(key, form, &pem);
            assert_int_equal(ts_secret_append_string(&pem, "\n\n \t"), 0);
            assert_int_equal(parse(&pem, &err), 0);
        }
    }
}

static void
expect_refusal(const struct ts_secret *pem, const char *fragment)
{
    struct ts_err err = {0};

    assert_int_equal(parse(pem, &err), TS_ERR_SYNTAX);
    if (strstr(err.text, fragment) == NULL)
        fail_msg("'%s' does not say '%s'", err.text, fragment);
}

static void
wrong_keys_are_told_apart(void **state)
{
    const struct {
        EVP_PKEY *key;
        enum pem_form form;
        const char *fragment;
    } rows[] = {
        {make_rsa(1024), PEM_SPKI, "1024 bits"},
        {make_rsa(2048), PEM_PRIVATE, "private key"},
        {EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), PEM_SPKI, "another type"},
        {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PEM_SPKI, "another type"},
        {make_rsa_pss(), PEM_SPKI, "another type"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(16384);
        EVP_PKEY *key = rows[i].key;

        assert_non_null(key);
        print_pem(key, rows[i].form, &pem);
        expect_refusal(&pem, rows[i].fragment);
        EVP_PKEY_free(key);
    }
}

/* A PKCS#1 key of 2048 bits with the exponent given as the contents of an INTEGER. */
static void
print_with_exponent(const unsigned char *exponent, size_t len, struct ts_secret *ret)
{
    unsigned char der[4 + 4 + 257 + 2 + 8] = {0x30, 0x82, 0x01, 0x00, 0x02, 0x82, 0x01, 0x01};
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    memset(der + 9, 0xc5, 256); /* the first byte stays 0: it is positive */
    der[265] = 0x02;
    der[266] = (unsigned char)len;
    memcpy(der + 267, exponent, len);
    der[3] = (unsigned char)(267 + len - 4 - 256);
    assert_true(PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, (long)(267 + len)) > 0);
    long text_len = BIO_get_mem_data(bio, &text);
    assert_int_equal(ts_secret_append(ret, text, (size_t)text_len), 0);
    BIO_free(bio);
}

static void
exponents_that_anyone_can_sign_with_are_refused(void **state)
{
    static const struct {
        const char *name;
        const char *exponent;
        size_t len;
        const char *fragment; /* NULL: it is a key */
    } rows[] = {
        {"f4", "\x01\x00\x01", 3, NULL},
        {"three", "\x03", 1, NULL},
        {"top_bit", "\x00\x81", 2, NULL},
        {"one", "\x01", 1, "unusable exponent"},
        {"zero", "\x00", 1, "unusable exponent"},
        {"two", "\x02", 1, "unusable exponent"},
        {"even", "\x01\x00\x00", 3, "unusable exponent"},
        {"minus_127", "\x81", 1, "unusable exponent"},
        {"minus_one", "\xff", 1, "unusable exponent"},
        {"one_with_a_zero", "\x00\x01", 2, ""},
        {"none", "", 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(16384);
        struct ts_err err = {0};

        print_with_exponent((const unsigned char *)rows[i].exponent, rows[i].len, &pem);
        int rc = parse(&pem, &err);
        if (rc != (rows[i].fragment == NULL ? 0 : TS_ERR_SYNTAX))
            fail_msg("%s: %d (%s)", rows[i].name, rc, err.text);
        if (rows[i].fragment != NULL && strstr(err.text, rows[i].fragment) == NULL)
            fail_msg("%s: '%s'", rows[i].name, err.text);
    }
}

#define SPKI(text) "-----BEGIN PUBLIC KEY-----\n" text "-----END PUBLIC KEY-----\n"

static void
wrong_texts_are_refused(void **state)
{
    static const struct {
        const char *text;
        const char *fragment;
    } rows[] = {
        {"", "empty"},
        {" \n\t", "empty"},
        {"hello", "not a public key"},
        {"-----BEGIN ", "not a public key"},
        {"-----BEGIN PUBLIC KEY", "not a public key"},
        {"-----BEGIN PUBLIC KEY-----", "one whole block"},
        {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "certificate"},
        {"-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n", "private key"},
        {"-----BEGIN DSA PUBLIC KEY-----\n-----END DSA PUBLIC KEY-----\n", "not a public key"},
        {"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END RSA PUBLIC KEY-----\n", "one whole block"},
        {SPKI(""), "not valid"},
        {SPKI("!!!!\n"), "not valid PEM"},
        {SPKI("MIIB\n"), "not a valid public key"},
        {SPKI("MIIB\n") SPKI("MIIB\n"), "one whole block"},
        {SPKI("MIIB\n") "junk", "one whole block"},
        {"junk\n" SPKI("MIIB\n"), "not a public key"},
        {SPKI("MIIB\n") "junk\n-----", "one whole block"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(16384);

        assert_int_equal(ts_secret_append_string(&pem, rows[i].text), 0);
        expect_refusal(&pem, rows[i].fragment);
    }
}

/* Every byte of a good key's DER changed, and every prefix of its PEM: refused or another key, but
 * never a crash and never this key's token. */
static void
damaged_keys_do_not_verify(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(4096);
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX);

    (void)state;
    read_vector(DOCUMENTED_KEY, &pem);
    read_vector(DOCUMENTED_TOKEN, &text);
    for (size_t at = strlen("-----BEGIN PUBLIC KEY-----\n"); at < pem.len; at++) {
        TS_CLEANUP(ts_public_key_free) EVP_PKEY *key = NULL;
        char original = pem.data[at];
        struct ts_err err = {0};

        pem.data[at] = original == 'B' ? 'C' : 'B';
        if (ts_public_key_parse(pem.data, pem.len, &key, &err) == 0)
            assert_int_equal(verify_text(text.data, text.len, key), TS_ERR_REFUSED);
        pem.data[at] = original;
        assert_int_equal(ERR_peek_error(), 0);
    }
}

static void
host_errors_stay(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(4096);
    struct ts_err err = {0};
    EVP_PKEY *key = NULL;

    (void)state;
    assert_int_equal(ts_secret_append_string(&pem, SPKI("MIIB\n")), 0);
    ERR_raise(ERR_LIB_USER, 42);
    assert_int_equal(ts_public_key_parse(pem.data, pem.len, &key, &err), TS_ERR_SYNTAX);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 42);
    assert_int_equal(ERR_get_error(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_token_verifies),
        cmocka_unit_test(any_changed_character_fails),
        cmocka_unit_test(any_cut_fails),
        cmocka_unit_test(digest_is_sha256),
        cmocka_unit_test(both_spellings_and_sizes_are_read),
        cmocka_unit_test(wrong_keys_are_told_apart),
        cmocka_unit_test(exponents_that_anyone_can_sign_with_are_refused),
        cmocka_unit_test(wrong_texts_are_refused),
        cmocka_unit_test(damaged_keys_do_not_verify),
        cmocka_unit_test(host_errors_stay),
    };

    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
