/* base64url: one spelling of every value, and none of anything else. */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/base/base64url.h"
#include "common/base/error.h"

static const struct {
    const char *plain;
    const char *encoded;
} pairs[] = {
    /* RFC 4648 section 10, without padding. */
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
};

static void
encodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(pairs); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret out = TS_SECRET_INIT(8);

        CHECK_INT(pairs[i].encoded,
                  ts_base64url_encode(pairs[i].plain, strlen(pairs[i].plain), &out), 0);
        CHECK_TEXT(pairs[i].encoded, ts_secret_string(&out), pairs[i].encoded);
    }
}

static void
decodes_into_exactly_enough_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(pairs); i++) {
        TS_CLEANUP(ts_secret_release)
        struct ts_secret out = TS_SECRET_INIT(strlen(pairs[i].plain));

        CHECK_INT(pairs[i].encoded,
                  ts_base64url_decode(pairs[i].encoded, strlen(pairs[i].encoded), &out), 0);
        CHECK_TEXT(pairs[i].encoded, ts_secret_string(&out), pairs[i].plain);
    }
}

static void
refuses_other_spellings(void **state)
{
    static const struct {
        const char *name;
        const char *text;
    } cases[] = {
        {"length_1", "Z"},           {"length_5", "Zm9vZ"},
        {"padding", "Zg=="},         {"unused_bits_of_2", "Zh"},
        {"unused_bits_of_4", "Zm9"}, {"plus", "+_-_"},
        {"slash", "-/-_"},           {"blank", "Zm 9v"},
        {"newline", "Zm9v\n\n\n\n"}, {"dot", "Zm.v"},
        {"not_ascii", "Zm\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret out = TS_SECRET_INIT(64);

        assert_int_equal(ts_secret_append_string(&out, "before"), 0);
        CHECK_INT(cases[i].name, ts_base64url_decode(cases[i].text, strlen(cases[i].text), &out),
                  TS_ERR_SYNTAX);
        CHECK_TEXT(cases[i].name, ts_secret_string(&out), "before");
    }
}

static void
refuses_a_nul(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret out = TS_SECRET_INIT(64);

    (void)state;
    assert_int_equal(ts_base64url_decode("Zm\0v", 4, &out), TS_ERR_SYNTAX);
}

static void
keeps_to_the_maximum(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret out = TS_SECRET_INIT(2);

    (void)state;
    assert_int_equal(ts_base64url_decode("Zm9v", 4, &out), TS_ERR_TOO_LARGE);
    assert_int_equal(ts_base64url_encode("fo", 2, &out), TS_ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes),
        cmocka_unit_test(decodes_into_exactly_enough_room),
        cmocka_unit_test(refuses_other_spellings),
        cmocka_unit_test(refuses_a_nul),
        cmocka_unit_test(keeps_to_the_maximum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
