/* What this machine is called, without asking any name service. */
#ifndef TS_OWN_NAME_H
#define TS_OWN_NAME_H

#include <stdbool.h>

/*
 * Whether `name` (in lower case) is the system's host name, or on a line of /etc/hosts together
 * with it: as `hostname -f` finds it where the host's own file says so. Root alone sets either.
 */
bool ts_own_name_is(const char *name);

/* The same, one of this machine's addresses, or beside one in /etc/hosts; or the name begins with
 * the host name and a dot. Less sure than ts_own_name_is: nobody has said so. */
bool ts_own_name_may_be(const char *name);

/* The system's host name, in lower case; "" where there is none. */
#define TS_OWN_NAME_SIZE 65
void ts_own_name_get(char ret[TS_OWN_NAME_SIZE]);

#endif
