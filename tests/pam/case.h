/*
 * A case of a file in cases/: some lines that begin with a word. `pam-cases --help` lists the
 * words.
 */
#ifndef TESTS_PAM_CASE_H
#define TESTS_PAM_CASE_H

#include <stddef.h>
#include <stdio.h>

#define CASE_LINES_MAX 64

struct case_line {
    const char *word;
    const char *rest; /* what follows the word and one blank */
};

struct test_case {
    const char *name;
    struct case_line lines[CASE_LINES_MAX];
    size_t len;
};

/* What happened: the code that pam_authenticate returned, and texts of one line each. */
struct outcome {
    const char *code;
    char *output; /* as pam-driver prints it: `prompt TEXT`, `log PRIORITY TEXT`, `error TEXT` */
    char *token;  /* the file `token` of the case */
};

/* The last line of the case with that word, or `missing`. */
const char *case_last(const struct test_case *test, const char *word, const char *missing);

/* Prints to `ret_verdict` what is not as the case wants it, a line each. */
void case_judge(const struct test_case *test, const struct outcome *outcome, FILE *ret_verdict);

#endif
