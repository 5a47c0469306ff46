/* The two things about a stopped system call that every architecture does its own way. */
#ifndef FAULT_SET_CALL_H
#define FAULT_SET_CALL_H

#include <sys/types.h>

/* Makes the call that is about to begin another one; -1 for none. */
void set_call(pid_t pid, int number);

/* What the call that has just ended returns. */
void set_result(pid_t pid, long result);

#endif
