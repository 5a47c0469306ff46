#include "common/base/cleanup.h"

#include <errno.h>
#include <stdlib.h>

void
ts_fd_close(int *fd)
{
    if (*fd < 0)
        return;
    int saved = errno;
    (void)close(*fd);
    errno = saved;
    *fd = -1;
}

void
ts_string_free(char **string)
{
    free(*string);
    *string = NULL;
}

void
ts_stream_close(FILE **stream)
{
    if (*stream != NULL)
        (void)fclose(*stream);
    *stream = NULL;
}

void
ts_folder_close(DIR **folder)
{
    if (*folder != NULL)
        (void)closedir(*folder);
    *folder = NULL;
}

void *
ts_array_grow(void *array, size_t len, size_t item_size)
{
    if ((len & (len - 1)) != 0)
        return array;
    return reallocarray(array, len == 0 ? 1 : len * 2, item_size);
}
