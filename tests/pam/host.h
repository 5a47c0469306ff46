/*
 * What a host has that the module must leave as it was: descriptors, children, memory.
 */
#ifndef TESTS_PAM_HOST_H
#define TESTS_PAM_HOST_H

#include <stddef.h>

/* How many descriptors this process has. */
size_t host_descriptors(void);

/* Kills and reaps what children it has, of whatever kind. Returns how many there were. */
size_t host_reap(void);

/* Its resident memory in KiB. */
size_t host_memory(void);

/* How many files there are below a folder. */
size_t host_files(const char *folder);

/* Removes a folder with all that is in it, if it is there. */
void host_remove(const char *folder);

#endif
