/*
 * `setup`: wires a client up with the smallest change to that client's own configuration. Each
 * client plans: it looks at what is there and adds steps, and words about them. Then, in setup.c,
 * the plan is shown, confirmed and carried out; no client changes anything while it plans.
 */
#ifndef HELPER_SETUP_H
#define HELPER_SETUP_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "helper/helper.h"
#include "helper/setup/setup_file.h"

#define SETUP_STEPS_MAX 8
#define SETUP_COMMAND_MAX 8

/* One change of one file: by a program of the client's, or by a new text. */
struct setup_step {
    struct setup_file file;
    struct ts_secret text;                /* what it is to hold, where there is no command */
    char *command[SETUP_COMMAND_MAX + 1]; /* the client's own tool, by absolute path, or none */
    mode_t mode;                          /* of a file that is made */
    bool strict;                          /* as setup_file_read has it */
    bool (*is_empty)(const struct ts_secret *text);
};

struct setup {
    const struct helper *helper;
    const char *argument; /* HOST as it was typed, or NULL */
    char *host;           /* in lower case, without a path, or NULL */
    char *path;           /* "/team" or "" */
    bool remove;
    struct setup_step steps[SETUP_STEPS_MAX];
    size_t steps_len;
    struct ts_secret plan;  /* what will be changed, line by line */
    struct ts_secret notes; /* what the user should know or do, line by line */
};

/* A step for a file that has been read; *file moves into it. NULL where there is no room. */
struct setup_step *setup_add_step(struct setup *setup, struct setup_file *file, struct ts_err *err);

/* A step that gives the file this text; *file and *text move. Nothing where it holds that already;
 * what a removal leaves and differs from the backup in final newlines only becomes the backup. */
int setup_add_text(struct setup *setup, struct setup_file *file, struct ts_secret *text,
                   struct ts_err *err);

/* A line of the plan, a line of the notes. 0 or TS_ERR_NOMEM. */
int setup_plan(struct setup *setup, struct ts_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int setup_note(struct setup *setup, struct ts_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The change to credential.conf that a client needs: a [host] section, and the setting `key`
 * (NULL: none) in it. */
int setup_conf(struct setup *setup, const char *client, const char *key, struct ts_err *err);

/* The program of ours of that name, absolute; *ret is the caller's to free. */
int setup_program(const char *name, char **ret, struct ts_err *err);

/* The clients; each fills the plan. */
int setup_git(struct setup *setup, struct ts_err *err);
int setup_docker(struct setup *setup, struct ts_err *err);
int setup_ssh(struct setup *setup, struct ts_err *err);
int setup_sudo(struct setup *setup, struct ts_err *err);

/* setup_ask.c. Shows the text on the terminal and asks; false where the answer is not yes.
 * TS_ERR_USAGE where there is no terminal. */
int setup_confirm(bool *ret_yes, struct ts_err *err);

#endif
