/*
 * Time as a value: whatever decides by the time takes a struct ts_clock, so tests set it instead of
 * sleeping. CLOCK_BOOTTIME counts on while a machine sleeps; the boot id shows whether two readings
 * of it can be compared.
 */
#ifndef TS_CLOCK_H
#define TS_CLOCK_H

#include <stdint.h>

#include "common/base/error.h"

#define TS_BOOT_ID_MAX 40

struct ts_clock {
    int64_t wall;                 /* Unix seconds, CLOCK_REALTIME */
    int64_t boot_ms;              /* milliseconds, CLOCK_BOOTTIME */
    char boot_id[TS_BOOT_ID_MAX]; /* of this boot, or "" where the kernel has none */
};

/* Reads all three. Returns 0 or TS_ERR_SYSTEM. */
int ts_clock_read(struct ts_clock *ret, struct ts_err *err);

/* Unix seconds only, for callers that need no more; 0 where the clock cannot be read. */
int64_t ts_clock_wall(void);

/* The same in milliseconds; -1 where it cannot be read. */
int64_t ts_clock_wall_ms(void);

/* Milliseconds on CLOCK_BOOTTIME, for deadlines; -1 where it cannot be read. */
int64_t ts_clock_boot_ms(void);

/*
 * Unix seconds at which this system started, by the wall clock as it is now: a clock that was wrong
 * at boot and has been set since makes no difference. In a container the system is the container,
 * where its first process can be seen in /proc. 0 where it cannot be read.
 */
int64_t ts_clock_booted(void);

/* Sleeps for so long, or less where a signal comes. */
void ts_clock_wait_ms(int64_t ms);

/* What is left until `deadline_ms` on CLOCK_BOOTTIME, as poll(2) wants it: 0 where it has passed or
 * the clock cannot be read. */
int ts_clock_left_ms(int64_t deadline_ms);

#endif
