#include "tests/fleet/fleet.h"

#include <stdio.h>
#include <stdlib.h>

void
load_init(struct load *load, int64_t duration)
{
    load->seconds = (size_t)(duration / SECOND);
    load->requests = calloc(load->seconds, sizeof(load->requests[0]));
    if (load->requests == NULL) {
        fprintf(stderr, "fleet: out of memory\n");
        exit(1);
    }
}

void
load_release(struct load *load)
{
    free(load->requests);
    load->requests = NULL;
}

void
load_count(struct load *load, int64_t now)
{
    size_t second = (size_t)(now / SECOND);

    if (second < load->seconds)
        load->requests[second]++;
}

static size_t
second_of(const struct load *load, int64_t when)
{
    size_t second = (size_t)(when / SECOND);

    return second < load->seconds ? second : load->seconds;
}

double
load_mean(const struct load *load, int64_t from, int64_t to)
{
    size_t begin = second_of(load, from), end = second_of(load, to);
    uint64_t sum = 0;

    for (size_t i = begin; i < end; i++)
        sum += load->requests[i];
    return end > begin ? (double)sum / (double)(end - begin) : 0;
}

double
load_peak(const struct load *load, int64_t from, int64_t to, int64_t window)
{
    size_t begin = second_of(load, from), end = second_of(load, to);
    size_t width = (size_t)(window / SECOND);
    uint64_t sum = 0, most = 0;

    for (size_t i = begin; i < end; i++) {
        sum += load->requests[i];
        if (i >= begin + width)
            sum -= load->requests[i - width];
        most = sum > most ? sum : most;
    }
    return (double)most / (double)width;
}

int64_t
load_last_above(const struct load *load, int64_t from, int64_t to, double limit)
{
    for (int64_t end = to; end >= from + MINUTE; end -= SECOND)
        if (load_mean(load, end - MINUTE, end) > limit)
            return end;
    return from;
}
