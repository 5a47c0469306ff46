/*
 * `setup` connects a client to this program with the smallest change to that client's own
 * configuration. First the client plans: it reads what is there, and adds changes and words about
 * them. Nothing is written until the plan was shown and confirmed; then setup_apply makes all of
 * it. Which clients there are is none of this folder's business: see helper/clients.c.
 */
#ifndef HELPER_PLAN_H
#define HELPER_PLAN_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/config/config.h"
#include "helper/setup/setup_file.h"

#define SETUP_STEPS_MAX 128

/* The new text of one file. */
struct setup_step {
    struct setup_file file;
    struct ts_secret text;
};

struct setup {
    const struct ts_config *config;
    const char *config_option; /* --config as given, or NULL */
    const char *profile;       /* --profile, or NULL */
    const char *argument;      /* HOST as it was typed, or NULL */
    char *host;                /* in lower case, without a path, or NULL */
    char *path;                /* "/team" or "" */
    char *username;            /* for a [host] section that is made, or NULL */
    bool remove;
    bool bound;                       /* --bound: the [host] section says `bound = yes` */
    int (*check)(struct ts_err *err); /* NULL, or what must hold once all changes are made */
    /* NULL, or what comes before the changes, and can be undone. */
    int (*begin)(void *context, struct ts_err *err);
    void (*undo_begin)(void *context);
    void *context;
    int signal; /* that came at a question, or 0 */
    bool made;  /* by setup_carry_out, because it was agreed to */
    struct setup_step steps[SETUP_STEPS_MAX];
    size_t steps_len;
    struct ts_secret plan;  /* what will be changed, line by line */
    struct ts_secret notes; /* what the user should know or do, line by line: for stdout */
    struct ts_secret hints; /* what to try once it is done, line by line: for stderr */
};

#define SETUP_TEXT_MAX ((size_t)64 * 1024)
#define SETUP_INIT                                                                                 \
    ((struct setup){.plan = TS_SECRET_INIT(SETUP_TEXT_MAX),                                        \
                    .notes = TS_SECRET_INIT(SETUP_TEXT_MAX),                                       \
                    .hints = TS_SECRET_INIT(SETUP_TEXT_MAX)})

void setup_release(struct setup *setup);

/* Takes HOST, or the host and port of an https URL, apart into host and path. TS_ERR_USAGE with a
 * text without a hint, or TS_ERR_NOMEM. */
int setup_parse_host(struct setup *setup, const char *argument, struct ts_err *err);

/* The username of a section that is made; none where credential.conf cannot hold the name. 0 or
 * TS_ERR_NOMEM. */
int setup_set_username(struct setup *setup, const char *name, struct ts_err *err);

/* Reads a file as setup_file_read does, but with the text that an earlier step gives it. */
int setup_read(struct setup *setup, const char *path, const struct setup_kind *kind,
               struct setup_file *ret, struct ts_err *err);

/* A step that gives the file this text; *file and *text move. Nothing where it holds that already.
 * The text of a step for the same file is replaced.
 * A removal's text that differs from the backup only in newlines at its end becomes the backup.
 * TS_ERR_CONFIG where the file may not be written to by this user. */
int setup_add_text(struct setup *setup, struct setup_file *file, struct ts_secret *text,
                   struct ts_err *err);

/* A line of the plan; of the notes and of the hints, each once. 0 or TS_ERR_NOMEM. */
int setup_plan(struct setup *setup, struct ts_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int setup_note(struct setup *setup, struct ts_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int setup_hint(struct setup *setup, struct ts_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds lines of a file to the plan, indented below the file's name. 0 or TS_ERR_NOMEM. */
int setup_plan_lines(struct setup *setup, const char *lines, struct ts_err *err);

/* The [host] section that a client needs, in a file of its own in credential.conf.d; `askpass`:
 * with `askpass = yes`. */
int setup_host(struct setup *setup, const char *client, bool askpass, struct ts_err *err);

/* Whether another host's file says that it was written for this client, too. 0, TS_ERR_CONFIG or
 * TS_ERR_NOMEM. */
int setup_has_other_host(const struct setup *setup, const char *client, bool *ret,
                         struct ts_err *err);

/* Adds to the plan which lines a file loses and gets. 0 or TS_ERR_NOMEM. */
int setup_plan_change(struct setup *setup, const struct setup_file *file,
                      const struct ts_secret *text, struct ts_err *err);

/* Our program of that name, absolute; *ret is the caller's to free. */
int setup_program(const char *name, char **ret, struct ts_err *err);

/* Makes all changes. Where that fails, or `check` does, they are undone; the text says so, or how
 * many of them are left. */
int setup_apply(struct setup *setup, struct ts_err *err);

/* carry_out.c. Shows the plan on standard error, asks unless `yes`, and makes the changes unless
 * `dry_run`. An answer that is not yes changes nothing and is not an error. */
struct setup_consent {
    bool yes, dry_run;
};
int setup_carry_out(struct setup *setup, const struct setup_consent *consent, struct ts_err *err);

/* setup_ask.c. Asks on the terminal, and reads a line without its end; one that is too long is "".
 * TS_ERR_USAGE where there is no terminal or no answer; setup->signal is then the signal that came
 * instead, or 0. */
#define SETUP_ANSWER_MAX 4096
int setup_ask(struct setup *setup, const char *question, char ret[SETUP_ANSWER_MAX],
              struct ts_err *err);

/* setup_ask.c. False where the answer is not yes. TS_ERR_USAGE as above. */
int setup_confirm(struct setup *setup, bool *ret_yes, struct ts_err *err);

/* setup_ask.c. The end of a command that asks: a signal that came at a question ends the program,
 * as it would have then. Else returns exit_code. */
int setup_end(const struct setup *setup, int exit_code);

#endif
