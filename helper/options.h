/*
 * The command line: one table of options, whatever the command. Options may stand before or after
 * the command, as `--option value` or `--option=value`; `--` ends them, and -h is --help. What is
 * left over are the arguments, the first of which is the command unless the program's name already
 * says it.
 *
 * A new option is one row in options.c, one bit here, and that bit in the commands it goes with.
 */
#ifndef HELPER_OPTIONS_H
#define HELPER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

/* Bits, so that a command names the options it takes as a set. */
enum option {
    OPTION_CONFIG = 1 << 0,
    OPTION_PROFILE = 1 << 1,
    OPTION_HELP = 1 << 2,
    OPTION_VERSION = 1 << 3,
    OPTION_SCOPE = 1 << 4,
    OPTION_LIFETIME = 1 << 5,
    OPTION_MIN_VALID = 1 << 6,
    OPTION_FRESH = 1 << 7,
    OPTION_JSON = 1 << 8,
    OPTION_HEADER = 1 << 9,
    OPTION_ALL = 1 << 10,
    OPTION_YES = 1 << 11,
    OPTION_REMOVE = 1 << 12,
    OPTION_OUT = 1 << 13,
    OPTION_SERVICE = 1 << 14,
    OPTION_USER = 1 << 15,
    OPTION_POLICY = 1 << 16,
    OPTION_DRY_RUN = 1 << 17,
    OPTION_PIPED_KEY = 1 << 18,
    OPTION_REPLACE = 1 << 19,
    OPTION_USERS = 1 << 20,
    OPTION_SERVICES = 1 << 21,
    OPTION_FOR = 1 << 22,
    OPTION_BOUND = 1 << 23,
    OPTION_HOST = 1 << 24,
    OPTION_FORMAT = 1 << 25,
    OPTION_ENV = 1 << 26,
    OPTION_FILE = 1 << 27,
    OPTION_ANSWERS =
        1 << 28, /* --key, --git, --docker and --ssh: the answers to init's questions */
    OPTION_TOKENS_ONLY = 1 << 29,
};

#define OPTIONS_COMMON (OPTION_CONFIG | OPTION_PROFILE | OPTION_HELP | OPTION_VERSION)

struct options {
    unsigned given;     /* enum option bits */
    const char *config; /* strings point into argv */
    const char *profile;
    const char *out;
    const char *service;
    const char *user;
    const char *policy;
    const char *users; /* words, separated by blanks */
    const char *services;
    const char *host;
    const char *format;
    const char *env;
    const char *file;
    const char *bound_host; /* --for */
    const char *key;
    const char *git; /* hosts, separated by blanks */
    const char *docker;
    const char *ssh;
    struct ts_list scopes;
    int64_t lifetime;  /* seconds, or -1 */
    int64_t min_valid; /* seconds, or -1 */
    char **arguments;  /* what is not an option, in order; points into argv */
    size_t arguments_len;
};

#define OPTIONS_INIT ((struct options){.lifetime = -1, .min_valid = -1})

/*
 * Sorts argv[1] and what follows into options and arguments; argv is rearranged for that. Returns
 * 0, TS_ERR_USAGE with a text that names the option, or TS_ERR_NOMEM. *ret, which the caller
 * initialises with OPTIONS_INIT and releases, then holds what was read before the mistake.
 */
int options_parse(int argc, char **argv, struct options *ret, struct ts_err *err);

/* Whether only options of the set `allowed` were given; else TS_ERR_USAGE naming the first other.
 */
int options_check(const struct options *options, unsigned allowed, const char *command,
                  struct ts_err *err);

void options_release(struct options *options);

/* Appends one line per option of the set, for --help. Returns as ts_secret_append. */
int options_describe(unsigned set, struct ts_secret *ret);

/* Walks the table, for completions and tests of the manual; NULL past its end. */
const char *options_name(size_t index);

#endif
