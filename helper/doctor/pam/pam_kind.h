/* What a module of an auth stack does, by its name. */
#ifndef HELPER_PAM_KIND_H
#define HELPER_PAM_KIND_H

#include "helper/doctor/pam/pam_stack.h"

enum pam_kind {
    PAM_KIND_UNKNOWN,
    PAM_KIND_SECRET,    /* it checks a password, a token, a key, a finger */
    PAM_KIND_CONDITION, /* it checks no secret: it restricts, prepares or reports */
};

/* The kind of a line that names a module. */
enum pam_kind pam_kind_of(const struct pam_line *line);

#endif
