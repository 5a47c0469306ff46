/* `key check`: which details and modes need doing something about, day by day. */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "helper/command/key_findings.h"

#define DAY INT64_C(86400)
#define NOW INT64_C(1795478400) /* 2026-11-24T00:00:00Z */

static const struct {
    const char *name;
    struct ts_key_info info;
    int code;
    const char *line;
} dates[] = {
    {"unknown", {.bits = 2048}, 0, "ok: the key does not say when it expires\n"},
    {"no_date", {.expiry = "never"}, 0, "ok: the key expires 'never', which is no date\n"},
    {"far", {.expires = NOW + 400 * DAY - 1}, 0, "ok: the key expires on 2027-12-28\n"},
    {"fourteen_days", {.expires = NOW + 14 * DAY}, 0, "ok: the key expires on 2026-12-08\n"},
    {"a_second_less",
     {.expires = NOW + 14 * DAY - 1},
     TS_ERR_KEY,
     "warn: the key expires on 2026-12-07, in 13 days: "},
    {"this_second",
     {.expires = NOW},
     TS_ERR_KEY,
     "warn: the key expires on 2026-11-24, in 0 days: "},
    {"a_second_ago", {.expires = NOW - 1}, TS_ERR_KEY, "fail: the key expired on 2026-11-23: "},
    {"largest", {.expires = TS_TOKEN_TIME_MAX}, 0, "ok: the key expires on "},
    {"rotation_unknown", {.created = NOW}, 0, "ok: whether rotation is due is unknown: "},
    {"creation_unknown",
     {.rotation_days = 90, .rotation_frequency = "90d"},
     0,
     "ok: whether rotation is due is unknown: "},
    {"due",
     {.rotation_days = 90, .rotation_frequency = "90d", .created = NOW - 90 * DAY},
     TS_ERR_KEY,
     "warn: rotation (90d) was due on 2026-11-24: "},
    {"due_in_a_second",
     {.rotation_days = 90, .rotation_frequency = "90d", .created = NOW - 90 * DAY + 1},
     0,
     "ok: rotation (90d) is due on 2026-11-24\n"},
};

static void
dates_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(dates); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
        struct key_findings findings = {&text, 0};

        assert_int_equal(key_findings_check(&findings, &dates[i].info, NOW), 0);
        if (findings.code != dates[i].code || strstr(text.data, dates[i].line) == NULL)
            fail_msg("%s: %d, %s", dates[i].name, findings.code, text.data);
    }
}

static const struct {
    const char *name;
    uid_t file_owner;
    uid_t folder_owner;
    mode_t folder_mode;
    int code;
    const char *line;
} files[] = {
    {"own", 1000, 1000, 0700, 0, "ok: /f/k is owned by you, mode 0600\n"},
    {"root's", 0, 0, 0755, 0, "ok: /f/k is owned by root, mode 0600\n"},
    {"sticky", 1000, 0, 01777, 0, "mode 0600\n"},
    {"group", 1000, 1000, 0770, TS_ERR_CONFIG, "fail: folder /f is writable by group or others"},
    {"others", 1000, 0, 0702, TS_ERR_CONFIG, "(mode 0702): chmod go-w /f\n"},
    {"stranger", 1000, 1001, 0700, TS_ERR_CONFIG, "fail: folder /f is owned by user 1001"},
};

static void
files_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(files); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
        const struct stat file = {.st_uid = files[i].file_owner, .st_mode = S_IFREG | 0600};
        const struct stat folder = {.st_uid = files[i].folder_owner,
                                    .st_mode = S_IFDIR | files[i].folder_mode};
        const struct key_file_state key = {"/f/k", &file, "/f", &folder, 1000};
        struct key_findings findings = {&text, 0};

        assert_int_equal(key_findings_check_file(&findings, &key), 0);
        if (findings.code != files[i].code || strstr(text.data, files[i].line) == NULL)
            fail_msg("%s: %d, %s", files[i].name, findings.code, text.data);
    }
}

/* Whatever comes first, unsafe counts most. */
static void
unsafe_counts_most(void **state)
{
    static const int orders[][2] = {{TS_ERR_KEY, TS_ERR_CONFIG}, {TS_ERR_CONFIG, TS_ERR_KEY}};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(orders); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
        struct key_findings findings = {&text, 0};

        assert_int_equal(key_findings_add(&findings, KEY_WARN, orders[i][0], "a"), 0);
        assert_int_equal(key_findings_add(&findings, KEY_FAIL, orders[i][1], "b\nok: c"), 0);
        assert_int_equal(key_findings_add(&findings, KEY_OK, 0, "d"), 0);
        assert_int_equal(findings.code, TS_ERR_CONFIG);
        /* One line a finding, whatever a name in it holds. */
        assert_string_equal(text.data, "warn: a\nfail: b ok: c\nok: d\n");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_judged),
        cmocka_unit_test(files_are_judged),
        cmocka_unit_test(unsafe_counts_most),
    };

    return cmocka_run_group_tests_name("key_findings", tests, NULL, NULL);
}
