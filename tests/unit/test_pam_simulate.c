/* The reader and the judge of pam.d stacks: shapes that are known, and any shape at all against
 * what Linux-PAM itself makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/doctor/pam/pam_simulate.h"

struct file {
    const char *name;
    const char *text;
};

static int
read_text(void *context, const char *name, struct ts_secret *ret, struct ts_err *err)
{
    const char *slash = strrchr(name, '/');

    for (const struct file *file = context; file->name != NULL; file++)
        if (strcmp(file->name, slash != NULL ? slash + 1 : name) == 0)
            return ts_secret_append_string(ret, file->text);
    return ts_err_set(err, TS_ERR_NOT_FOUND, "%s is missing", name);
}

static const char common_auth[] = "auth [success=1 default=ignore] pam_unix.so nullok\n"
                                  "auth requisite pam_deny.so\n"
                                  "auth required pam_permit.so\n";

static const struct shape {
    const char *name;
    const char *text;
    const char *fails_open;
    const char *factor_skipped;
    bool no_fallback;
    bool no_outage_fallback;
    bool no_effect;
    bool refuses_others;
} shapes[] = {
    {"sufficient before common-auth", "auth sufficient pam_thrivestack.so\n@include common\n"},
    {"shipped sshd",
     "auth [success=done user_unknown=ignore ignore=ignore default=die] pam_thrivestack.so\n"
     "@include common\n",
     NULL, NULL, false, true, false},
    {"shipped sshd without ignore=ignore",
     "auth [success=done user_unknown=ignore default=die] pam_thrivestack.so\n@include common\n",
     NULL, NULL, false, true, false, true},
    {"shipped profile",
     "auth [success=2 user_unknown=ignore authinfo_unavail=ignore ignore=ignore default=die] "
     "pam_thrivestack.so\n"
     "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required "
     "pam_permit.so\n"},
    {"shipped profile without ignore=ignore",
     "auth [success=2 user_unknown=ignore authinfo_unavail=ignore default=die] pam_thrivestack.so\n"
     "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required "
     "pam_permit.so\n",
     NULL, NULL, false, false, false, true},
    {"the same in an included file", "auth include denies\n@include common\n", NULL, NULL, false,
     true, false, true},
    {"requisite behind a password",
     "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_thrivestack.so\n"
     "auth required pam_permit.so\n",
     NULL, NULL, false, false, false, false},
    {"sufficient with pam_permit behind",
     "auth sufficient pam_thrivestack.so\nauth required pam_permit.so\n", "auth_err"},
    {"sufficient and a neutral module, no pam_deny",
     "auth required pam_env.so\nauth sufficient pam_thrivestack.so\n", "auth_err"},
    {"the same with pam_deny",
     "auth required pam_env.so\nauth sufficient pam_thrivestack.so\nauth required pam_deny.so\n",
     NULL, NULL, true, true, false},
    {"optional before pam_permit",
     "auth optional pam_thrivestack.so\nauth required pam_permit.so\n", "auth_err"},
    {"default=ignore",
     "auth [success=ok default=ignore] pam_thrivestack.so\nauth required pam_permit.so\n",
     "auth_err"},
    {"an outage opens",
     "auth [success=ok authinfo_unavail=ignore default=die] pam_thrivestack.so\nauth required "
     "pam_env.so\n",
     "authinfo_unavail", NULL, true, false, false},
    {"an outage that is called ok is none",
     "auth [success=ok authinfo_unavail=ok default=die] pam_thrivestack.so\n@include common\n"},
    {"second factor", "auth requisite pam_unix.so\nauth required pam_thrivestack.so\n"},
    {"second factor, skipped in an outage",
     "auth requisite pam_unix.so\nauth [success=ok authinfo_unavail=ignore default=die] "
     "pam_thrivestack.so\n",
     NULL, "authinfo_unavail"},
    {"alone", "auth required pam_thrivestack.so\n", NULL, NULL, true, true, false},
    {"optional beside a password", "auth optional pam_thrivestack.so\nauth required pam_unix.so\n",
     NULL, NULL, false, false, true},
    {"within a substack", "auth substack inner\nauth required pam_env.so\n", "auth_err"},
    {"continued, commented, in odd letters",
     "# auth required pam_permit.so\nAUTH \\\n  Sufficient /lib/security/pam_thrivestack.so debug "
     "# x\n"
     "-auth required pam_deny.so\n",
     NULL, NULL, true, true, false},
};

static void
assert_text(const char *got, const char *wanted)
{
    if (wanted == NULL)
        assert_null(got);
    else
        assert_string_equal(got, wanted);
}

static void
test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(shapes); i++) {
        struct file files[] = {{"service", shapes[i].text},
                               {"common", common_auth},
                               {"inner", "auth sufficient pam_thrivestack.so\n"},
                               {"denies", "auth [success=done user_unknown=ignore default=die] "
                                          "pam_thrivestack.so\n"},
                               {NULL, NULL}};
        const struct pam_files source = {read_text, files};
        TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
        struct pam_rating rating;
        struct ts_err err = {0};

        print_message("%s\n", shapes[i].name);
        assert_int_equal(pam_stack_read(&source, "service", PAM_STACK_AUTH, &stack, &err), 0);
        assert_non_null(pam_stack_find_module(&stack));
        pam_rate_auth(&stack, &rating);
        assert_text(rating.fails_open, shapes[i].fails_open);
        assert_text(rating.factor_skipped, shapes[i].factor_skipped);
        if (rating.fails_open != NULL)
            continue;
        assert_int_equal(rating.no_fallback, shapes[i].no_fallback);
        assert_int_equal(rating.no_outage_fallback, shapes[i].no_outage_fallback);
        assert_int_equal(rating.no_effect, shapes[i].no_effect);
        assert_int_equal(rating.refuses_others, shapes[i].refuses_others);
    }
}

static void
test_account(void **state)
{
    static const struct {
        const char *text;
        bool denies;
    } cases[] = {
        {"account required pam_thrivestack.so\n", true},
        {"account required pam_thrivestack.so\naccount required pam_unix.so\n", false},
        {"account sufficient pam_thrivestack.so\naccount required pam_unix.so\n", false},
        {"account sufficient pam_thrivestack.so\n", true},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        struct file files[] = {{"service", cases[i].text}, {NULL, NULL}};
        const struct pam_files source = {read_text, files};
        TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
        struct ts_err err = {0};

        assert_int_equal(pam_stack_read(&source, "service", PAM_STACK_ACCOUNT, &stack, &err), 0);
        assert_int_equal(pam_denies_account(&stack), cases[i].denies);
    }
}

static void
test_refused(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"auth\n", "service:1: the control"},
        {"\nauth required\n", "service:2: no module"},
        {"auth sometimes pam_unix.so\n", "service:1: the control"},
        {"auth [success=ok default=sometimes] pam_unix.so\n", "service:1: the control"},
        {"auth [success=ok pam_unix.so\n", "service:1: the control"},
        {"auth [success=0] pam_unix.so\n", "service:1: the control"},
        {"authe required pam_unix.so\n", "service:1: it begins with no type"},
        {"@include nowhere\n", "service:1: the file that is included"},
        {"auth substack service\n", "deeply"},
        {"@include twice\n", "files are included"},
        {"@include\n", "service:1: no file"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(cases); i++) {
        struct file files[] = {{"service", cases[i].text},
                               {"twice", "@include a\n@include a\n"},
                               {"a", "@include b\n@include b\n"},
                               {"b", "@include c\n@include c\n"},
                               {"c", "@include d\n@include d\n"},
                               {"d", "@include e\n@include e\n"},
                               {"e", "@include f\n@include f\n"},
                               {"f", "@include g\n@include g\n"},
                               {"g", "@include h\n@include h\n"},
                               {"h", "# nothing\n"},
                               {NULL, NULL}};
        const struct pam_files source = {read_text, files};
        TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
        struct ts_err err = {0};

        assert_int_equal(pam_stack_read(&source, "service", PAM_STACK_AUTH, &stack, &err),
                         TS_ERR_SYNTAX);
        assert_non_null(strstr(err.text, cases[i].says));
    }
}

/* --- against Linux-PAM: stacks of pam_debug.so, which returns what its arguments name */

static const char *const outcomes[] = {"success",         "auth_err",         "user_unknown",
                                       "perm_denied",     "authinfo_unavail", "ignore",
                                       "new_authtok_reqd"};
static const char *const words[] = {"required", "requisite", "sufficient", "optional"};
static const char *const effects[] = {"ok", "done", "bad", "die", "ignore", "reset", "1", "2"};

#define PICK(table) (table)[(size_t)random() % TS_ARRAY_LEN(table)]

/* What pam_debug is to return; `context` is which argument of `auth=CODE cred=CODE` counts. */
static int
configured(const void *context, const struct pam_line *line)
{
    return pam_stack_code(line->arguments.items[*(const size_t *)context] + strlen("auth="));
}

/* A stack with jumps, and with substacks and includes of the other two. libpam looks for those in
 * /etc/pam.d, whatever folder it was given, so they are named by their paths. */
static void
write_stack(struct ts_secret *text, const char *folder)
{
    size_t len = 1 + (size_t)random() % 6;

    for (size_t i = 0; i < len; i++) {
        const char *outcome = PICK(outcomes);

        switch (random() % (folder != NULL ? 6 : 4)) {
        case 0:
        case 1:
            assert_int_equal(ts_secret_append_format(text, "auth %s pam_debug.so auth=%s cred=%s\n",
                                                     PICK(words), outcome, PICK(outcomes)),
                             0);
            break;
        case 2:
        case 3:
            assert_int_equal(
                ts_secret_append_format(
                    text, "auth [%s=%s success=%s default=%s] pam_debug.so auth=%s cred=%s\n",
                    PICK(outcomes), PICK(effects), PICK(effects), PICK(effects), outcome,
                    PICK(outcomes)),
                0);
            break;
        default:
            assert_int_equal(ts_secret_append_format(text, "auth %s %s/other%ld\n",
                                                     random() % 2 ? "substack" : "include",
                                                     folder != NULL ? folder : "", random() % 2),
                             0);
        }
    }
}

static int
say_nothing(int count, const struct pam_message **messages, struct pam_response **ret,
            void *context)
{
    (void)messages;
    (void)context;
    *ret = calloc((size_t)count, sizeof(**ret));
    return *ret != NULL ? PAM_SUCCESS : PAM_CONV_ERR;
}

static void
write_file(const char *folder, const char *name, const char *text)
{
    char path[256];

    assert_true(snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
remove_files(const char *folder, const char *const *names)
{
    char path[256];

    for (; *names != NULL; names++) {
        assert_true(snprintf(path, sizeof(path), "%s/%s", folder, *names) < (int)sizeof(path));
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* What libpam makes of the stack; `call` is the only one for its handle. */
static int
ask_pam(const char *folder, int (*call)(pam_handle_t *handle, int flags), int flags)
{
    const struct pam_conv conversation = {say_nothing, NULL};
    pam_handle_t *handle = NULL;

    assert_int_equal(pam_start_confdir("service", "nobody", &conversation, folder, &handle),
                     PAM_SUCCESS);
    int code = call(handle, flags);
    assert_int_equal(pam_end(handle, code), PAM_SUCCESS);
    return code;
}

/* The calls by which a login can fail, and which argument of pam_debug counts for them. */
static const struct {
    const char *name;
    int (*call)(pam_handle_t *handle, int flags);
    int flags;
    size_t argument;
} calls[] = {
    {"authenticate", pam_authenticate, 0, 0},
    {"setcred without authenticate", pam_setcred, PAM_ESTABLISH_CRED, 1},
};

#define TRIALS 500

static void
test_against_linux_pam(void **state)
{
    char folder[] = "/tmp/pam-judge.XXXXXX";
    unsigned opened[TS_ARRAY_LEN(calls)] = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    srandom(20240829);
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret service = TS_SECRET_INIT(8192);
        TS_CLEANUP(ts_secret_release) struct ts_secret first = TS_SECRET_INIT(8192);
        TS_CLEANUP(ts_secret_release) struct ts_secret second = TS_SECRET_INIT(8192);
        TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
        struct ts_err err = {0};

        write_stack(&service, folder);
        write_stack(&first, NULL);
        write_stack(&second, NULL);
        struct file files[] = {{"service", ts_secret_string(&service)},
                               {"other0", ts_secret_string(&first)},
                               {"other1", ts_secret_string(&second)},
                               {"other", "auth required pam_deny.so\n"},
                               {NULL, NULL}};
        const struct pam_files source = {read_text, files};
        assert_int_equal(pam_stack_read(&source, "service", PAM_STACK_AUTH, &stack, &err), 0);
        for (const struct file *file = files; file->name != NULL; file++)
            write_file(folder, file->name, file->text);
        for (size_t i = 0; i < TS_ARRAY_LEN(calls); i++) {
            int ours = pam_simulate(&stack, configured, &calls[i].argument);
            int theirs = ask_pam(folder, calls[i].call, calls[i].flags);

            /* Which failure it is depends on the version; whether it opens does not. */
            if ((ours == 0) != (theirs == PAM_SUCCESS))
                fail_msg("trial %u, %s: %d here, %d there:\n%s-- other0\n%s-- other1\n%s", trial,
                         calls[i].name, ours, theirs, files[0].text, files[1].text, files[2].text);
            opened[i] += theirs == PAM_SUCCESS;
        }
    }
    /* Neither answer can be the only one that was tried. */
    for (size_t i = 0; i < TS_ARRAY_LEN(calls); i++)
        assert_in_range(opened[i], TRIALS / 20, TRIALS - TRIALS / 20);
    remove_files(folder, (const char *const[]){"service", "other0", "other1", "other", NULL});
}

/* What pam_setcred of modules that check no secret makes of a stack, here and in libpam. */
static void
test_modules_against_linux_pam(void **state)
{
    static const char *const modules[] = {
        "pam_permit",    "pam_deny",      "pam_env",  "pam_faildelay", "pam_nologin",
        "pam_securetty", "pam_shells",    "pam_warn", "pam_access",    "pam_issue",
        "pam_rootok",    "pam_faillock",  "pam_unix", "pam_wheel",     "pam_usertype",
        "pam_echo",      "pam_localuser",
    };
    static const char *const controls[] = {"[ignore=die default=ok]",
                                           "[success=ok ignore=ignore default=die]"};
    char folder[] = "/tmp/pam-judge.XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < TS_ARRAY_LEN(modules) * TS_ARRAY_LEN(controls); i++) {
        const char *module = modules[i / TS_ARRAY_LEN(controls)];
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(512);
        TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
        struct ts_err err = {0};

        assert_int_equal(ts_secret_append_format(&text,
                                                 "auth %s %s.so\nauth optional pam_permit.so\n",
                                                 controls[i % TS_ARRAY_LEN(controls)], module),
                         0);
        struct file files[] = {{"service", ts_secret_string(&text)},
                               {"other", "auth required pam_deny.so\n"},
                               {NULL, NULL}};
        const struct pam_files source = {read_text, files};
        assert_int_equal(pam_stack_read(&source, "service", PAM_STACK_AUTH, &stack, &err), 0);
        write_file(folder, "service", files[0].text);
        write_file(folder, "other", files[1].text);
        if (pam_denies_setcred(&stack) !=
            (ask_pam(folder, pam_setcred, PAM_ESTABLISH_CRED) != PAM_SUCCESS))
            fail_msg("pam_setcred of %s", files[0].text);
    }
    remove_files(folder, (const char *const[]){"service", "other", NULL});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_against_linux_pam),
        cmocka_unit_test(test_modules_against_linux_pam),
    };

    return cmocka_run_group_tests_name("pam_simulate", tests, NULL, NULL);
}
