/*
 * The command line: commands and their options, each a const table from which --help is printed
 * too.
 */
#ifndef ISSUER_OPTIONS_H
#define ISSUER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXIT_USAGE 64

struct command {
    const char *name;     /* one word or two: "serve", "key new" */
    const char *operands; /* as --help shows them: "DIR ID" */
    const char *says;     /* one sentence */
    size_t operand_count; /* exactly so many are required; at most OPERANDS_MAX */
    int (*run)(const struct command *command, char **argv); /* returns the exit code */
};

enum option_kind {
    OPTION_FLAG,   /* bool: set to true */
    OPTION_TEXT,   /* const char *: the last one counts */
    OPTION_NUMBER, /* int64_t: decimal, may be negative */
    OPTION_LIST,   /* struct option_list: may be given several times */
};

#define OPTION_LIST_MAX 64
#define OPERANDS_MAX 3

struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
};

struct option_row {
    const char *name; /* with its dashes; NULL ends the table */
    enum option_kind kind;
    void *to;          /* what its kind says */
    const char *value; /* what --help calls the value, NULL for a flag */
    const char *says;
};

/* Reads arguments behind the command's name: options in any order (`--name value` or
 * `--name=value`) between operands, `--` ends options. Strings point into argv. Returns 0, or -1
 * after a usage error, which has been reported. --help prints and exits 0. */
int options_read(const struct command *command, char **argv, const struct option_row *rows,
                 const char *operands[OPERANDS_MAX]);

/* Reads a whole decimal integer. Returns 0 or -1, and reports nothing. */
int number_read(const char *text, int64_t *ret);

#endif
