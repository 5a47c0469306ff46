/* Where the module's lines go in a file of /etc/pam.d, and that a removal undoes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/host/pam_edit.h"

#define AUTH "auth sufficient pam_thrivestack.so\n"
#define INSTEAD "auth [success=1 default=ignore] pam_thrivestack.so unknown=skip\n"
#define SESSION "session optional pam_thrivestack.so\n"
#define COMMON_AUTH                                                                                \
    "auth [success=1 default=ignore] pam_unix.so nullok\n"                                         \
    "auth requisite pam_deny.so\nauth required pam_permit.so\n"
#define COMMON_SESSION "session required pam_unix.so\nsession optional pam_systemd.so\n"

static const struct {
    const char *name;
    const char *text;
} includes[] = {
    {"common-auth", COMMON_AUTH},
    {"common-account", "account required pam_unix.so\n"},
    {"common-session", COMMON_SESSION},
    {"with-module", AUTH COMMON_AUTH},
};

static const struct {
    const char *name;
    const char *text;
    const char *expected; /* NULL: refused */
} rows[] = {
    {"debian_sudo",
     "#%PAM-1.0\n\nsession required pam_limits.so\n\n@include common-auth\n"
     "@include common-account\n@include common-session\n",
     "#%PAM-1.0\n\nsession required pam_limits.so\n\n" AUTH "@include common-auth\n"
     "@include common-account\n" SESSION "@include common-session\n"},
    {"after_conditions",
     "auth sufficient pam_rootok.so\nauth optional pam_faildelay.so delay=3\n"
     "auth requisite pam_succeed_if.so user != root\n@include common-auth\n",
     "auth sufficient pam_rootok.so\nauth optional pam_faildelay.so delay=3\n"
     "auth requisite pam_succeed_if.so user != root\n" AUTH "@include common-auth\n" SESSION},
    {"module_of_its_own", "auth required pam_unix.so\n",
     AUTH "auth required pam_unix.so\n" SESSION},
    {"include_as_control", "auth include common-auth\nsession include common-session\n",
     AUTH "auth include common-auth\n" SESSION "session include common-session\n"},
    {"substack", "auth substack common-auth\n", AUTH "auth substack common-auth\n" SESSION},
    {"session_before_auth", "@include common-session\n@include common-auth\n",
     SESSION "@include common-session\n" AUTH "@include common-auth\n"},
    {"continued_line", "auth \\\n  required \\\n  pam_unix.so\n",
     AUTH "auth \\\n  required \\\n  pam_unix.so\n" SESSION},
    {"comment_names_the_module", "# pam_thrivestack.so goes here\n@include common-auth\n",
     "# pam_thrivestack.so goes here\n" AUTH "@include common-auth\n" SESSION},
    {"both_there", AUTH "@include common-auth\n" SESSION, AUTH "@include common-auth\n" SESSION},
    {"auth_there", AUTH "@include common-auth\n", AUTH "@include common-auth\n" SESSION},
    {"included_already", "@include with-module\n", "@include with-module\n"},
    {"jump_lands_on_it",
     "auth [success=1 default=ignore] pam_succeed_if.so uid = 0\n"
     "auth required pam_nologin.so\n@include common-auth\n",
     "auth [success=1 default=ignore] pam_succeed_if.so uid = 0\n"
     "auth required pam_nologin.so\n" AUTH "@include common-auth\n" SESSION},

    {"jump_passes_over_it",
     "auth [success=2 default=ignore] pam_succeed_if.so uid = 0\n"
     "auth required pam_nologin.so\nauth required pam_unix.so\nauth required pam_permit.so\n",
     NULL},
    {"another_form", "auth\trequired pam_thrivestack.so debug\n@include common-auth\n", NULL},
    {"another_control",
     "auth [success=done user_unknown=ignore default=die] pam_thrivestack.so\n"
     "@include common-auth\n",
     NULL},
    {"unknown_module_first", "auth required pam_custom.so\n@include common-auth\n", NULL},
    {"nothing_checks_a_secret", "account required pam_unix.so\n", NULL},
    {"no_newline_at_the_end", "@include common-auth", NULL},
    {"not_a_stack", "hello\n", NULL},
    {"include_is_missing", "@include nothing\n", NULL},
};

static int
read_include(void *context, const char *name, struct ts_secret *ret, struct ts_err *err)
{
    (void)context;
    for (size_t i = 0; i < TS_ARRAY_LEN(includes); i++)
        if (strcmp(includes[i].name, name) == 0)
            return ts_secret_append_string(ret, includes[i].text);
    return ts_err_set(err, TS_ERR_NOT_FOUND, "%s does not exist", name);
}

static void
check_removal(const char *name, const struct ts_secret *edited, const char *before)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
    struct ts_err err = {.code = 0};
    unsigned left = 0;

    assert_int_equal(pam_edit_remove(edited, &text, &left, &err), 0);
    if (strcmp(ts_secret_string(&text), before) != 0 || left != 0)
        fail_msg("%s: after the removal:\n%s", name, ts_secret_string(&text));
}

static void
puts_each_line_in_its_place(void **state)
{
    const struct pam_files files = {read_include, NULL};
    const struct pam_edit edit = {&files, "sudo", PAM_EDIT_TOKEN_OR_ELSE, "", true};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
        TS_CLEANUP(ts_secret_release) struct ts_secret edited = TS_SECRET_INIT(4096);
        struct ts_err err = {.code = 0};

        assert_int_equal(ts_secret_append_string(&text, rows[i].text), 0);
        int rc = pam_edit_add(&text, &edit, &edited, &err);
        if ((rc == 0) != (rows[i].expected != NULL))
            fail_msg("%s: %d %s", rows[i].name, rc, err.text);
        if (rc < 0)
            continue;
        if (strcmp(ts_secret_string(&edited), rows[i].expected) != 0)
            fail_msg("%s:\n%s", rows[i].name, ts_secret_string(&edited));
        if (strstr(rows[i].text, AUTH) == NULL)
            check_removal(rows[i].name, &edited, rows[i].text);
    }
}

/* A token takes the place of the one module or substack that checks passwords. */
static void
puts_a_token_instead_of_one_module(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *expected; /* NULL: refused */
    } cases[] = {
        {"substack",
         "auth required pam_listfile.so\nauth substack common-auth\nauth required pam_shells.so\n",
         "auth required pam_listfile.so\n" INSTEAD
         "auth substack common-auth\nauth required pam_shells.so\n"},
        {"module", "auth required pam_unix.so\n", INSTEAD "auth required pam_unix.so\n"},
        {"there_already", INSTEAD "auth required pam_unix.so\n",
         INSTEAD "auth required pam_unix.so\n"},
        {"include", "auth include common-auth\n", NULL},
        {"at_include", "@include common-auth\n", NULL},
    };
    const struct pam_files files = {read_include, NULL};
    const struct pam_edit edit = {&files, "cockpit", PAM_EDIT_TOKEN_INSTEAD, PAM_EDIT_SKIP_UNKNOWN,
                                  false};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
        TS_CLEANUP(ts_secret_release) struct ts_secret edited = TS_SECRET_INIT(4096);
        struct ts_err err = {.code = 0};

        assert_int_equal(ts_secret_append_string(&text, cases[i].text), 0);
        int rc = pam_edit_add(&text, &edit, &edited, &err);
        if ((rc == 0) != (cases[i].expected != NULL))
            fail_msg("%s: %d %s", cases[i].name, rc, err.text);
        if (rc < 0)
            continue;
        assert_string_equal(ts_secret_string(&edited), cases[i].expected);
        if (!ts_secret_equal(&text, &edited))
            check_removal(cases[i].name, &edited, cases[i].text);
    }
}

static void
removal_names_what_was_edited(void **state)
{
    static const char before[] =
        "# pam_thrivestack\n" AUTH "auth required pam_thrivestack.so debug\n@include common-auth\n";
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(4096);
    TS_CLEANUP(ts_secret_release) struct ts_secret after = TS_SECRET_INIT(4096);
    struct ts_err err = {.code = 0};
    unsigned left = 0;

    (void)state;
    assert_int_equal(ts_secret_append_string(&text, before), 0);
    assert_int_equal(pam_edit_remove(&text, &after, &left, &err), 0);
    assert_int_equal(left, 3);
    assert_string_equal(ts_secret_string(&after),
                        "# pam_thrivestack\nauth required pam_thrivestack.so debug\n"
                        "@include common-auth\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_each_line_in_its_place),
        cmocka_unit_test(puts_a_token_instead_of_one_module),
        cmocka_unit_test(removal_names_what_was_edited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
