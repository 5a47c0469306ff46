#include "common/base/secret.h"
#include "common/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* realloc would leave a copy of the secret behind, so growing is malloc, copy, zero, free. */
static int
grow(struct ts_secret *secret, size_t cap)
{
    char *data = malloc(cap);

    if (data == NULL)
        return TS_ERR_NOMEM;
    if (secret->data != NULL)
        memcpy(data, secret->data, secret->len);
    data[secret->len] = '\0';
    size_t len = secret->len;
    ts_secret_release(secret);
    secret->data = data;
    secret->cap = cap;
    secret->len = len;
    return 0;
}

int
ts_secret_reserve(struct ts_secret *secret, size_t len)
{
    if (len > secret->max)
        return TS_ERR_TOO_LARGE;
    if (secret->data != NULL && len < secret->cap)
        return 0;
    size_t cap = secret->cap < 128 ? 256 : secret->cap * 2;
    if (cap <= len)
        cap = len + 1;
    return grow(secret, cap);
}

int
ts_secret_append(struct ts_secret *secret, const void *data, size_t len)
{
    if (len > secret->max - secret->len)
        return TS_ERR_TOO_LARGE;
    int rc = ts_secret_reserve(secret, secret->len + len);
    if (rc < 0)
        return rc;
    if (len > 0)
        memcpy(secret->data + secret->len, data, len);
    secret->len += len;
    secret->data[secret->len] = '\0';
    return 0;
}

int
ts_secret_append_string(struct ts_secret *secret, const char *string)
{
    return ts_secret_append(secret, string, strlen(string));
}

int
ts_secret_append_strings(struct ts_secret *secret, ...)
{
    const size_t before = secret->len;
    const char *string;
    va_list args;
    int rc = 0;

    va_start(args, secret);
    while (rc == 0 && (string = va_arg(args, const char *)) != NULL)
        rc = ts_secret_append_string(secret, string);
    va_end(args);
    if (rc < 0)
        ts_secret_truncate(secret, before);
    return rc;
}

int
ts_secret_append_format(struct ts_secret *secret, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int needed = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (needed < 0)
        return TS_ERR_NOMEM;
    if ((size_t)needed > secret->max - secret->len)
        return TS_ERR_TOO_LARGE;
    int rc = ts_secret_reserve(secret, secret->len + (size_t)needed);
    if (rc < 0)
        return rc;
    va_start(args, format);
    (void)vsnprintf(secret->data + secret->len, (size_t)needed + 1, format, args);
    va_end(args);
    secret->len += (size_t)needed;
    return 0;
}

int
ts_secret_set(struct ts_secret *secret, const void *data, size_t len)
{
    struct ts_secret copy = TS_SECRET_INIT(secret->max);
    int rc = ts_secret_append(&copy, data, len);

    if (rc < 0)
        return rc;
    ts_secret_move(secret, &copy);
    return 0;
}

void
ts_secret_truncate(struct ts_secret *secret, size_t len)
{
    if (len >= secret->len)
        return;
    explicit_bzero(secret->data + len, secret->len - len);
    secret->len = len;
}

void
ts_secret_clear(struct ts_secret *secret)
{
    ts_secret_truncate(secret, 0);
}

void
ts_secret_release(struct ts_secret *secret)
{
    if (secret->data != NULL)
        explicit_bzero(secret->data, secret->cap);
    free(secret->data);
    secret->data = NULL;
    secret->len = 0;
    secret->cap = 0;
}

void
ts_secret_move(struct ts_secret *to, struct ts_secret *from)
{
    ts_secret_release(to);
    *to = *from;
    from->data = NULL;
    from->len = 0;
    from->cap = 0;
}

const char *
ts_secret_string(const struct ts_secret *secret)
{
    return secret->data != NULL ? secret->data : "";
}

static bool
equal_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned char difference = 0;

    if (a_len != b_len)
        return false;
    for (size_t i = 0; i < a_len; i++)
        difference = (unsigned char)(difference | ((unsigned char)a[i] ^ (unsigned char)b[i]));
    return difference == 0;
}

bool
ts_secret_equal(const struct ts_secret *a, const struct ts_secret *b)
{
    return equal_bytes(ts_secret_string(a), a->len, ts_secret_string(b), b->len);
}

bool
ts_secret_equal_string(const struct ts_secret *a, const char *string)
{
    return equal_bytes(ts_secret_string(a), a->len, string, strlen(string));
}

bool
ts_secret_has_nul(const struct ts_secret *secret)
{
    return secret->len > 0 && memchr(secret->data, '\0', secret->len) != NULL;
}

/* How much more it holds without growing. */
static size_t
room_of(const struct ts_secret *secret)
{
    size_t cap = secret->cap > 0 ? secret->cap - 1 : 0;

    return (cap < secret->max ? cap : secret->max) - secret->len;
}

int
ts_secret_read_fd(struct ts_secret *secret, int fd)
{
    for (;;) {
        char chunk[4096];
        size_t room = room_of(secret);
        bool is_direct = room >= sizeof(chunk);
        char *to = is_direct ? secret->data + secret->len : chunk;
        ssize_t got = read(fd, to, is_direct ? room : sizeof(chunk));

        if (got == 0)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return TS_ERR_SYSTEM;
        if (is_direct) {
            secret->len += (size_t)got;
            secret->data[secret->len] = '\0';
            continue;
        }
        int rc = ts_secret_append(secret, chunk, (size_t)got);
        explicit_bzero(chunk, (size_t)got);
        if (rc < 0)
            return rc;
    }
}

int
ts_secret_read_file(struct ts_secret *secret, int fd, size_t size)
{
    const size_t end = secret->len + size;
    int rc = ts_secret_reserve(secret, end);

    while (rc == 0 && secret->len < end) {
        ssize_t got = read(fd, secret->data + secret->len, end - secret->len);

        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return TS_ERR_SYSTEM;
        if (got > 0) {
            secret->len += (size_t)got;
            secret->data[secret->len] = '\0';
        }
    }
    return rc == 0 && size == 0 ? ts_secret_read_fd(secret, fd) : rc;
}

int
ts_write_all(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        ssize_t put = write(fd, p, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return TS_ERR_SYSTEM;
        p += put;
        len -= (size_t)put;
    }
    return 0;
}
