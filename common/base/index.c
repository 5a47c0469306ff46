#include "common/base/index.h"
#include "common/base/error.h"

#include <stdlib.h>

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

uint32_t *
ts_index_slot(const struct ts_index *index, uint64_t hash, size_t step)
{
    return &index->slots[(hash + step) & index->mask];
}
