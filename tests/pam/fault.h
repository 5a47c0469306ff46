/*
 * System calls made to fail, or to be the last: the functions of libc's that the module calls,
 * defined in the program itself and thereby in front of libc's. The state lies in memory that
 * children share, so that what runs in the module's own children can be made to fail as well.
 */
#ifndef TESTS_PAM_FAULT_H
#define TESTS_PAM_FAULT_H

#include <stdbool.h>
#include <sys/types.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_USUAL,     /* fails with the error that is usual for that call */
    FAULT_INTERRUPT, /* fails with EINTR */
    FAULT_KILL,      /* the calling process gets SIGKILL instead */
};

struct fault_plan {
    enum fault_kind kind;
    long at;          /* the call, counted from 1 */
    bool onwards;     /* all later ones too */
    bool in_children; /* count and hit the calls of the module's children, not the host's */
};

/* Once, before anything else. */
void fault_init(void);

/* From here on this process is the host, and the calls are counted from 0. */
void fault_begin(const struct fault_plan *plan);

/* Ends it. */
void fault_end(void);

/* For the time of a conversation, which is the host's own code. Returns what to give to
 * fault_resume. */
int fault_pause(void);
void fault_resume(int paused);

/* How many calls were counted, the name of the one that was hit first ("" for none), and how many
 * calls would have made or written something outside the folder RUNDIR. */
long fault_calls(void);
const char *fault_hit(void);
long fault_strays(void);

/* Added to what CLOCK_REALTIME says, in seconds. */
void fault_set_clock(long ahead);

#endif
