#include "helper/setup/plan.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/path.h"
#include "common/config/host.h"
#include "helper/setup/text_lines.h"

#define USERNAME_MAX 1024

void
setup_release(struct setup *setup)
{
    for (size_t i = 0; i < setup->steps_len; i++) {
        setup_file_release(&setup->steps[i].file);
        ts_secret_release(&setup->steps[i].text);
    }
    free(setup->host);
    free(setup->path);
    free(setup->username);
    ts_secret_release(&setup->plan);
    ts_secret_release(&setup->notes);
    ts_secret_release(&setup->hints);
}

/* Whether the text has that line already. */
static bool
has_line(const struct ts_secret *text, const char *line)
{
    size_t len = strlen(line);

    for (const char *at = ts_secret_string(text); (at = strstr(at, line)) != NULL; at += len)
        if ((at == ts_secret_string(text) || at[-1] == '\n') && at[len] == '\n')
            return true;
    return false;
}

/* Whether an undoing has nothing to write, but leaves a backup behind that nothing needs. */
static bool
leaves_backup(const struct setup *setup, const struct setup_file *file,
              const struct ts_secret *text)
{
    return setup->remove && file->has_backup && !file->kind->has_ours(text);
}

static struct setup_step *
find_step(struct setup *setup, const char *path)
{
    for (size_t i = 0; i < setup->steps_len; i++)
        if (strcmp(setup->steps[i].file.path, path) == 0)
            return &setup->steps[i];
    return NULL;
}

int
setup_read(struct setup *setup, const char *path, const struct setup_kind *kind,
           struct setup_file *ret, struct ts_err *err)
{
    int rc = setup_file_read(path, kind, ret, err);
    const struct setup_step *step = rc == 0 ? find_step(setup, ret->path) : NULL;

    if (step == NULL)
        return rc;
    return ts_secret_set(&ret->text, ts_secret_string(&step->text), step->text.len) < 0
               ? ts_err_nomem(err)
               : 0;
}

static int
plan_backup(struct setup *setup, const struct setup_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *line = NULL;

    if (asprintf(&line, "  %s: remove, a copy of the file from before setup", file->backup_path) <
        0) {
        line = NULL;
        return ts_err_nomem(err);
    }
    return has_line(&setup->plan, line) ? 0 : setup_plan(setup, err, "%s", line + 2);
}

int
setup_add_text(struct setup *setup, struct setup_file *file, struct ts_secret *text,
               struct ts_err *err)
{
    int rc = 0;

    if (setup->remove && file->has_backup && setup_file_same_lines(text, &file->backup))
        rc = ts_secret_set(text, ts_secret_string(&file->backup), file->backup.len);
    if (rc < 0)
        return ts_err_nomem(err);
    bool same = ts_secret_equal(text, &file->text);
    bool leftover = leaves_backup(setup, file, text);
    if (same && !leftover)
        return 0;
    rc = setup_file_check_folder(file, err);
    if (rc == 0 && leftover)
        rc = plan_backup(setup, file, err);
    if (rc < 0)
        return rc;
    struct setup_step *step = find_step(setup, file->path);
    if (step != NULL) {
        ts_secret_move(&step->text, text);
        return 0;
    }
    if (setup->steps_len == SETUP_STEPS_MAX)
        return ts_err_set(err, TS_ERR_CONFIG, "more than %d changes", SETUP_STEPS_MAX);
    step = &setup->steps[setup->steps_len++];
    *step = (struct setup_step){.file = *file, .text = TS_SECRET_INIT(SETUP_FILE_MAX)};
    *file = SETUP_FILE_INIT;
    ts_secret_move(&step->text, text);
    return 0;
}

__attribute__((format(printf, 3, 0))) static int
add_once(struct ts_secret *to, struct ts_err *err, const char *format, va_list args)
{
    TS_CLEANUP(ts_string_free) char *line = NULL;

    if (vasprintf(&line, format, args) < 0) {
        line = NULL;
        return ts_err_nomem(err);
    }
    if (has_line(to, line))
        return 0;
    return ts_secret_append_format(to, "%s\n", line) < 0 ? ts_err_nomem(err) : 0;
}

int
setup_plan(struct setup *setup, struct ts_err *err, const char *format, ...)
{
    TS_CLEANUP(ts_string_free) char *line = NULL;
    va_list args;

    va_start(args, format);
    int len = vasprintf(&line, format, args);
    va_end(args);
    if (len < 0)
        line = NULL;
    return line == NULL || ts_secret_append_format(&setup->plan, "  %s\n", line) < 0
               ? ts_err_nomem(err)
               : 0;
}

int
setup_note(struct setup *setup, struct ts_err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int rc = add_once(&setup->notes, err, format, args);
    va_end(args);
    return rc;
}

int
setup_hint(struct setup *setup, struct ts_err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int rc = add_once(&setup->hints, err, format, args);
    va_end(args);
    return rc;
}

int
setup_plan_lines(struct setup *setup, const char *lines, struct ts_err *err)
{
    int rc = 0;

    while (*lines != '\0' && rc == 0) {
        int len = (int)strcspn(lines, "\n");

        rc = setup_plan(setup, err, "    %.*s", len, lines);
        lines += len + (lines[len] == '\n');
    }
    return rc;
}

/* Whether a line is in the rest of a text. */
static bool
has_line_after(const struct ts_secret *text, size_t at, const struct text_line *line)
{
    while (at < text->len) {
        struct text_line other = text_line_at(text, at);

        if (other.len == line->len && memcmp(other.text, line->text, line->len) == 0)
            return true;
        at += other.size;
    }
    return false;
}

int
setup_plan_change(struct setup *setup, const struct setup_file *file, const struct ts_secret *text,
                  struct ts_err *err)
{
    size_t before = 0;
    size_t after = 0;
    int rc = setup_plan(setup, err, "%s:", file->name);

    while (rc == 0 && (before < file->text.len || after < text->len)) {
        struct text_line old = text_line_at(&file->text, before);
        struct text_line new = text_line_at(text, after);

        if (old.size > 0 && new.size > 0 && old.len == new.len &&
            memcmp(old.text, new.text, old.len) == 0) {
            before += old.size;
            after += new.size;
        } else if (old.size > 0 && !has_line_after(text, after, &old)) {
            rc = setup_plan(setup, err, "    remove %.*s", (int)old.len, old.text);
            before += old.size;
        } else {
            rc = setup_plan(setup, err, "    add    %.*s", (int)new.len, new.text);
            after += new.size;
        }
    }
    return rc;
}

int
setup_program(const char *name, char **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    int rc = ts_path_folder(TS_HELPER_PATH, &folder, err);

    return rc < 0 ? rc : ts_path_join(folder, name, ret, err);
}

/* Whether a line `username = NAME` reads back as the name. */
static bool
is_username(const char *name)
{
    size_t count = 0;
    const struct ts_config_setting *settings = ts_config_settings(&count);
    size_t len = strlen(name);

    if (len == 0 || len > USERNAME_MAX || strchr(" \t", name[0]) != NULL ||
        strchr(" \t", name[len - 1]) != NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(settings[i].section, "host") == 0 && strcmp(settings[i].key, "username") == 0)
            return settings[i].check(name) == NULL;
    return false;
}

int
setup_set_username(struct setup *setup, const char *name, struct ts_err *err)
{
    ts_string_free(&setup->username);
    if (!is_username(name))
        return 0;
    setup->username = strdup(name);
    return setup->username != NULL ? 0 : ts_err_nomem(err);
}

/* What of the argument names the host: of a URL, no scheme, user, path and trailing dot. */
static int
strip_url(const char *argument, char **ret, struct ts_err *err)
{
    const char *scheme_end = strstr(argument, "://");
    const char *start = scheme_end != NULL ? scheme_end + 3 : argument;
    const char *at = memchr(start, '@', strcspn(start, "/?#"));

    if (scheme_end == NULL) {
        if (at != NULL)
            return ts_err_set(err, TS_ERR_USAGE, "setup needs a host alone: leave out '%.*s'",
                              (int)(at + 1 - argument), argument);
        *ret = strdup(argument);
        return *ret != NULL ? 0 : ts_err_nomem(err);
    }
    if (strncasecmp(argument, "http:", 5) == 0)
        return ts_err_set(err, TS_ERR_USAGE, "tokens are sent over https only, not to '%s'",
                          argument);
    start = at != NULL ? at + 1 : start;
    *ret = strndup(start, strcspn(start, "/?#"));
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

int
setup_parse_host(struct setup *setup, const char *argument, struct ts_err *err)
{
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {NULL, 0, false, NULL};
    TS_CLEANUP(ts_string_free) char *lower = NULL;
    int rc = strip_url(argument, &lower, err);

    setup->argument = argument;
    if (rc < 0)
        return rc;
    for (char *c = lower; *c != '\0' && *c != '/'; c++)
        *c = ts_text_lower(*c);
    rc = ts_host_pattern_parse(lower, &pattern, err);
    if (rc == TS_ERR_SYNTAX) {
        struct ts_err cause = *err;

        return ts_err_set(err, TS_ERR_USAGE, "'%s' is not a host: %s", argument, cause.text);
    }
    if (rc == 0 && pattern.wildcard)
        return ts_err_set(err, TS_ERR_USAGE, "setup needs one host, not '%s'", argument);
    if (rc < 0)
        return rc;
    lower[strcspn(lower, "/")] = '\0';
    setup->host = TS_TAKE(lower);
    setup->path = strdup(pattern.path);
    return setup->path != NULL ? 0 : ts_err_nomem(err);
}

static int
apply_step(const struct setup *setup, const struct setup_step *step, struct ts_err *err)
{
    if (ts_secret_equal(&step->text, &step->file.text) && step->file.exists)
        return 0;
    int rc = setup->remove ? 0 : setup_file_back_up(&step->file, err);
    return rc < 0 ? rc : setup_file_replace(&step->file, &step->text, err);
}

/* Gives a file back what it held; a new one goes. */
static int
undo_step(const struct setup_step *step, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file now = SETUP_FILE_INIT;

    if (!step->file.exists) {
        TS_CLEANUP(ts_string_free) char *folder = NULL;

        if (unlink(step->file.path) != 0 && errno != ENOENT)
            return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be removed", step->file.path);
        if (step->file.kind->owned && ts_path_folder(step->file.path, &folder, err) == 0)
            (void)rmdir(folder);
        return 0;
    }
    int rc = setup_file_read(step->file.name, step->file.kind, &now, err);
    if (rc == 0 && !ts_secret_equal(&now.text, &step->file.text))
        rc = setup_file_replace(&now, &step->file.text, err);
    return rc;
}

/* The backups of an undone change go, too. */
static int
undo(const struct setup *setup, size_t made)
{
    struct ts_err ignored;
    int rc = 0;

    if (made < setup->steps_len && !setup->remove)
        (void)setup_file_tidy(&setup->steps[made].file, &ignored);
    for (size_t i = made; i > 0 && rc == 0; i--) {
        rc = undo_step(&setup->steps[i - 1], &ignored);
        if (rc == 0)
            (void)setup_file_tidy(&setup->steps[i - 1].file, &ignored);
    }
    return rc;
}

/* The list of changes was printed above the error; say what is left of them. */
static int
give_up(const struct setup *setup, size_t made, struct ts_err *err)
{
    if (setup->undo_begin != NULL)
        setup->undo_begin(setup->context);
    if (undo(setup, made) == 0)
        return ts_err_set(err, err->code, "nothing was changed: %.700s", err->text);
    return ts_err_set(err, err->code, "only %zu of %zu changes made: %.700s", made,
                      setup->steps_len, err->text);
}

/* Nothing is left half-made because of ^C or a closed terminal: it takes a few milliseconds. */
static void
block_signals(sigset_t *ret_before)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, ret_before);
}

static int
apply_steps(struct setup *setup, struct ts_err *err)
{
    for (size_t i = 0; i < setup->steps_len; i++)
        if (apply_step(setup, &setup->steps[i], err) < 0)
            return give_up(setup, i, err);
    if (setup->check != NULL && setup->check(err) < 0)
        return give_up(setup, setup->steps_len, err);
    int rc = 0;
    for (size_t i = 0; i < setup->steps_len && rc == 0 && setup->remove; i++)
        rc = setup_file_tidy(&setup->steps[i].file, err);
    return rc;
}

int
setup_apply(struct setup *setup, struct ts_err *err)
{
    sigset_t before;
    int rc = setup->begin != NULL ? setup->begin(setup->context, err) : 0;

    if (rc < 0) {
        (void)ts_err_prefix(err, "nothing was changed");
        return rc;
    }
    block_signals(&before);
    rc = apply_steps(setup, err);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}
