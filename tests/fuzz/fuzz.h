/* One function per target, as libFuzzer and replay.c call it; and what several targets need. */
#ifndef TS_FUZZ_H
#define TS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_PARTS_MAX 32

/* An input that stands for several strings: its lines up to the first NUL, in memory of their own
 * size, so that reading past one is noticed. What is beyond FUZZ_PARTS_MAX is left out. */
struct fuzz_parts {
    char *items[FUZZ_PARTS_MAX + 1]; /* NULL-terminated */
    size_t len;
};

static inline struct fuzz_parts
fuzz_split(const uint8_t *data, size_t size)
{
    struct fuzz_parts parts = {.len = 0};
    const char *at = (const char *)data;
    size_t left = strnlen(at != NULL ? at : "", size);

    while (left > 0 && parts.len < FUZZ_PARTS_MAX) {
        const char *end = memchr(at, '\n', left);
        size_t len = end != NULL ? (size_t)(end - at) : left;

        parts.items[parts.len++] = strndup(at, len);
        len += end != NULL ? 1 : 0;
        at += len;
        left -= len;
    }
    return parts;
}

static inline void
fuzz_parts_release(struct fuzz_parts *parts)
{
    while (parts->len > 0)
        free(parts->items[--parts->len]);
}

/* Whether a text has a character below the blank, or DEL: what ends a line or steers a terminal. */
static inline int
fuzz_has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return 1;
    return 0;
}

#endif
