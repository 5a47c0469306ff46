/* The strict reading of JSON: what other readers let through is refused. */
#include "tests/unit/unit.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <string.h>

#include "common/json/json.h"
#include "common/json/json_write.h"

static int
parse(const char *text, struct ts_json **ret, struct ts_err *err)
{
    return ts_json_parse_object(text, strlen(text), ret, err);
}

static void
refuses_what_is_not_strict(void **state)
{
    static const struct {
        const char *name;
        const char *text;
    } cases[] = {
        {"empty", ""},
        {"blank", " "},
        {"array", "[1]"},
        {"string", "\"a\""},
        {"null", "null"},
        {"open", "{\"a\":1"},
        {"closed_twice", "{\"a\":1}}"},
        {"two_values", "{} {}"},
        {"text_behind", "{}x"},
        {"number_behind", "{} 1"},
        {"trailing_comma", "{\"a\":1,}"},
        {"leading_comma", "{,\"a\":1}"},
        {"trailing_comma_in_array", "{\"a\":[1,]}"},
        {"comma_missing", "{\"a\":1 \"b\":2}"},
        {"colon_missing", "{\"a\" 1}"},
        {"duplicate_key", "{\"a\":1,\"a\":1}"},
        {"duplicate_key_by_escape", "{\"a\":1,\"\\u0061\":2}"},
        {"duplicate_key_inside", "{\"x\":[{\"a\":1,\"a\":2}]}"},
        {"nul_escape_in_a_key", "{\"a\\u0000b\":1}"},
        {"nul_escape_in_a_value", "{\"a\":\"\\u0000\"}"},
        {"single_quotes", "{'a':1}"},
        {"no_quotes", "{a:1}"},
        {"nan", "{\"a\":NaN}"},
        {"infinity", "{\"a\":Infinity}"},
        {"minus_infinity", "{\"a\":-Infinity}"},
        {"word_of_another_case", "{\"a\":True}"},
        {"leading_zero", "{\"a\":01}"},
        {"plus_sign", "{\"a\":+1}"},
        {"hex", "{\"a\":0x1}"},
        {"bare_fraction", "{\"a\":.5}"},
        {"empty_fraction", "{\"a\":1.}"},
        {"empty_exponent", "{\"a\":1e}"},
        {"bare_minus", "{\"a\":-}"},
        {"comment", "{/**/\"a\":1}"},
        {"line_comment", "{//\n}"},
        {"newline_in_a_string", "{\"a\":\"\n\"}"},
        {"tab_in_a_string", "{\"a\":\"\t\"}"},
        {"unknown_escape", "{\"a\":\"\\x\"}"},
        {"short_escape", "{\"a\":\"\\u12\"}"},
        {"string_open", "{\"a\":\"b}"},
        {"backslash_last", "{\"a\":\"\\"},
        {"not_utf8", "{\"a\":\"\xff\"}"},
        {"overlong_utf8", "{\"a\":\"\xc0\xaf\"}"},
        {"surrogate_utf8", "{\"a\":\"\xed\xa0\x80\"}"},
        {"form_feed", "{\f}"},
        {"byte_order_mark", "\xef\xbb\xbf{}"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        struct ts_json *object = NULL;
        struct ts_err err = {0};

        CHECK_INT(cases[i].name, parse(cases[i].text, &object, &err), TS_ERR_SYNTAX);
        CHECK(cases[i].name, object == NULL && err.text[0] != '\0');
    }
}

static void
refuses_a_nul(void **state)
{
    struct ts_json *object = NULL;
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_json_parse_object("{}\0", 3, &object, &err), TS_ERR_SYNTAX);
    assert_int_equal(ts_json_parse_object("{\"a\":\"\0\"}", 9, &object, &err), TS_ERR_SYNTAX);
}

/* {"a":{"a":...1...}} of that many levels. */
static int
parse_levels(unsigned levels)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err err = {0};

    for (unsigned i = 0; i < levels; i++)
        assert_int_equal(ts_secret_append_string(&text, "{\"a\":"), 0);
    assert_int_equal(ts_secret_append_string(&text, "1"), 0);
    for (unsigned i = 0; i < levels; i++)
        assert_int_equal(ts_secret_append_string(&text, "}"), 0);
    return ts_json_parse_object(ts_secret_string(&text), text.len, &object, &err);
}

static void
caps_levels(void **state)
{
    (void)state;
    assert_int_equal(parse_levels(TS_JSON_DEPTH_MAX - 1), 0);
    assert_int_equal(parse_levels(TS_JSON_DEPTH_MAX + 1), TS_ERR_SYNTAX);
    assert_int_equal(parse_levels(500), TS_ERR_SYNTAX);
}

static void
finds_members_by_name_and_type(void **state)
{
    static const char text[] = " {\"s\":\"a\\\"\\u00e9\",\"i\":-5,\"b\":true,\"n\":null,\"d\":1.5,"
                               "\"o\":{\"s\":\"inner\"},\"l\":[1,{\"s\":2}],\"e\":\"\"}\r\n";
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err err = {0};
    int64_t number = 7;
    bool flag = false;

    (void)state;
    assert_int_equal(parse(text, &object, &err), 0);
    assert_string_equal(ts_json_string(object, "s"), "a\"\xc3\xa9");
    assert_string_equal(ts_json_string(object, "e"), "");
    assert_null(ts_json_string(object, "i"));
    assert_null(ts_json_string(object, "n"));
    assert_null(ts_json_string(object, "missing"));
    assert_true(ts_json_integer(object, "i", &number) && number == -5);
    assert_false(ts_json_integer(object, "s", &number));
    assert_false(ts_json_integer(object, "d", &number));
    assert_int_equal(number, -5);
    assert_true(ts_json_bool(object, "b", &flag) && flag);
    assert_false(ts_json_bool(object, "i", &flag));
    assert_string_equal(ts_json_string(ts_json_member(object, "o"), "s"), "inner");
    assert_null(ts_json_member(object, "n"));
}

static void
takes_no_number_that_does_not_fit(void **state)
{
    static const char *const texts[] = {
        "{\"a\":9223372036854775808}",
        "{\"a\":-9223372036854775809}",
        "{\"a\":18446744073709551616}",
        "{\"a\":99999999999999999999999999}",
        "{\"a\":-99999999999999999999999}",
        "{\"a\":12345678901234567890123456789012345678901234567890123456789012345678901234567890}",
        "{\"a\":0.1234567890123456789012345678901234567890123456789012345678901234567890123456789}",
        "{\"a\":1e3}",
        "{\"a\":1.0}",
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(texts); i++) {
        TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
        struct ts_err err = {0};
        int64_t number = 7;

        CHECK_INT(texts[i], parse(texts[i], &object, &err), 0);
        CHECK(texts[i], !ts_json_integer(object, "a", &number) && number == 7);
    }
}

static void
writes_members_in_order(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(256);
    char *items[] = {(char[]){"a"}, (char[]){"b\""}};
    const struct ts_list list = {items, TS_ARRAY_LEN(items)};
    struct ts_json_writer json = ts_json_begin(&text);

    (void)state;
    ts_json_write_string(&json, "s", "a/b\n{");
    ts_json_write_integer(&json, "i", INT64_C(1) << 53);
    ts_json_write_integer(&json, "least", INT64_MIN);
    ts_json_open(&json, "o", '{');
    ts_json_write_bool(&json, "b", true);
    ts_json_write_string(&json, "n", NULL);
    ts_json_close(&json, '}');
    ts_json_open(&json, "l", '[');
    ts_json_open(&json, NULL, '[');
    ts_json_close(&json, ']');
    ts_json_write_bool(&json, NULL, false);
    ts_json_close(&json, ']');
    ts_json_write_list(&json, "t", &list);
    assert_int_equal(ts_json_end_line(&json), 0);
    assert_string_equal(ts_secret_string(&text),
                        "{\"s\":\"a/b\\n{\",\"i\":9007199254740992,"
                        "\"least\":-9223372036854775808,\"o\":{\"b\":true,\"n\":null},"
                        "\"l\":[[],false],\"t\":[\"a\",\"b\\\"\"]}\n");
}

/* As json-c does it, whose spelling files have been written in. */
static void
prints_as_json_c_does(void **state)
{
    static const char *const texts[] = {
        "{\"a\":null}",
        "{\"a\":[1,-2,[3,{\"x\":false}],\"y\"],\"b\":{\"c\":{\"d\":\"e\"}}}",
        "{\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\":\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\"}",
        "{\"a\":\"\\u007f\\u00e4\\ud83d\\ude00\"}",
        "{\"b\":1.50,\"c\":-1e+3}",
    };
    const int in_lines = JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_PRETTY |
                         JSON_C_TO_STRING_PRETTY_TAB | JSON_C_TO_STRING_SPACED;

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(texts); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret lines = TS_SECRET_INIT(1024);
        TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
        struct json_object *other = json_tokener_parse(texts[i]);
        struct ts_err err = {0};

        CHECK_INT(texts[i], parse(texts[i], &object, &err), 0);
        CHECK_INT(texts[i], ts_json_print_lines(object, &lines), 0);
        CHECK_TEXT(texts[i], ts_secret_string(&lines),
                   json_object_to_json_string_ext(other, in_lines));
        json_object_put(other);
    }
}

/* Here docker's way, not json-c's. */
static void
prints_what_is_empty_in_one_piece(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(1024);
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(parse("{\"a\":[],\"b\":{}}", &object, &err), 0);
    assert_int_equal(ts_json_print_lines(object, &text), 0);
    assert_string_equal(ts_secret_string(&text), "{\n\t\"a\": [],\n\t\"b\": {}\n}");
}

static void
prints_all_or_nothing(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(12);
    TS_CLEANUP(ts_json_put) struct ts_json *object = ts_json_new_object();

    (void)state;
    assert_int_equal(ts_secret_append_string(&text, "before"), 0);
    assert_int_equal(ts_json_add_string(object, "a", "b"), 0);
    assert_int_equal(ts_json_print_lines(object, &text), TS_ERR_TOO_LARGE);
    assert_string_equal(ts_secret_string(&text), "before");
    struct ts_json_writer json = ts_json_begin(&text);
    ts_json_write_string(&json, "a", "b");
    ts_json_write_bool(&json, "c", true);
    assert_int_equal(ts_json_end(&json), TS_ERR_TOO_LARGE);
    assert_string_equal(ts_secret_string(&text), "before");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_strict),
        cmocka_unit_test(refuses_a_nul),
        cmocka_unit_test(caps_levels),
        cmocka_unit_test(finds_members_by_name_and_type),
        cmocka_unit_test(takes_no_number_that_does_not_fit),
        cmocka_unit_test(writes_members_in_order),
        cmocka_unit_test(prints_as_json_c_does),
        cmocka_unit_test(prints_what_is_empty_in_one_piece),
        cmocka_unit_test(prints_all_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
