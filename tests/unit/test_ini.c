/* The INI dialect: what is refused, in which line, and what a file that is accepted holds. */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/config/ini.h"

static void
refuses_with_file_and_line(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *says; /* how the message begins */
    } cases[] = {
        {"key_before_a_section", "# c\nk = v\n", "f:2: a key before"},
        {"neither", "[a]\nnonsense\n", "f:2: neither"},
        {"no_key", "[a]\n= v\n", "f:2: a key is missing"},
        {"leading_blank", "[a]\n k = v\n", "f:2: a line that begins"},
        {"leading_tab", "[a]\n\tk = v\n", "f:2: a line that begins"},
        {"leading_blank_before_a_section", "[a]\n [b]\n", "f:2: a line that begins"},
        {"leading_blank_before_a_comment", "[a]\n  # c\n", "f:2: a line that begins"},
        {"bracket_open", "[a\n", "f:1: a section needs a ']'"},
        {"bracket_alone", "[\n", "f:1: a section needs a ']'"},
        {"comment_after_a_section", "[a] # c\n", "f:1: a section needs a ']'"},
        {"section_without_a_name", "[]\n", "f:1: a section needs a name"},
        {"section_of_blanks", "[ \t]\n", "f:1: a section needs a name"},
        {"double_key", "[a]\nk = 1\nj = 2\nk = 3\n", "f:4: 'k' is set twice, first in line 2"},
        {"double_section", "[a b]\n[c]\n[a  b]\n",
         "f:3: section [a b] is there twice, first in line 1"},
        {"byte_order_mark", "\xef\xbb\xbf[a]\n", "f:1: neither"},
        {"control_characters_stay_out_of_messages", "[a]\nk\x1b = 1\nk\x1b = 2\n",
         "f:3: 'k?' is set twice"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
        struct ts_err err = {0};

        CHECK_INT(cases[i].name,
                  ts_ini_parse(cases[i].text, strlen(cases[i].text), "f", &ini, &err),
                  TS_ERR_CONFIG);
        CHECK(cases[i].name, strstr(err.text, cases[i].says) == err.text);
        CHECK(cases[i].name, ini.sections == NULL);
    }
}

static void
refuses_a_nul(void **state)
{
    static const char text[] = "[a]\nk = v\0w\n";
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_ini_parse(text, sizeof(text) - 1, "f", &ini, &err), TS_ERR_CONFIG);
    assert_string_equal(err.text, "f:2: a NUL byte");
}

static int
parse_line_of(size_t len, struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    char text[TS_INI_LINE_MAX + 16] = "[a]\nk=";

    memset(text + 6, 'v', len - 2);
    text[4 + len] = '\n';
    return ts_ini_parse(text, 5 + len, "f", &ini, err);
}

static void
caps_lines(void **state)
{
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(parse_line_of(TS_INI_LINE_MAX, &err), 0);
    assert_int_equal(parse_line_of(TS_INI_LINE_MAX + 1, &err), TS_ERR_CONFIG);
    assert_string_equal(err.text, "f:2: a line of over 4096 bytes");
}

static void
keeps_values_as_written(void **state)
{
    static const struct {
        const char *name;
        const char *line;
        const char *key;
        const char *value;
    } cases[] = {
        {"blanks_around", "k \t=\t v w \t", "k", "v w"},
        {"no_blanks", "k=v", "k", "v"},
        {"comment_characters", "k = v # w ; x", "k", "v # w ; x"},
        {"equals_in_the_value", "k = a=b", "k", "a=b"},
        {"quotes", "k = \"v\"", "k", "\"v\""},
        {"brackets", "k = [v]", "k", "[v]"},
        {"empty", "k =", "k", ""},
        {"carriage_return_behind", "k = v\r", "k", "v"},
        {"blank_before_carriage_return", "k = v \r", "k", "v"},
        {"carriage_return_inside", "k = v\rw", "k", "v\rw"},
        {"blank_in_the_key", "k j = v", "k j", "v"},
        {"utf8", "k = \xc3\xa9", "k", "\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
        struct ts_err err = {0};
        char text[64];
        int len = snprintf(text, sizeof(text), "[a]\n%s", cases[i].line);

        CHECK_INT(cases[i].name, ts_ini_parse(text, (size_t)len, "f", &ini, &err), 0);
        CHECK_INT(cases[i].name, ini.sections[0].len, 1);
        CHECK_TEXT(cases[i].name, ini.sections[0].entries[0].key, cases[i].key);
        CHECK_TEXT(cases[i].name, ini.sections[0].entries[0].value, cases[i].value);
        CHECK_INT(cases[i].name, ini.sections[0].entries[0].line, 2);
    }
}

static void
names_sections(void **state)
{
    static const char text[] = "; c\n\n \t \r\n[a]\n[ b ]\n[c\td e ]\r\n[c d]\nk=v\n#[x]\n;\n#";
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    struct ts_err err = {0};
    static const struct {
        const char *kind, *name;
        unsigned line;
    } expected[] = {{"a", "", 4}, {"b", "", 5}, {"c", "d e", 6}, {"c", "d", 7}};

    (void)state;
    assert_int_equal(ts_ini_parse(text, sizeof(text) - 1, "f", &ini, &err), 0);
    assert_int_equal(ini.len, TS_ARRAY_LEN(expected));
    for (size_t i = 0; i < ini.len; i++) {
        CHECK_TEXT(expected[i].kind, ini.sections[i].kind, expected[i].kind);
        CHECK_TEXT(expected[i].kind, ini.sections[i].name, expected[i].name);
        CHECK_INT(expected[i].kind, ini.sections[i].line, expected[i].line);
    }
    assert_int_equal(ini.sections[3].len, 1);
}

static void
accepts_an_empty_file(void **state)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_ini_parse("", 0, "f", &ini, &err), 0);
    assert_int_equal(ini.len, 0);
    assert_string_equal(ini.file, "f");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_with_file_and_line),
        cmocka_unit_test(refuses_a_nul),
        cmocka_unit_test(caps_lines),
        cmocka_unit_test(keeps_values_as_written),
        cmocka_unit_test(names_sections),
        cmocka_unit_test(accepts_an_empty_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
