/*
 * The commands: those of the clients (clients.h), and one const table with one row each for the
 * others. A new one of these is one row in commands.c and one file with its function.
 */
#ifndef HELPER_COMMAND_H
#define HELPER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "common/config/config.h"
#include "common/base/error.h"
#include "helper/options.h"

struct command;

/* What a command is given. main initialises and releases it. */
struct helper {
    const struct command *command;
    struct options options;
    unsigned umask;           /* as the program was started with */
    struct rlimit core_limit; /* the same */
    struct ts_config config;  /* after helper_load_config */
    bool has_config;
    char *only_host; /* where it has only one host's sections: which host; else NULL */
    char *only_path;
    int exit_code;    /* of a command that has printed its answer */
    bool stdout_open; /* whether there was a standard output when the program started */
};

struct command {
    const char *name;
    const char *alias;     /* the program's other name (argv[0]) that means this command, or NULL */
    const char *arguments; /* for --help: `get|store|erase`, or "" */
    const char *help;      /* one line */
    uint64_t options;      /* OPTION_ bits, beside the common ones */
    /* Appends what the command prints, and sets helper->exit_code where that is not 0. Returns 0 or
     * a negative enum ts_error. */
    int (*answer)(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
    /* Where `answer` is NULL: does everything, printing included, and returns the exit code. */
    int (*run)(struct helper *helper);
    /* Prints an error the way this command's callers expect it and returns the exit code. NULL:
     * helper_fail. */
    int (*fail)(const struct helper *helper, const struct ts_err *err);
    /* What follows its name is by another program's rules: of our options, only a lone --help or
     * --version. */
    bool has_own_syntax;
};

const struct command *command_find(const char *name);
/* The command that the program's name, argv[0], means; or NULL. */
const struct command *command_find_alias(const char *program);

/* Walks the table; NULL past its end. */
const struct command *command_at(size_t index);

/* The text of --help, for one command, or for the program where `command` is NULL. Returns as
 * ts_secret_append. */
int command_describe(const struct command *command, struct ts_secret *ret);

int command_token(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int command_run(struct helper *helper);
int command_forget(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int command_status(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int command_init(struct helper *helper);
int command_setup(struct helper *helper);
int command_key(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int command_host(struct helper *helper);
int command_event(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int command_events(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int command_explain(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int command_policy(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int command_doctor(struct helper *helper, struct ts_secret *answer, struct ts_err *err);

#endif
