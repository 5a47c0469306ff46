#include "common/base/nearest.h"

#include <stdio.h>
#include <string.h>

#define ROOM (TS_NEAREST_WORD_MAX + 1)

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* One row of the table: how many changes make the first `i` letters of `a` out of the beginnings of
 * `b`. `above` and `two_above` are the rows before. */
static void
fill_row(const char *a, const char *b, size_t i, const unsigned *two_above, const unsigned *above,
         unsigned *row)
{
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= strlen(b); j++) {
        row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = least(row[j], two_above[j - 2] + 1);
    }
}

/* The optimal string alignment distance. Both words have at most TS_NEAREST_WORD_MAX letters. */
static unsigned
distance_of(const char *a, const char *b)
{
    unsigned rows[3][ROOM];

    for (unsigned j = 0; j < ROOM; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= strlen(a); i++)
        fill_row(a, b, i, rows[(i + 1) % 3], rows[(i + 2) % 3], rows[i % 3]);
    return rows[strlen(a) % 3][strlen(b)];
}

void
ts_nearest_try(struct ts_nearest *nearest, const char *candidate)
{
    const size_t typed_len = strlen(nearest->typed), len = strlen(candidate);
    const size_t longer = typed_len > len ? typed_len : len;

    if (typed_len == 0 || len == 0 || longer > TS_NEAREST_WORD_MAX)
        return;
    unsigned distance = distance_of(nearest->typed, candidate);
    if (distance * 3 > longer || (nearest->word != NULL && distance >= nearest->distance))
        return;
    nearest->word = candidate;
    nearest->distance = distance;
}

const char *
ts_nearest_hint(const struct ts_nearest *nearest, char ret[TS_NEAREST_HINT_MAX])
{
    ret[0] = '\0';
    if (nearest->word != NULL)
        (void)snprintf(ret, TS_NEAREST_HINT_MAX, "; did you mean '%s'?", nearest->word);
    return ret;
}
