/*
 * In front of the C library's allocations, for one file of a program or of what is preloaded.
 * Before it is included, that file defines `static int fails(void)`: whether this one is to fail,
 * with errno set.
 */
#ifndef TS_TESTS_ALLOCATIONS_H
#define TS_TESTS_ALLOCATIONS_H

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

/* glibc's own. */
void *libc_malloc(size_t size) __asm__("__libc_malloc");
void *libc_calloc(size_t count, size_t size) __asm__("__libc_calloc");
void *libc_realloc(void *old, size_t size) __asm__("__libc_realloc");
void *libc_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");

void *
malloc(size_t size)
{
    return fails() ? NULL : libc_malloc(size);
}

void *
calloc(size_t nmemb, size_t size)
{
    return fails() ? NULL : libc_calloc(nmemb, size);
}

void *
realloc(void *ptr, size_t size)
{
    return fails() ? NULL : libc_realloc(ptr, size);
}

void *
memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : libc_memalign(alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : libc_memalign(alignment, size);
}

int
posix_memalign(void **memptr, size_t alignment, size_t size)
{
    void *memory = fails() ? NULL : libc_memalign(alignment, size);

    if (memory == NULL)
        return ENOMEM;
    *memptr = memory;
    return 0;
}

#endif
