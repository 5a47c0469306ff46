/*
 * A growable byte buffer with a maximum, which zeroes what it held wherever it shrinks, moves or
 * goes. Private keys, tokens and every message that carries one live in it and nowhere else. There
 * is no function to print one; write_all on its data is the only way out.
 *
 *     TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(8192);
 *
 * It is also the project's ordinary buffer for file contents and output: a buffer that turns out to
 * hold a secret must not need changing.
 */
#ifndef TS_SECRET_H
#define TS_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct ts_secret {
    char *data; /* NULL or a string with a NUL after its len bytes */
    size_t len;
    size_t cap;
    size_t max; /* len never exceeds it */
};

#define TS_SECRET_INIT(maximum) ((struct ts_secret){.max = (maximum)})

/* Appends len bytes. Returns 0, TS_ERR_TOO_LARGE or TS_ERR_NOMEM; on failure nothing changes. */
int ts_secret_append(struct ts_secret *secret, const void *data, size_t len);
int ts_secret_append_string(struct ts_secret *secret, const char *string);
/* Appends each of the strings, up to a NULL; what one call of append would. Unlike a format, it
 * draws nothing of stdio into the process. */
int ts_secret_append_strings(struct ts_secret *secret, ...) __attribute__((sentinel));
int ts_secret_append_format(struct ts_secret *secret, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes room for len bytes in all without changing the contents. Same returns as append. */
int ts_secret_reserve(struct ts_secret *secret, size_t len);

/* Replaces the contents. Same returns as append; on failure the contents are unchanged. */
int ts_secret_set(struct ts_secret *secret, const void *data, size_t len);

/* Cuts to len bytes (no effect where it is shorter), zeroing the rest. */
void ts_secret_truncate(struct ts_secret *secret, size_t len);

/* Zeroes and empties; the memory and the maximum stay. */
void ts_secret_clear(struct ts_secret *secret);

/* Zeroes and frees; the maximum stays, so it can be used again. For TS_CLEANUP. */
void ts_secret_release(struct ts_secret *secret);

/* Moves the contents of `from`, which is left empty, to `to`, which is released first. The maximum
 * moves along. */
void ts_secret_move(struct ts_secret *to, struct ts_secret *from);

/* The contents as a string; "" where empty. Valid until the next change. */
const char *ts_secret_string(const struct ts_secret *secret);

/* Whether both hold the same bytes; takes time that depends on the lengths only. */
bool ts_secret_equal(const struct ts_secret *a, const struct ts_secret *b);
bool ts_secret_equal_string(const struct ts_secret *a, const char *string);

/* Whether a NUL byte is among the contents. */
bool ts_secret_has_nul(const struct ts_secret *secret);

/*
 * Reads fd to its end. Returns 0, TS_ERR_TOO_LARGE where more than the maximum came, TS_ERR_NOMEM,
 * or TS_ERR_SYSTEM with errno set. Blocks as read(2) does on fd.
 */
int ts_secret_read_fd(struct ts_secret *secret, int fd);

/* The same for a regular file that has that size: it is read at once, and its end not looked for.
 * One of size 0, as in /proc, is read to its end. Same returns. */
int ts_secret_read_file(struct ts_secret *secret, int fd, size_t size);

/* Writes all len bytes. Returns 0, or TS_ERR_SYSTEM with errno set. */
int ts_write_all(int fd, const void *data, size_t len);

#endif
