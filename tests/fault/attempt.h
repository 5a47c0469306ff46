/* One run of the program, disturbed or not. */
#ifndef FAULT_ATTEMPT_H
#define FAULT_ATTEMPT_H

#include "judge.h"

struct setup {
    char **argv;
    const struct answer *answer;
    const char *cache;
    const char *saved; /* what the cache holds before each run */
    const char *input; /* a file for stdin */
    struct evp_pkey_st *key;
    const char *shim;
    unsigned long *count; /* shared with the shim */
    const char *count_path;
};

/* With the n-th allocation failing; `onwards`: and all after it. */
struct memory_fault {
    unsigned long at; /* 0: none */
    bool onwards;
};

void attempt_call(const struct setup *setup, struct fault fault, struct outcome *ret);
void attempt_memory(const struct setup *setup, struct memory_fault fault, struct outcome *ret);

#endif
