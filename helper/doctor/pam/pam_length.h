/*
 * Programs that pass on a password shorter than every token, by the name of their PAM service, as
 * measured with Debian's: they cut what is longer, or refuse it. See PROGRAMS in
 * pam_thrivestack(8).
 */
#ifndef HELPER_PAM_LENGTH_H
#define HELPER_PAM_LENGTH_H

#include <stddef.h>

struct pam_length {
    const char *service;
    unsigned characters;
    const char *instead; /* what to use there */
};

/* The row at that place of the table; NULL: behind its end. */
const struct pam_length *pam_length_at(size_t index);

/* The row of a service; NULL: none is known to be too short. */
const struct pam_length *pam_length_find(const char *service);

#endif
