/* Small texts: numbers, durations, dates, words, scopes, and what is safe to show. */
#include "tests/unit/unit.h"

#include <string.h>
#include <time.h>

#include "common/base/text.h"

static void
reads_integers_whole(void **state)
{
    static const char *const wrong[] = {
        "", " 1", "1 ", "+1", "-1", "0x1", "1a", "1.", "10", "1\n", "999999999999999999999"};
    static const struct {
        int64_t value;
        const char *text;
    } written[] = {{0, "0"},
                   {7, "7"},
                   {-1, "-1"},
                   {1795561349, "1795561349"},
                   {INT64_MAX, "9223372036854775807"},
                   {INT64_MIN, "-9223372036854775808"}};
    int64_t value = -7;

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(wrong); i++)
        CHECK(wrong[i], !ts_text_integer(wrong[i], 0, 9, &value) && value == -7);
    assert_true(ts_text_integer("9", 0, 9, &value) && value == 9);
    assert_true(ts_text_integer("0", 0, 9, &value) && value == 0);
    for (size_t i = 0; i < TS_ARRAY_LEN(written); i++) {
        char decimal[TS_DECIMAL_SIZE];

        CHECK_TEXT(written[i].text, ts_text_decimal(decimal, written[i].value), written[i].text);
    }
    assert_false(ts_text_integer("0", 1, 9, &value));
    assert_true(ts_text_integer("999999999999999999", 0, INT64_MAX, &value));
    assert_true(value == INT64_C(999999999999999999));
}

static void
reads_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"90", 90},
        {"90s", 90},
        {"15m", 900},
        {"1h", 3600},
        {"1d", 86400},
        {"0", 0},
        {"0d", 0},
        {"", -1},
        {"s", -1},
        {"1w", -1},
        {"1H", -1},
        {"1 h", -1},
        {"1h30m", -1},
        {"-1", -1},
        {"+1", -1},
        {"1.5h", -1},
        {"1ms", -1},
        {" 1h", -1},
        {"2d", -1},
        {"25h", -1},
        {"86401", -1},
        {"999999999999999999d", -1},
        {"106751991167301d", -1}, /* 2^63 seconds and a few */
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        int64_t seconds = -1;
        bool ok = ts_text_duration(cases[i].text, 0, 86400, &seconds);

        CHECK_INT(cases[i].text, ok, cases[i].seconds >= 0);
        CHECK_INT(cases[i].text, seconds, cases[i].seconds);
    }
}

static void
reads_the_end_of_a_day(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"1970-01-01", 86399},
        {"2027-01-31", 1801439999},
        {"2024-02-29", 1709251199},
        {"2000-02-29", 951868799},
        {"2027-01-31T10:00:00Z", 1801439999},
        {"2027-01-31 10:00", 1801439999},
        {"2023-02-29", -1},
        {"2100-02-29", -1},
        {"2027-04-31", -1},
        {"2027-00-01", -1},
        {"2027-13-01", -1},
        {"2027-01-00", -1},
        {"1969-12-31", -1},
        {"2027-1-31", -1},
        {"2027/01/31", -1},
        {"2027-01-31x", -1},
        {"27-01-31", -1},
        {"+027-01-31", -1},
        {"", -1},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        int64_t seconds = -1;
        bool ok = ts_text_date_end(cases[i].text, &seconds);

        CHECK_INT(cases[i].text, ok, cases[i].seconds >= 0);
        CHECK_INT(cases[i].text, seconds, cases[i].seconds);
    }
}

/* Against libc's calendar. */
static void
reads_every_month(void **state)
{
    (void)state;
    for (int month = 0; month < (9999 - 1970 + 1) * 12; month++) {
        struct tm tm = {.tm_year = 70 + month / 12, .tm_mon = month % 12, .tm_mday = 2};
        char text[32];
        int64_t seconds = -1;

        assert_int_equal(strftime(text, sizeof(text), "%Y-%m-01", &tm), strlen("YYYY-MM-DD"));
        assert_true(ts_text_date_end(text, &seconds));
        CHECK_INT(text, seconds, (int64_t)timegm(&tm) - 1);
    }
}

static void
knows_points_in_time(void **state)
{
    static const char *const right[] = {
        "2026-11-24T20:15:30Z",
        "2026-11-24T20:15:30.5Z",
        "2026-11-24T20:15:30+01:00",
        "2026-11-24T23:59:60-09:30",
        "2024-02-29T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2026-11-24T20:15:30.123456789+14:00",
    };
    static const char *const wrong[] = {
        "",
        "now",
        "2026-11-24",
        "2026-11-24T20:15Z",
        "2026-11-24T20:15:30",
        "2026-11-24 20:15:30Z",
        "2026-11-24T20:15:30z",
        "2026-11-24T20:15:30.Z",
        "2026-11-24T20:15:30.1234567890Z",
        "2026-11-24T20:15:30+0100",
        "2026-11-24T20:15:30+24:00",
        "2026-11-24T20:15:30+01:60",
        "2026-11-24T20:15:30Zx",
        "2026-11-24T24:00:00Z",
        "2026-11-24T20:60:00Z",
        "2026-11-24T20:15:61Z",
        "2026-02-29T20:15:30Z",
        "2026-13-01T20:15:30Z",
        "2026-11-24T2a:15:30Z",
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(right); i++)
        CHECK(right[i], ts_text_is_time(right[i]));
    for (size_t i = 0; i < TS_ARRAY_LEN(wrong); i++)
        CHECK(wrong[i], !ts_text_is_time(wrong[i]));
}

static void
reads_yes_and_no(void **state)
{
    static const char *const wrong[] = {"", "Yes", "true", "1", "yes ", "y", "on"};
    bool value = false;

    (void)state;
    assert_true(ts_text_bool("yes", &value) && value);
    assert_true(ts_text_bool("no", &value) && !value);
    for (size_t i = 0; i < TS_ARRAY_LEN(wrong); i++)
        CHECK(wrong[i], !ts_text_bool(wrong[i], &value));
}

static void
knows_key_ids_and_scopes(void **state)
{
    static const char *const ids[] = {"a", "0c2f3a52-5f5c-4a0e-9d1f-3b1f6f0f0a01", "A_z-9"};
    static const char *const not_ids[] = {"", "a b", "../a", "a/b", "a.b", "a\n", "\xc3\xa9", "a:"};
    static const char *const scopes[] = {"user_management", "a:b/c.d", "!", "~", "[]"};
    static const char *const not_scopes[] = {"", "a b", "a\"b", "a\\b", "a\tb", "\x7f", "\xc3\xa9"};
    char longest[258];

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(ids); i++)
        CHECK(ids[i], ts_text_is_key_id(ids[i]));
    for (size_t i = 0; i < TS_ARRAY_LEN(not_ids); i++)
        CHECK(not_ids[i], !ts_text_is_key_id(not_ids[i]));
    for (size_t i = 0; i < TS_ARRAY_LEN(scopes); i++)
        CHECK(scopes[i], ts_text_is_scope(scopes[i]));
    for (size_t i = 0; i < TS_ARRAY_LEN(not_scopes); i++)
        CHECK(not_scopes[i], !ts_text_is_scope(not_scopes[i]));
    memset(longest, 'a', sizeof(longest));
    longest[257] = '\0';
    assert_false(ts_text_is_scope(longest));
    longest[256] = '\0';
    assert_true(ts_text_is_scope(longest));
    longest[65] = '\0';
    assert_false(ts_text_is_key_id(longest));
    longest[64] = '\0';
    assert_true(ts_text_is_key_id(longest));
}

static void
cleans_what_is_shown(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        size_t size;
        const char *shown;
    } cases[] = {
        {"plain", "invalid key", 64, "invalid key"},
        {"escape_sequence", "a\x1b[31mb", 64, "a[31mb"},
        {"newlines", "a\r\nb\n", 64, "a b"},
        {"runs_of_blanks", "  a \t  b  ", 64, "a b"},
        {"c1_control",
         "a\xc2\x9b"
         "31mb",
         64, "a31mb"},
        {"right_to_left_override",
         "a\xe2\x80\xae"
         "b",
         64, "ab"},
        {"isolate",
         "a\xe2\x81\xa6"
         "b",
         64, "ab"},
        {"byte_order_mark",
         "\xef\xbb\xbf"
         "a",
         64, "a"},
        {"not_utf8", "a\xff\xc3)b", 64, "a?\?)b"},
        {"overlong", "a\xc0\xaf", 64, "a??"},
        {"surrogate", "\xed\xa0\x80", 64, "???"},
        {"cut_sequence", "a\xe2\x82", 64, "a??"},
        {"letters", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 64,
         "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"cut", "abcdef", 4, "abc"},
        {"cut_before_a_character", "ab\xe2\x82\xac", 5, "ab"},
        {"cut_at_a_blank", "ab cd", 4, "ab"},
        {"only_controls", "\x01\x02", 8, ""},
        {"no_room", "a", 1, ""},
    };
    char shown[64];

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        ts_text_clean(shown, cases[i].size, cases[i].text, strlen(cases[i].text));
        CHECK_TEXT(cases[i].name, shown, cases[i].shown);
    }
    ts_text_clean(shown, sizeof(shown), "a\0b", 3);
    assert_string_equal(shown, "ab");
}

static void
escapes_what_is_logged(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *also;
        size_t size;
        const char *shown;
    } cases[] = {
        {"name", "alice@corp.example", TS_TEXT_NOT_IN_NAMES, 64, "alice@corp.example"},
        {"two_words", "a result=ok", TS_TEXT_NOT_IN_NAMES, 64, "a\\x20result\\x3dok"},
        {"quotes", "'\"\\", TS_TEXT_NOT_IN_NAMES, 64, "\\x27\\x22\\x5c"},
        {"sentence", "it's a = b\\", "", 64, "it's a = b\\"},
        {"controls", "a\n\x1b\x7f", "", 64, "a\\x0a\\x1b\\x7f"},
        {"letters", "\xc3\xa9", "", 64, "\\xc3\\xa9"},
        {"fits", "abcdefgh", "", 16, "abcdefgh"},
        {"cut", "abcdefghi", "", 15, "abcdefgh..."},
        {"cut_before_an_escape", "abcdefgh\n\n", "", 16, "abcdefgh\\x0a..."},
        {"least_room", "ab", "", 8, "a..."},
        {"empty", "", "", 8, ""},
    };
    char shown[64];

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        ts_text_escape(shown, cases[i].size, cases[i].text, cases[i].also);
        CHECK_TEXT(cases[i].name, shown, cases[i].shown);
    }
}

static void
hashes_as_fnv_says(void **state)
{
    (void)state;
    /* Landon Curt Noll's test vectors. */
    assert_int_equal(ts_text_fnv1a32("", 0), 0x811c9dc5);
    assert_int_equal(ts_text_fnv1a32("a", 1), 0xe40c292c);
    assert_int_equal(ts_text_fnv1a32("foobar", 6), 0xbf9cf968);
    assert_true(ts_text_fnv1a64("", 0, TS_FNV1A64_SEED) == UINT64_C(0xcbf29ce484222325));
    assert_true(ts_text_fnv1a64("a", 1, TS_FNV1A64_SEED) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(ts_text_fnv1a64("foobar", 6, TS_FNV1A64_SEED) == UINT64_C(0x85944171f73967e8));
}

static void
writes_hexadecimal(void **state)
{
    char text[TS_HEX64_SIZE];

    (void)state;
    ts_text_hex64(text, 0);
    assert_string_equal(text, "0000000000000000");
    ts_text_hex64(text, UINT64_C(0x85944171f73967e8));
    assert_string_equal(text, "85944171f73967e8");
}

static void
joins_all_or_nothing(void **state)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(8);

    (void)state;
    assert_int_equal(ts_secret_append_strings(&text, "ab", "", "cd", NULL), 0);
    assert_string_equal(ts_secret_string(&text), "abcd");
    assert_int_equal(ts_secret_append_strings(&text, "efgh", "i", NULL), TS_ERR_TOO_LARGE);
    assert_string_equal(ts_secret_string(&text), "abcd");
}

static void
writes_times(void **state)
{
    char text[32];

    (void)state;
    ts_text_rfc3339(text, 0);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    ts_text_rfc3339(text, 1801439999);
    assert_string_equal(text, "2027-01-31T23:59:59Z");
}

static void
handles_lists(void **state)
{
    TS_CLEANUP(ts_list_release) struct ts_list list = {NULL, 0}, part = {NULL, 0};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(64);
    struct ts_err err = {0};

    (void)state;
    assert_int_equal(ts_list_add_split(&list, " \t", &err), 0);
    assert_int_equal(list.len, 0);
    assert_int_equal(ts_list_add_split(&list, " c\ta  b c ", &err), 0);
    assert_int_equal(list.len, 4);
    ts_list_normalize(&list);
    assert_int_equal(ts_list_join(&list, ' ', &text), 0);
    assert_string_equal(ts_secret_string(&text), "a b c");
    assert_true(ts_list_has(&list, "b"));
    assert_false(ts_list_has(&list, "B"));
    assert_true(ts_list_has_all(&list, &part));
    assert_int_equal(ts_list_add_len(&part, "bx", 1, &err), 0);
    assert_true(ts_list_has_all(&list, &part));
    assert_int_equal(ts_list_add(&part, "d", &err), 0);
    assert_false(ts_list_has_all(&list, &part));
    assert_int_equal(ts_list_copy(&part, &list, &err), 0);
    assert_true(ts_list_has_all(&part, &list) && part.len == 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_points_in_time),
        cmocka_unit_test(reads_integers_whole),
        cmocka_unit_test(reads_durations),
        cmocka_unit_test(reads_the_end_of_a_day),
        cmocka_unit_test(reads_every_month),
        cmocka_unit_test(reads_yes_and_no),
        cmocka_unit_test(knows_key_ids_and_scopes),
        cmocka_unit_test(cleans_what_is_shown),
        cmocka_unit_test(escapes_what_is_logged),
        cmocka_unit_test(hashes_as_fnv_says),
        cmocka_unit_test(writes_hexadecimal),
        cmocka_unit_test(joins_all_or_nothing),
        cmocka_unit_test(writes_times),
        cmocka_unit_test(handles_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
