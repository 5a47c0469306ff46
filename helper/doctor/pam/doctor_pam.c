/* Every stack in /etc/pam.d that names the module: what it allows, found by simulation. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/policy/module_options.h"
#include "helper/doctor/doctor.h"
#include "helper/doctor/pam/pam_folder.h"
#include "helper/doctor/pam/pam_length.h"
#include "helper/doctor/pam/pam_simulate.h"

#define MODULE "pam_thrivestack"

/* The services by which people log in to the machine or become root. */
static const char *const ways_in[] = {
    "login",        "sshd", "su",  "su-l",    "sudo",     "sudo-i", "remote",     "lightdm",
    "gdm-password", "sddm", "xdm", "cockpit", "polkit-1", "doas",   "common-auth"};

static bool
is_way_in(const char *service)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(ways_in); i++)
        if (strcmp(ways_in[i], service) == 0)
            return true;
    return false;
}

/* One stack, as far as findings need it. */
struct examined {
    struct doctor *doctor;
    const char *service;
    const struct pam_line *line; /* the module's first */
};

/* A line that many services include is reported once. */
static bool
is_reported(const struct examined *examined, enum finding_code code)
{
    TS_CLEANUP(ts_string_free) char *place = NULL;
    const struct findings *findings = &examined->doctor->findings;

    if (asprintf(&place, "%s:%u: ", examined->line->file, examined->line->number) < 0) {
        place = NULL;
        return false;
    }
    for (size_t i = 0; i < findings->len; i++)
        if (findings->items[i].code == code &&
            strncmp(findings->items[i].text, place, strlen(place)) == 0)
            return true;
    return false;
}

static int
report_line_finding(const struct examined *examined, enum finding_code code, const char *what,
                    const char *detail)
{
    if (is_reported(examined, code))
        return 0;
    return findings_add(&examined->doctor->findings, code, "%s:%u: service %s: %s%s",
                        examined->line->file, examined->line->number, examined->service, what,
                        detail);
}

/* Services that call pam_setcred in a process in which pam_authenticate did not run: sshd forks for
 * it, cron and the like never call it, and login does not if it is given -f. */
static const struct {
    const char *service;
    bool never_authenticates;
} without_authenticate[] = {
    {"sshd", false}, {"login", false}, {"remote", false},      {"cron", true},
    {"crond", true}, {"atd", true},    {"systemd-user", true},
};

static int
report_setcred(const struct examined *examined, const struct pam_rating *rating,
               const struct pam_stack *stack)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(without_authenticate); i++) {
        if (strcmp(without_authenticate[i].service, examined->service) != 0)
            continue;
        if (without_authenticate[i].never_authenticates && pam_denies_setcred(stack))
            return report_line_finding(examined, FIND_PAM_SETCRED,
                                       "pam_setcred fails, so none of its jobs run", "");
        if (rating->refuses_others)
            return report_line_finding(
                examined, FIND_PAM_SETCRED,
                "pam_setcred fails for everybody who logs in without a token, after their "
                "password was accepted",
                "");
        if (rating->refuses_tokens)
            return report_line_finding(examined, FIND_PAM_SETCRED,
                                       "pam_setcred fails for everybody who logs in with a token",
                                       "");
    }
    return 0;
}

static int
report_auth(const struct examined *examined, const struct pam_rating *rating, bool works)
{
    bool way_in = is_way_in(examined->service);

    if (rating->fails_open != NULL)
        return report_line_finding(
            examined, FIND_PAM_FAIL_OPEN,
            "anybody gets in without a token or a password if the module returns ",
            rating->fails_open);
    if (rating->factor_skipped != NULL)
        return report_line_finding(
            examined, FIND_PAM_FACTOR_SKIPPED,
            "it demands token and password, but a password alone is enough if the module "
            "returns ",
            rating->factor_skipped);
    if (rating->no_effect)
        return report_line_finding(examined, FIND_PAM_NO_EFFECT,
                                   "a valid token does not grant access here", "");
    if (rating->no_fallback && way_in)
        return report_line_finding(examined, FIND_PAM_LOCK_OUT,
                                   "users whom no key lists, perhaps root, cannot get in", "");
    /* ssh also has public keys, so the sample stack for sshd does this on purpose. */
    if (rating->no_outage_fallback && way_in && strcmp(examined->service, "sshd") != 0)
        return report_line_finding(examined, FIND_PAM_OUTAGE,
                                   "nobody gets in while policy.conf is broken", "");
    if (!works)
        return 0;
    if (doctor_service_is_skipped(examined->doctor, examined->service))
        return findings_add(
            &examined->doctor->findings, FIND_PAM,
            "%s:%u: service %s: correct; no section of the policy is for it, so it goes on "
            "without a token",
            examined->line->file, examined->line->number, examined->service);
    return findings_add(&examined->doctor->findings, FIND_PAM, "%s:%u: service %s: correct",
                        examined->line->file, examined->line->number, examined->service);
}

/* The module's arguments in one line; *ret_right is false if it refuses everything because of them.
 */
static int
check_arguments(const struct examined *examined, struct ts_module_options *ret, bool *ret_right)
{
    const struct ts_list *arguments = &examined->line->arguments;
    struct ts_err problem = {.code = 0};

    *ret_right = ts_module_options_parse((int)arguments->len, (const char *const *)arguments->items,
                                         TS_SYSCONFDIR "/policy.conf", ret, &problem) == 0;
    return *ret_right ? 0 : report_line_finding(examined, FIND_PAM_ARGUMENT, problem.text, "");
}

/* What an auth line of the module needs; *ret_works is false if it cannot accept a token. */
static int
check_line(const struct examined *examined, bool *ret_works, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *place = NULL;
    struct ts_module_options options;
    struct doctor *doctor = examined->doctor;
    size_t policy = 0;

    int rc = check_arguments(examined, &options, ret_works);
    if (rc < 0 || !*ret_works)
        return rc;
    if (asprintf(&place, "%s:%u", examined->line->file, examined->line->number) < 0) {
        place = NULL;
        return ts_err_nomem(err);
    }
    rc = doctor_policy_load(doctor, options.policy, place, &policy, err);
    if (rc < 0)
        return rc;
    *ret_works = doctor->policies[policy].is_sound;
    const struct doctor_use use = {(char *)(uintptr_t)examined->service, policy,
                                   pam_line_skips_strangers(examined->line)};
    return *ret_works ? doctor_use_add(doctor, &use) : 0;
}

/* Every line of the module in a stack; *ret_work is false if one of them does not work. */
static int
check_lines(struct doctor *doctor, const char *service, const struct pam_stack *stack,
            bool *ret_work, struct ts_err *err)
{
    int rc = 0;

    *ret_work = true;
    for (size_t i = 0; i < stack->len && rc == 0; i++) {
        const struct examined examined = {doctor, service, &stack->lines[i]};
        bool works = true;

        if (pam_line_is(examined.line, MODULE))
            rc = check_line(&examined, &works, err);
        *ret_work &= works;
    }
    return rc;
}

static int
check_auth(struct doctor *doctor, const char *service, const struct pam_stack *stack,
           struct ts_err *err)
{
    const struct examined examined = {doctor, service, pam_stack_find_module(stack)};
    struct pam_rating rating;
    bool works = true;

    if (examined.line == NULL)
        return 0;
    int rc = ts_list_add(&doctor->pam_services, service, err);
    if (rc == 0)
        rc = check_lines(doctor, service, stack, &works, err);
    if (rc < 0)
        return rc;
    pam_rate_auth(stack, &rating);
    size_t before = doctor->findings.len;
    rc = report_setcred(&examined, &rating, stack);
    return rc < 0 ? rc : report_auth(&examined, &rating, works && doctor->findings.len == before);
}

static int
check_account(struct doctor *doctor, const char *service, const struct pam_stack *stack,
              struct ts_err *err)
{
    const struct examined examined = {doctor, service, pam_stack_find_module(stack)};

    (void)err;
    if (examined.line == NULL)
        return 0;
    return report_line_finding(
        &examined, FIND_PAM_ACCOUNT,
        pam_denies_account(stack)
            ? "the account stack has only this module, so it refuses everybody"
            : "the module is listed for account, where it decides nothing",
        "");
}

/* With wrong arguments the module does not open a session either. */
static int
check_session(struct doctor *doctor, const char *service, const struct pam_stack *stack,
              struct ts_err *err)
{
    struct ts_module_options ignored;
    int rc = 0;

    (void)err;
    for (size_t i = 0; i < stack->len && rc == 0; i++) {
        const struct examined examined = {doctor, service, &stack->lines[i]};
        bool is_right = true;

        if (pam_line_is(examined.line, MODULE))
            rc = check_arguments(&examined, &ignored, &is_right);
    }
    return rc;
}

static const struct {
    enum pam_stack_type type;
    int (*check)(struct doctor *doctor, const char *service, const struct pam_stack *stack,
                 struct ts_err *err);
} stacks[] = {
    {PAM_STACK_AUTH, check_auth},
    {PAM_STACK_ACCOUNT, check_account},
    {PAM_STACK_SESSION, check_session},
};

/* A stack that cannot be read is reported only if it names the module. */
static bool
names_module(const char *service)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(PAM_STACK_FILE_MAX);
    TS_CLEANUP(ts_string_free) char *path = NULL;

    if (asprintf(&path, PAM_FOLDER "/%s", service) < 0) {
        path = NULL;
        return false;
    }
    TS_CLEANUP(ts_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && ts_secret_read_fd(&text, fd) == 0 &&
           strstr(ts_secret_string(&text), MODULE) != NULL;
}

static int
check_service(struct doctor *doctor, const char *service, struct ts_err *err)
{
    const struct pam_files files = {pam_folder_read, NULL};
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(stacks) && rc == 0; i++) {
        TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};

        rc = pam_stack_read(&files, service, stacks[i].type, &stack, err);
        if (rc == 0)
            rc = stacks[i].check(doctor, service, &stack, err);
        else if (rc != TS_ERR_NOMEM && names_module(service))
            return findings_add(&doctor->findings, FIND_PAM_UNREADABLE, "%s", err->text);
        else if (rc != TS_ERR_NOMEM)
            return 0;
    }
    return rc;
}

/* Files that the same program uses under another name. */
static int
check_other_names(struct doctor *doctor, const struct ts_list *files)
{
    static const struct {
        const char *service;
        const char *other;
        const char *command;
    } names[] = {{"sudo", "sudo-i", "sudo -i"}, {"su", "su-l", "su -"}};
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(names) && rc == 0; i++)
        if (ts_list_has(&doctor->pam_services, names[i].service) &&
            !ts_list_has(&doctor->pam_services, names[i].other) &&
            ts_list_has(files, names[i].other))
            rc = findings_add(&doctor->findings, FIND_PAM_OTHER_NAME,
                              "service %s uses the module, but '%s' reads %s/%s, which does not",
                              names[i].service, names[i].command, PAM_FOLDER, names[i].other);
    return rc;
}

static int
check_lengths(struct doctor *doctor)
{
    const struct pam_length *row;
    int rc = 0;

    for (size_t i = 0; rc == 0 && (row = pam_length_at(i)) != NULL; i++)
        if (ts_list_has(&doctor->pam_services, row->service))
            rc = findings_add(&doctor->findings, FIND_PAM_CUTS_TOKEN,
                              "service %s: the program passes on %u characters at most, and every "
                              "token is longer; use %s",
                              row->service, row->characters, row->instead);
    return rc;
}

int
doctor_pam(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list names = {NULL, 0};
    int rc = pam_folder_list(&names, err);

    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_PAM_UNREADABLE, "%s", err->text);
    for (size_t i = 0; i < names.len && rc == 0; i++)
        rc = check_service(doctor, names.items[i], err);
    if (rc == 0)
        rc = check_other_names(doctor, &names);
    if (rc == 0)
        rc = check_lengths(doctor);
    if (rc < 0 || doctor->pam_services.len > 0)
        return rc;
    if (doctor->policies_len > 0 && doctor->policies[0].is_sound)
        return findings_add(&doctor->findings, FIND_PAM_UNUSED,
                            "policy.conf exists, but no file in %s uses the module for auth",
                            PAM_FOLDER);
    if (findings_has(&doctor->findings, FIND_POLICY_INVALID))
        return 0;
    return findings_add(&doctor->findings, FIND_HOST_UNUSED, "this host does not accept tokens");
}
