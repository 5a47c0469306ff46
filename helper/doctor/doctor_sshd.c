/* sshd's settings, as `sshd -T` prints them: in general, and for users of `Match User`; and what
 * other Match blocks say. */
#include <string.h>
#include <strings.h>

#include "common/base/cleanup.h"
#include "helper/doctor/doctor.h"
#include "helper/doctor/sshd_config.h"
#include "helper/doctor/sshd_match.h"

#define USERS_MAX 16

/* `user` is NULL for the settings that count where no Match applies. Returns false in *ret_right if
 * something is wrong. */
static int
report_settings(struct doctor *doctor, const struct ts_secret *output, const char *user,
                bool *ret_right)
{
    const char *who = user != NULL ? " for user " : "";

    *ret_right = false;
    if (!sshd_config_says(output, "usepam yes\n"))
        return findings_add(&doctor->findings, FIND_SSHD_NO_PAM, "sshd does not use PAM");
    if (!sshd_config_says(output, "kbdinteractiveauthentication yes\n"))
        return findings_add(&doctor->findings, FIND_SSHD_NO_KEYBOARD,
                            "sshd does not offer keyboard-interactive%s%s", who,
                            user != NULL ? user : "");
    if (!sshd_config_allows(output, "keyboard-interactive"))
        return findings_add(&doctor->findings, FIND_SSHD_METHODS,
                            "sshd's AuthenticationMethods have no keyboard-interactive%s%s, so it "
                            "never asks for a token",
                            who, user != NULL ? user : "");
    *ret_right = true;
    return 0;
}

static int
check_sshd_user(struct doctor *doctor, const char *user, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(DOCTOR_OUTPUT_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret connection = TS_SECRET_INIT(512);
    bool is_right = true;

    if (ts_secret_append_format(&connection, "user=%s,host=localhost,addr=127.0.0.1", user) < 0)
        return ts_err_nomem(err);
    const char *const argv[] = {"sshd", "-T", "-C", ts_secret_string(&connection), NULL};
    int rc = doctor_run(argv, &output, &is_right, err);
    return rc < 0 || !is_right ? rc : report_settings(doctor, &output, user, &is_right);
}

/* Whether a block is for users who were asked about one by one. */
static bool
is_of_users(const char *block)
{
    return strncasecmp(block, "'Match User ", strlen("'Match User ")) == 0 &&
           strpbrk(block, "*?!") == NULL;
}

static int
check_matches(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(sshd_matches_release) struct sshd_matches matches = SSHD_MATCHES_INIT;
    int rc = sshd_matches_read(&matches, err);

    for (size_t i = 0; i < matches.users.len && i < USERS_MAX && rc == 0; i++)
        rc = check_sshd_user(doctor, matches.users.items[i], err);
    for (size_t i = 0; i < matches.no_prompts.len && rc == 0; i++)
        if (!is_of_users(matches.no_prompts.items[i]))
            rc = findings_add(&doctor->findings, FIND_SSHD_MATCH,
                              "%s offers no keyboard-interactive, so its people are never asked "
                              "for a token",
                              matches.no_prompts.items[i]);
    return rc;
}

int
doctor_sshd(struct doctor *doctor, struct ts_err *err)
{
    static const char *const argv[] = {"sshd", "-T", NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(DOCTOR_OUTPUT_MAX);
    bool is_right = false;

    if (!ts_list_has(&doctor->pam_services, "sshd"))
        return 0;
    int rc = doctor_run(argv, &output, &is_right, err);
    if (rc == TS_ERR_NOT_FOUND)
        return findings_add(&doctor->findings, FIND_SSHD, "sshd is not installed");
    if (rc < 0)
        return rc;
    if (!is_right)
        return findings_add(&doctor->findings, FIND_SSHD_UNKNOWN,
                            "sshd -T does not print its settings");
    rc = report_settings(doctor, &output, NULL, &is_right);
    if (rc == 0 && is_right)
        rc = findings_add(&doctor->findings, FIND_SSHD,
                          "sshd uses PAM and offers keyboard-interactive%s",
                          sshd_config_says(&output, "passwordauthentication yes\n")
                              ? "; it also offers the password method, which does not fit long "
                                "tokens"
                              : "");
    return rc == 0 && is_right ? check_matches(doctor, err) : rc;
}
