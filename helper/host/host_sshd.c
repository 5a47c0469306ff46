/* sshd's own configuration: the module's prompts need keyboard-interactive through PAM. */
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/doctor/sshd_config.h"
#include "helper/doctor/sshd_match.h"
#include "helper/host/host.h"
#include "helper/tool.h"

#define SSHD_PATH "/usr/sbin/sshd"
#define MAIN_FILE "/etc/ssh/sshd_config"
#define DROP_IN "/etc/ssh/sshd_config.d/thrivestack.conf"
#define SETTINGS "UsePAM yes\nKbdInteractiveAuthentication yes\n"

static bool
is_own_dropin(const struct ts_secret *text)
{
    return ts_secret_equal_string(text, SETTINGS);
}

static const struct setup_kind drop_in_kind = {.is_empty = setup_file_is_blank,
                                               .has_ours = is_own_dropin,
                                               .owned = true,
                                               .keeps_folder = true};

/* What `sshd -T` prints. TS_ERR_NOT_FOUND where sshd is not installed. */
static int
read_settings(struct ts_secret *ret, struct ts_err *err)
{
    static const char *const argv[] = {"sshd", "-T", NULL};
    const struct tool_call call = {SSHD_PATH, argv, true};
    int status = 0;

    if (access(SSHD_PATH, X_OK) != 0)
        return ts_err_set(err, TS_ERR_NOT_FOUND, "sshd is not installed");
    int rc = tool_run(&call, ret, &status, err);
    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0 || status != 0)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "sshd does not print its settings, so it is not known whether it would "
                          "ask for a token: correct what 'sshd -T' says, then try again");
    return 0;
}

static bool
offers_prompts(const struct ts_secret *settings)
{
    return sshd_config_says(settings, "usepam yes\n") &&
           sshd_config_says(settings, "kbdinteractiveauthentication yes\n");
}

/* Whether sshd_config includes the folder of the drop-in, in a line of its own. */
static bool
includes_folder(const char *text)
{
    for (const char *line = text; *line != '\0';
         line += strcspn(line, "\n"), line += *line == '\n') {
        size_t blank = strspn(line, " \t");

        if (strncasecmp(line + blank, "include", 7) == 0 &&
            memmem(line, strcspn(line, "\n"), "sshd_config.d/*.conf", 20) != NULL)
            return true;
    }
    return false;
}

static int
check_include(struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    int rc = setup_file_read(MAIN_FILE, NULL, &file, err);

    if (rc < 0 || includes_folder(ts_secret_string(&file.text)))
        return rc;
    return ts_err_set(err, TS_ERR_CONFIG,
                      MAIN_FILE " does not include sshd_config.d/*.conf: write the lines 'UsePAM "
                                "yes' and 'KbdInteractiveAuthentication yes' into it, then try "
                                "again");
}

static int
plan_drop_in(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    int rc = setup_file_read(DROP_IN, &drop_in_kind, &file, err);

    if (rc < 0 || (setup->remove && !file.exists))
        return rc;
    if (file.exists && !is_own_dropin(&file.text))
        return setup->remove
                   ? setup_note(setup, err, DROP_IN " was edited by hand and stays")
                   : ts_err_set(err, TS_ERR_CONFIG,
                                DROP_IN " was edited by hand: make it say 'UsePAM yes' and "
                                        "'KbdInteractiveAuthentication yes', then try again");
    if (!setup->remove && ts_secret_append_string(&text, SETTINGS) < 0)
        return ts_err_nomem(err);
    rc = setup_plan(setup, err, DROP_IN ": %s", setup->remove ? "remove" : "write");
    if (rc == 0 && !setup->remove)
        rc = setup_plan_lines(setup, SETTINGS, err);
    return rc < 0 ? rc : setup_add_text(setup, &file, &text, err);
}

/* The drop-in must not let passwords in where sshd takes none today. What `sshd -T` prints holds
 * where no Match block does. */
static int
check_passwords(const struct ts_secret *settings, const struct sshd_matches *matches,
                struct ts_err *err)
{
    static const char danger[] =
        "by keyboard-interactive people whom no key lists could type their "
        "password";

    if (sshd_config_says(settings, "passwordauthentication no\n"))
        return ts_err_set(err, TS_ERR_CONFIG,
                          "sshd has 'PasswordAuthentication no', but %s: if that is right, write "
                          "'UsePAM yes' and 'KbdInteractiveAuthentication yes' into " MAIN_FILE
                          ", then try again",
                          danger);
    if (matches->no_passwords.len == 0)
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "%s has 'PasswordAuthentication no', but %s: write "
                      "'KbdInteractiveAuthentication no' into that block, too, or 'yes' if that is "
                      "right, then try again",
                      matches->no_passwords.items[0], danger);
}

static int
note_matches(struct setup *setup, const struct sshd_matches *matches, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < matches->no_prompts.len && rc == 0; i++)
        rc = setup_note(setup, err,
                        "%s offers no keyboard-interactive: its people are not asked for a token, "
                        "so those whom a key lists get in by public key only",
                        matches->no_prompts.items[i]);
    return rc;
}

static int
plan_settings(struct setup *setup, const struct ts_secret *settings,
              const struct sshd_matches *matches, struct ts_err *err)
{
    int rc = setup->remove ? 0 : check_passwords(settings, matches, err);

    if (rc == 0 && !setup->remove)
        rc = check_include(err);
    if (rc == 0)
        rc = plan_drop_in(setup, err);
    return rc < 0 ? rc
                  : setup_hint(setup, err, "Let sshd read its configuration: systemctl reload ssh");
}

int
host_plan_sshd(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(sshd_matches_release) struct sshd_matches matches = SSHD_MATCHES_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret settings = TS_SECRET_INIT(TOOL_OUTPUT_MAX);
    int rc = setup->remove ? 0 : read_settings(&settings, err);

    if (rc == TS_ERR_NOT_FOUND) {
        setup->check = NULL;
        return setup_note(setup, err,
                          "%s; its configuration was not changed: it needs 'UsePAM yes' and "
                          "'KbdInteractiveAuthentication yes'",
                          err->text);
    }
    if (rc == 0 && !setup->remove)
        rc = sshd_matches_read(&matches, err);
    if (rc == 0)
        rc = note_matches(setup, &matches, err);
    if (rc < 0 || (!setup->remove && offers_prompts(&settings)))
        return rc;
    return plan_settings(setup, &settings, &matches, err);
}

int
host_check_sshd(struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret settings = TS_SECRET_INIT(TOOL_OUTPUT_MAX);
    int rc = read_settings(&settings, err);

    if (rc == TS_ERR_NOT_FOUND)
        return 0;
    if (rc < 0 || offers_prompts(&settings))
        return rc;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "another file sets 'UsePAM' or 'KbdInteractiveAuthentication' before " DROP_IN
                      ": change it there");
}
