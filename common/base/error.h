/*
 * The one error domain. A function that can fail returns 0 or a negative enum ts_error, and takes a
 * struct ts_err as its last parameter, which then carries a sentence fit to print. Library code
 * never prints; the program's edge translates once: to an exit code here, to a PAM code in pam/.
 *
 * On success the struct ts_err is left untouched, so one can be used for a whole chain of calls.
 * `err` may not be NULL.
 */
#ifndef TS_ERROR_H
#define TS_ERROR_H

enum ts_error {
    TS_ERR_USAGE = -1,       /* options, arguments, or input that breaks a protocol */
    TS_ERR_KEY = -2,         /* no usable API key */
    TS_ERR_UNAVAILABLE = -3, /* endpoint unreachable, not to be trusted, too slow, or failing */
    TS_ERR_OUTPUT = -4,      /* stdout closed or full */
    TS_ERR_ANSWER = -5,      /* the endpoint's answer is not a valid token for what was asked */
    TS_ERR_REFUSED = -6,     /* ThriveStack refused the key or the scopes */
    TS_ERR_CONFIG = -7,      /* configuration, unsafe permissions included */
    TS_ERR_NOMEM = -8,       /* out of memory */
    TS_ERR_SYSTEM = -9,      /* a system call failed that has no business failing */
    TS_ERR_NOT_FOUND = -10,  /* a file that is not there; callers usually translate it */
    TS_ERR_UNSAFE = -11,     /* a file with the wrong owner, mode or type */
    TS_ERR_TOO_LARGE = -12,  /* input over its size cap */
    TS_ERR_SYNTAX = -13,     /* input that does not parse */
    TS_ERR_TIMEOUT = -14,    /* a deadline passed */
};

#define TS_ERR_TEXT_MAX 768
#define TS_ERR_ID_MAX 64

struct ts_err {
    int code;                            /* the negative enum ts_error last set, or 0 */
    long http_status;                    /* of the answer that failed, or 0 */
    char response_id[TS_ERR_ID_MAX + 1]; /* ThriveStack's, or "" */
    char text[TS_ERR_TEXT_MAX];          /* one line, no final newline, never a secret */
};

/*
 * Sets code and text, replacing what was there; longer text is cut. Control characters in the
 * result are replaced by '?', so that the text is one line whatever its arguments hold.
 * Returns code, so that `return ts_err_set(err, TS_ERR_KEY, "...")` reads well.
 */
int ts_err_set(struct ts_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As ts_err_set, with ": " and the description of the current errno added to the text. */
int ts_err_errno(struct ts_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of the text there is. Returns err->code. */
int ts_err_prefix(struct ts_err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* TS_ERR_NOMEM with its text. */
int ts_err_nomem(struct ts_err *err);

/* Replaces the code and keeps the text. Returns code. */
int ts_err_recode(struct ts_err *err, int code);

/* The exit code (sysexits.h) of a negative enum ts_error; 0 for 0. */
int ts_error_exit_code(int code);

/* The negative enum ts_error of an exit code; TS_ERR_SYSTEM for unknown ones; 0 for 0. */
int ts_error_from_exit_code(int exit_code);

#endif
