/*
 * A policy's file as text, for changing it without touching what somebody wrote: where its sections
 * begin and end. It need not be free of mistakes, because a key must be removable from a file that
 * has some.
 */
#ifndef HELPER_POLICY_TEXT_H
#define HELPER_POLICY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/secret.h"
#include "common/policy/token.h"

struct policy_block {
    size_t comment; /* where the comment lines right above it begin; else as `head` */
    size_t head;    /* where its line with the brackets begins */
    size_t end;     /* behind its last line that is neither comment nor blank */
    unsigned line;
    bool is_key;
    char id[TS_KEY_ID_MAX + 1]; /* of a key; "" where it is none */
};

struct policy_blocks {
    struct policy_block *items;
    size_t len;
};

/* Finds the sections of a text. Returns 0 or TS_ERR_NOMEM. *ret is released in every case. */
int policy_text_scan(const char *text, size_t len, struct policy_blocks *ret);
void policy_blocks_release(struct policy_blocks *blocks);

/* What a comment says about a section, in one line: the first right above it, else the first in it;
 * cleaned, or "". */
void policy_text_comment(const char *text, const struct policy_block *block, char *ret,
                         size_t size);

/* Appends the text without the sections of that key, from the line with the brackets to the last
 * setting; comments around stay. Returns as ts_secret_append. */
int policy_text_without(const char *text, size_t len, const struct policy_blocks *blocks,
                        const char *id, struct ts_secret *ret);

#endif
