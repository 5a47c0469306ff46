#include "common/base/cleanup.h"

#include <errno.h>

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
