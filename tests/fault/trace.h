/*
 * Runs a program and all that it starts under ptrace(2), and makes one system call of theirs fail,
 * or be the last one of the process that makes it. Needs root, as the programs do not let
 * themselves be looked at.
 */
#ifndef FAULT_TRACE_H
#define FAULT_TRACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "calls.h"

enum fault_kind {
    FAULT_NONE,  /* nothing, only watched */
    FAULT_ERROR, /* the call fails with its error number `variant` */
    FAULT_KILL,  /* the process is killed as it makes the call, any call */
};

struct fault {
    enum fault_kind kind;
    unsigned at; /* counted from 1 over all processes, from the program's first own step on */
    unsigned variant;
};

enum fault_who {
    WHO_PROGRAM, /* the one that is started */
    WHO_CHILD,   /* its children before they exec */
    WHO_WORKER,  /* its children after that: the worker or the prover */
};

struct trace_spec {
    char *const *argv;
    char *const *envp;
    int fds[3];
    const char *fd_names[3]; /* what they are called in reports */
    struct fault fault;
};

struct trace_report {
    int status; /* as of wait(2) */
    bool injected;
    const struct fault_call *call;
    int error;
    enum fault_who who;
    char object[300]; /* what the call was about */
    char leaks[300];  /* descriptors that were still open at the end, or went to a child */
    bool left;        /* a descendant outlives the program, which had not killed it either */
    bool hung;        /* it took longer than any timeout of theirs */
};

const char *trace_who(enum fault_who who);
void trace_run(const struct trace_spec *spec, struct trace_report *ret);

#endif
