/* Whether what a program did is right, given what was made to fail. */
#ifndef FAULT_JUDGE_H
#define FAULT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "cache_state.h"
#include "trace.h"

#define OUTPUT_CAP 65536

struct outcome {
    struct trace_report report;
    bool out_of_memory; /* allocations were made to fail, not a call */
    char out[OUTPUT_CAP];
    size_t out_len;
    char err[OUTPUT_CAP];
    size_t err_len;
    struct cache_state cache;
};

/* What a command prints, whole. */
struct answer {
    const char *name;
    bool (*is_whole)(const struct outcome *outcome, struct evp_pkey_st *key);
    bool is_docker; /* errors go to stdout, with exit code 1 */
    bool is_git;    /* a refusal may say quit=1 */
    bool is_status; /* reports what is wrong instead of failing */
    bool is_forget; /* where it succeeds, no token is left */
};

const struct answer *answer_find(const char *name);

/* The first thing that is wrong, or NULL. Valid until the next call. */
const char *judge(const struct answer *answer, const struct outcome *outcome,
                  struct evp_pkey_st *key);

/* Whether it is as if nothing had failed. */
bool is_answered(const struct answer *answer, const struct outcome *outcome,
                 struct evp_pkey_st *key);

#endif
