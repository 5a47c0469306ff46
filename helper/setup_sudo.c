/*
 * `setup sudo`: for root, `Path askpass` in sudo.conf(5), which is there for everybody; for others,
 * the line for their shell's profile, because sudo has no configuration of a user's own.
 */
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "helper/setup.h"

#define SUDO_CONF "/etc/sudo.conf"
#define MARK "# thrivestack-credential setup sudo\n"

/* The first `Path askpass` that is no comment, or NULL; *ret_len is the line's length, its newline
 * not counted. */
static const char *
find_askpass(const char *text, size_t *ret_len)
{
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        size_t blank = strspn(line, " \t");

        if (blank < len && strncmp(line + blank, "Path", 4) == 0) {
            blank += 4;
            size_t gap = strspn(line + blank, " \t");

            if (gap > 0 && strncmp(line + blank + gap, "askpass", 7) == 0) {
                *ret_len = len;
                return line;
            }
        }
        line += len + (line[len] == '\n');
    }
    return NULL;
}

static int
add(const struct setup_file *file, const char *line, struct ts_secret *ret, struct ts_err *err)
{
    size_t len = 0;
    const char *there = find_askpass(ts_secret_string(&file->text), &len);
    int rc = ts_secret_append(ret, ts_secret_string(&file->text), file->text.len);

    if (there != NULL && (len != strlen(line) || memcmp(there, line, len) != 0))
        return ts_err_set(err, TS_ERR_CONFIG, "%s has another line 'Path askpass'", file->name);
    if (there != NULL)
        return rc < 0 ? ts_err_nomem(err) : 0;
    if (rc == 0 && ret->len > 0 && ret->data[ret->len - 1] != '\n')
        rc = ts_secret_append_string(ret, "\n");
    if (rc == 0)
        rc = ts_secret_append_format(ret, MARK "%s\n", line);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

/* The line with the mark above it; without a mark, it is not ours to take. */
static int
take_out(const struct setup_file *file, const char *line, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret ours = TS_SECRET_INIT(4096);
    const char *text = ts_secret_string(&file->text);

    if (ts_secret_append_format(&ours, MARK "%s\n", line) < 0)
        return ts_err_nomem(err);
    const char *at = strstr(text, ours.data);
    if (at != NULL && at != text && at[-1] != '\n')
        at = NULL;
    size_t before = at != NULL ? (size_t)(at - text) : file->text.len;
    size_t behind = at != NULL ? before + ours.len : file->text.len;
    if (ts_secret_append(ret, text, before) < 0 ||
        ts_secret_append(ret, text + behind, file->text.len - behind) < 0)
        return ts_err_nomem(err);
    return 0;
}

static int
change_file(struct setup *setup, const char *line, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);

    int rc = setup_file_read(SUDO_CONF, true, &file, err);
    if (rc == 0 && ts_secret_has_nul(&file.text))
        rc = ts_err_set(err, TS_ERR_CONFIG, "%s is not a text", file.name);
    if (rc == 0)
        rc = setup->remove ? take_out(&file, line, &text, err) : add(&file, line, &text, err);
    if (rc < 0)
        return rc;
    if (ts_secret_equal(&text, &file.text))
        return setup_note(setup, err, "sudo needs no change");
    rc = setup_plan(setup, err, "%s: %s the line '%s'", file.name,
                    setup->remove ? "without" : "with", line);
    if (rc == 0)
        rc = setup_add_text(setup, &file, &text, err);
    if (rc == 0 && setup->steps_len > 0)
        setup->steps[0].mode = 0644;
    return rc;
}

int
setup_sudo(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;
    TS_CLEANUP(ts_secret_release) struct ts_secret line = TS_SECRET_INIT(2048);

    int rc = setup_program("thrivestack-sudo-askpass", &program, err);
    if (rc < 0)
        return rc;
    if (geteuid() != 0 && setup->remove)
        return setup_note(setup, err, "# Drop SUDO_ASKPASS from your shell's profile.");
    if (geteuid() != 0) {
        rc = setup_note(setup, err,
                        "# 'sudo -A' asks with this line in your shell's profile; root can set it "
                        "for everybody, with the same command.");
        return rc < 0 ? rc : setup_note(setup, err, "export SUDO_ASKPASS=%s", program);
    }
    if (ts_secret_append_format(&line, "Path askpass %s", program) < 0)
        return ts_err_nomem(err);
    return change_file(setup, ts_secret_string(&line), err);
}
