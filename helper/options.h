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
#define OPTION_BIT(number) (UINT64_C(1) << (number))
#define OPTION_CONFIG OPTION_BIT(0)
#define OPTION_PROFILE OPTION_BIT(1)
#define OPTION_HELP OPTION_BIT(2)
#define OPTION_VERSION OPTION_BIT(3)
#define OPTION_SCOPE OPTION_BIT(4)
#define OPTION_LIFETIME OPTION_BIT(5)
#define OPTION_MIN_VALID OPTION_BIT(6)
#define OPTION_FRESH OPTION_BIT(7)
#define OPTION_JSON OPTION_BIT(8)
#define OPTION_HEADER OPTION_BIT(9)
#define OPTION_ALL OPTION_BIT(10)
#define OPTION_YES OPTION_BIT(11)
#define OPTION_REMOVE OPTION_BIT(12)
#define OPTION_OUT OPTION_BIT(13)
#define OPTION_SERVICE OPTION_BIT(14)
#define OPTION_USER OPTION_BIT(15)
#define OPTION_POLICY OPTION_BIT(16)
#define OPTION_DRY_RUN OPTION_BIT(17)
#define OPTION_PIPED_KEY OPTION_BIT(18)
#define OPTION_REPLACE OPTION_BIT(19)
#define OPTION_USERS OPTION_BIT(20)
#define OPTION_SERVICES OPTION_BIT(21)
#define OPTION_FOR OPTION_BIT(22)
#define OPTION_BOUND OPTION_BIT(23)
#define OPTION_HOST OPTION_BIT(24)
#define OPTION_FORMAT OPTION_BIT(25)
#define OPTION_ENV OPTION_BIT(26)
#define OPTION_FILE OPTION_BIT(27)
#define OPTION_ANSWERS                                                                             \
    OPTION_BIT(28) /* --key, --git, --docker and --ssh: the answers to init's questions */
#define OPTION_TOKENS_ONLY OPTION_BIT(29)
#define OPTION_TRAIT OPTION_BIT(30)
#define OPTION_PROPERTY OPTION_BIT(31)
#define OPTION_GROUP OPTION_BIT(32)
#define OPTION_TIMESTAMP OPTION_BIT(33)
#define OPTION_STDIN OPTION_BIT(34)

#define OPTIONS_COMMON (OPTION_CONFIG | OPTION_PROFILE | OPTION_HELP | OPTION_VERSION)

struct options {
    uint64_t given;     /* OPTION_ bits */
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
    const char *group;
    const char *timestamp;
    struct ts_list values; /* --trait and --property, as they were given */
    struct ts_list scopes;
    int64_t lifetime;  /* seconds, or -1 */
    int64_t min_valid; /* seconds, or -1 */
    char **arguments;  /* what is not an option, in order; points into argv */
    size_t arguments_len;
    bool (*is_last)(const char *argument); /* set by the caller, or NULL */
};

#define OPTIONS_INIT ((struct options){.lifetime = -1, .min_valid = -1})

/*
 * Sorts argv[1] and what follows into options and arguments; argv is rearranged for that. Returns
 * 0, TS_ERR_USAGE with a text that names the option, or TS_ERR_NOMEM. *ret, which the caller
 * initialises with OPTIONS_INIT and releases, then holds what was read before the mistake.
 * Where `is_last` is true of the first argument, everything behind it is an argument, unread.
 */
int options_parse(int argc, char **argv, struct options *ret, struct ts_err *err);

/* Whether only options of the set `allowed` were given; else TS_ERR_USAGE naming the first other.
 */
int options_check(const struct options *options, uint64_t allowed, const char *command,
                  struct ts_err *err);

void options_release(struct options *options);

/* Appends one line per option of the set, for --help. Returns as ts_secret_append. */
int options_describe(uint64_t set, struct ts_secret *ret);

/* Walks the table, for completions and tests of the manual; NULL past its end. */
const char *options_name(size_t index);

#endif
