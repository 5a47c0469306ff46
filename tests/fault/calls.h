/* The system calls that are made to fail, and with what. */
#ifndef FAULT_CALLS_H
#define FAULT_CALLS_H

#include <stddef.h>

#define FAULT_ERRORS_MAX 3

/* What the call is about, which decides what the right exit code is. */
enum fault_object {
    OBJECT_NONE,
    OBJECT_PATH, /* the argument `object` is a path */
    OBJECT_FD,   /* ... a descriptor */
};

struct fault_call {
    long number;
    const char *name;
    enum fault_object kind;
    int object;
    int errors[FAULT_ERRORS_MAX]; /* 0: no more of them */
    int happens;                  /* the call is made all the same, only its result is another */
};

/* NULL for a call that cannot fail, or whose failure tests nothing. */
const struct fault_call *fault_call_find(long number);

#endif
