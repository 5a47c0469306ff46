/*
 * The PAM module's arguments, as they stand behind its name in a stack: the module goes by them,
 * and `doctor` looks whether it could.
 */
#ifndef TS_MODULE_OPTIONS_H
#define TS_MODULE_OPTIONS_H

#include <stdbool.h>

#include "common/base/error.h"

#define TS_PROMPT_DEFAULT "ThriveStack token: "
#define TS_PROMPT_NO_LOCAL "No token from this machine: " /* begins a line in front of a prompt */
#define TS_PROMPT_BOUND "ThriveStack token for %s: "      /* where the service is bound to a host */
#define TS_PROMPT_MAX 256

/* What is done for a user whom no key names. */
enum ts_unknown_user {
    TS_UNKNOWN_DEFAULT, /* prompt where PAM_RHOST is set, else skip */
    TS_UNKNOWN_PROMPT,
    TS_UNKNOWN_SKIP,
};

struct ts_module_options {
    const char *policy; /* absolute path; the caller's, or a constant */
    const char *prompt; /* likewise; NULL: one of the two above */
    enum ts_unknown_user unknown;
    bool try_first_pass;
    bool use_first_pass; /* wins over try_first_pass */
    bool debug;
};

/* Reads the arguments; where one is given twice the last one counts, and `policy` is the file where
 * none names another. Returns 0, or TS_ERR_USAGE for one that is unknown or has an impossible
 * value; *ret then holds what was understood. */
int ts_module_options_parse(int argc, const char *const *argv, const char *policy,
                            struct ts_module_options *ret, struct ts_err *err);

#endif
