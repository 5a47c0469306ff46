/*
 * The word that somebody may have meant: candidates are compared with what was typed, one by one.
 *
 *     struct ts_nearest nearest = TS_NEAREST_INIT(typed);
 *     for (...)
 *         ts_nearest_try(&nearest, candidate);
 *     ts_err_set(err, TS_ERR_USAGE, "unknown command '%s'%s", typed, ts_nearest_hint(&nearest,
 * hint));
 */
#ifndef TS_NEAREST_H
#define TS_NEAREST_H

#define TS_NEAREST_WORD_MAX 32 /* longer words are never near */
#define TS_NEAREST_HINT_MAX (TS_NEAREST_WORD_MAX + 24)

struct ts_nearest {
    const char *typed;
    const char *word;  /* the nearest candidate that is near, or NULL */
    unsigned distance; /* its letters that differ */
};

#define TS_NEAREST_INIT(typed)                                                                     \
    {                                                                                              \
        (typed), 0, 0                                                                              \
    }

/* A candidate is near if at most a third of the letters are wrong, missing, too many, or exchanged
 * with their neighbour. */
void ts_nearest_try(struct ts_nearest *nearest, const char *candidate);

/* `; did you mean 'WORD'?`, or "" where no candidate was near. `ret` is returned. */
const char *ts_nearest_hint(const struct ts_nearest *nearest, char ret[TS_NEAREST_HINT_MAX]);

#endif
