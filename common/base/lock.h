/*
 * The lock that makes a refresh single-flight: flock(2) on a file in the cache's folder, which the
 * kernel drops with its holder, however that ends. Children never inherit it.
 *
 * For programs, not for the PAM module: waiting uses SIGALRM and the process's interval timer.
 */
#ifndef TS_LOCK_H
#define TS_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Takes the lock on a file in the folder, which is made where it is missing, waiting until
 * `deadline_ms` (CLOCK_BOOTTIME; 0: not at all). The descriptor that holds it until it is closed,
 * or -1.
 */
int ts_lock_acquire(int folder, const char *file, int64_t deadline_ms);

#endif
