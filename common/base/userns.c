#include "common/base/userns.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The first line, `inside outside count`; "" where it cannot be read. */
static void
read_first_line(const char *path, char ret[128])
{
    TS_CLEANUP(ts_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, ret, 127) : -1;

    ret[len > 0 ? len : 0] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
}

static bool
parse_number(char **line, int64_t *ret)
{
    char *start = *line + strspn(*line, " ");
    size_t len = strcspn(start, " ");

    *line = start + len + (start[len] != '\0');
    start[len] = '\0';
    return ts_text_integer(start, 0, UINT32_MAX, ret);
}

bool
ts_userns_plays_root(const char *map_path, uid_t *ret_user)
{
    char text[128];
    char *line = text;
    int64_t inside = 0;
    int64_t outside = 0;
    int64_t count = 0;

    read_first_line(map_path, text);
    if (!parse_number(&line, &inside) || !parse_number(&line, &outside) ||
        !parse_number(&line, &count))
        return false;
    /* A range of more than one user begins with the root of a container of its own. */
    if (inside != 0 || outside == 0 || count != 1)
        return false;
    *ret_user = (uid_t)outside;
    return true;
}

uid_t
ts_userns_root_owner(void)
{
    uid_t outside = 0;

    return geteuid() == 0 && ts_userns_plays_root(TS_USERNS_MAP, &outside) ? TS_USERNS_ROOT_OWNER
                                                                           : 0;
}
