#include "common/base/index.h"
#include "common/base/error.h"

#include <stdlib.h>
#include <string.h>

int
ts_index_make(size_t len, struct ts_index *ret)
{
    size_t size = 4;

    while (size < len * 2)
        size *= 2;
    ret->slots = calloc(size, sizeof(*ret->slots));
    ret->mask = size - 1;
    return ret->slots != NULL ? 0 : TS_ERR_NOMEM;
}

void
ts_index_release(struct ts_index *index)
{
    free(index->slots);
    index->slots = NULL;
}

static uint64_t
mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Eight characters at a time. */
uint64_t
ts_index_hash(const char *text, size_t len, uint64_t seed)
{
    uint64_t hash = mix(seed, len), word = 0;
    size_t at = 0;

    for (; at + sizeof(word) <= len; at += sizeof(word)) {
        memcpy(&word, text + at, sizeof(word));
        hash = mix(hash, word);
    }
    for (; at < len; at++)
        hash = mix(hash, (unsigned char)text[at]);
    return hash;
}

uint32_t *
ts_index_slot(const struct ts_index *index, uint64_t hash, size_t step)
{
    return &index->slots[(hash + step) & index->mask];
}
