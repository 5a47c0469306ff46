/*
 * Files, read whole and written whole. Both functions have reported an error on stderr when they
 * return -1.
 */
#ifndef ISSUER_FILE_H
#define ISSUER_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Reads a file of at most 1 MiB. *ret has a NUL behind its *ret_len bytes; the caller frees it. */
int file_read(const char *path, char **ret, size_t *ret_len);

/* Replaces a file by rename, so that a reader sees the old content or the new one, never a part. */
int file_write(const char *path, mode_t mode, const char *text, size_t len);

#endif
