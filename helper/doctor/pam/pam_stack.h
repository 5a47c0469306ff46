/*
 * The stacks of /etc/pam.d as Linux-PAM reads them (pam.d(5)): continuation lines, comments,
 * bracketed controls, `-type`, `@include`, and `include` and `substack` in the place of a control.
 *
 *     pam_stack_read(&files, "sshd", PAM_STACK_AUTH, &stack, &err);
 */
#ifndef HELPER_PAM_STACK_H
#define HELPER_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

#define PAM_STACK_FILE_MAX ((size_t)256 * 1024)
#define PAM_STACK_DEPTH_MAX 16  /* of files within files */
#define PAM_STACK_LINES_MAX 512 /* of one stack */
#define PAM_STACK_CODES 32      /* as many as Linux-PAM has return codes */

enum pam_stack_type { PAM_STACK_AUTH, PAM_STACK_ACCOUNT, PAM_STACK_SESSION, PAM_STACK_PASSWORD };

/* What a return code does; a positive number is a jump over as many modules. */
enum pam_action {
    PAM_ACTION_IGNORE = 0,
    PAM_ACTION_OK = -1,
    PAM_ACTION_DONE = -2,
    PAM_ACTION_BAD = -3,
    PAM_ACTION_DIE = -4,
    PAM_ACTION_RESET = -5,
};

struct pam_line {
    int actions[PAM_STACK_CODES];
    bool is_optional; /* the control is the word `optional` */
    unsigned level;   /* 0; within a substack one more */
    char *module;     /* as written; NULL: a substack begins here, its lines follow */
    struct ts_list arguments;
    char *file; /* the name of the file that has the line */
    unsigned number;
};

struct pam_stack {
    struct pam_line *lines; /* includes are resolved */
    size_t len;
};

/* Where files come from, by name; a name may be absolute, too. */
struct pam_files {
    /* Appends a file's text. 0, TS_ERR_NOT_FOUND, or another error. */
    int (*read)(void *context, const char *name, struct ts_secret *ret, struct ts_err *err);
    void *context;
};

/* Reads one type of one service's stack. Returns 0, TS_ERR_SYNTAX (`FILE:LINE: ...`: Linux-PAM does
 * not take it either, or it goes beyond the limits above), TS_ERR_NOMEM, or what `read` returns.
 * *ret is released with pam_stack_release in every case. */
int pam_stack_read(const struct pam_files *files, const char *service, enum pam_stack_type type,
                   struct pam_stack *ret, struct ts_err *err);
void pam_stack_release(struct pam_stack *stack);

/* The number of a return code by its name in a bracketed control, such as "auth_err"; -1: none. */
int pam_stack_code(const char *name);

/* Whether a line's module goes by this name, without folder and `.so`. */
bool pam_line_is(const struct pam_line *line, const char *module);

#endif
