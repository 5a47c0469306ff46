#include "file.h"

#include "scoped.h"
#include "text.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)1 << 20)

int
file_read(const char *path, char **ret, size_t *ret_len)
{
    scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        warn("%s", path);
        return -1;
    }
    scoped(text) char *text = must_alloc(FILE_MAX + 2);
    size_t len = 0;
    ssize_t got = 0;
    while (len <= FILE_MAX && (got = read(fd, text + len, FILE_MAX + 1 - len)) > 0)
        len += (size_t)got;
    if (got < 0) {
        warn("%s", path);
        return -1;
    }
    if (len > FILE_MAX) {
        warnx("%s: larger than 1 MiB", path);
        return -1;
    }
    *ret = must_copy(text, len);
    *ret_len = len;
    return 0;
}

/* Writes all of it, or returns -1 with errno set. */
static int
write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        text += put;
        len -= (size_t)put;
    }
    return 0;
}

int
file_write(const char *path, mode_t mode, const char *text, size_t len)
{
    scoped(text) char *temporary = must_printf("%s.XXXXXX", path);
    scoped(fd) int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        warn("%s", temporary);
        return -1;
    }
    if (write_all(fd, text, len) != 0 || fchmod(fd, mode) != 0 || rename(temporary, path) != 0) {
        warn("%s", path);
        unlink(temporary);
        return -1;
    }
    return 0;
}
