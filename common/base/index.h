/*
 * An index of items by hash, for arrays that are too long to be searched one by one. It holds
 * positions only: the caller hashes, compares and keeps the items.
 *
 *     for (size_t step = 0; *(slot = ts_index_slot(&index, hash, step)) != 0; step++)
 *         if (is_equal(&items[*slot - 1], wanted))
 *             return &items[*slot - 1];
 *     *slot = (uint32_t)position + 1;       (where it is to be added)
 */
#ifndef TS_INDEX_H
#define TS_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct ts_index {
    uint32_t *slots; /* 0: free; else a position, plus one */
    size_t mask;
};

/* An empty index with room for `len` items, fewer than 2^31. Returns 0 or TS_ERR_NOMEM. *ret is
 * released with ts_index_release in every case. */
int ts_index_make(size_t len, struct ts_index *ret);
void ts_index_release(struct ts_index *index);

/* A hash of a text, to index it by. It differs between machines, so it is never stored. */
uint64_t ts_index_hash(const char *text, size_t len, uint64_t seed);

/* The slot that is looked at in that step, counted from 0. Of an index with room, one is free. */
uint32_t *ts_index_slot(const struct ts_index *index, uint64_t hash, size_t step);

#endif
