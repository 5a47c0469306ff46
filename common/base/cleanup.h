/*
 * Scope-bound cleanup: the one way in which this project releases what a function holds.
 *
 *     TS_CLEANUP(ts_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
 *
 * Every variable so marked is initialised where it is declared. To hand ownership on, assign the
 * value to its new owner and reset the variable (TS_TAKE for pointers, -1 for descriptors).
 */
#ifndef TS_CLEANUP_H
#define TS_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TS_CLEANUP(function) __attribute__((cleanup(function)))

/* Moves a pointer out of a variable that would otherwise be released at the end of its scope. */
#define TS_TAKE(pointer)                                                                           \
    __extension__({                                                                                \
        __typeof__(pointer) ts_taken_ = (pointer);                                                 \
        (pointer) = NULL;                                                                          \
        ts_taken_;                                                                                 \
    })

#define TS_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Closes *fd unless it is negative, and sets it to -1. errno is left as it was. */
void ts_fd_close(int *fd);

/* Frees *string and sets it to NULL. Not for secrets: see secret.h. */
void ts_string_free(char **string);

/* Close what is open and set it to NULL. */
void ts_stream_close(FILE **stream);
void ts_folder_close(DIR **folder);

/* An array of `len` items with room for one more; NULL where there is no memory, and the array then
 * stays as it is. Room doubles whenever the length reaches a power of two, so none need be stored.
 */
void *ts_array_grow(void *array, size_t len, size_t item_size);

#endif
