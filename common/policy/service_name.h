/*
 * Names of PAM services, as policy.conf(5) counts them: a few programs have a second service for
 * the same purpose, and Linux-PAM makes a name lower case before it looks for a stack. No
 * cryptography, so the helper links it, too.
 */
#ifndef TS_SERVICE_NAME_H
#define TS_SERVICE_NAME_H

/* `sudo-i`, `su-l`, `remote` count as `sudo`, `su`, `login`; any other name is itself. Names are
 * compared without regard to case (ASCII). Returns `service` or a constant. */
const char *ts_policy_service_name(const char *service);

/* A service's name in the one spelling that a policy holds: normalised and lower case, or NULL
 * where there is no memory. The caller's to free. */
char *ts_policy_service_spelling(const char *name);

#endif
