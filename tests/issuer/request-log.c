#include "request-log.h"

#include "fault.h"
#include "scoped.h"

#include <err.h>
#include <fcntl.h>
#include <string.h>

static struct json_object *
string_or_null(const char *text)
{
    return text && *text ? json_object_new_string(text) : NULL;
}

static struct json_object *
timestamp(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    double seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    scoped(text) char *text = must_printf("%.3f", seconds);
    return json_object_new_double_s(seconds, text);
}

/* Returns the line with its newline; the caller frees it. */
static char *
make_line(const struct exchange *exchange)
{
    const struct grant *grant = &exchange->grant;
    scoped(json) struct json_object *line = json_object_new_object();
    json_object_object_add(line, "time", timestamp());
    json_object_object_add(line, "method", json_object_new_string(exchange->inquiry.method));
    json_object_object_add(line, "path", json_object_new_string(exchange->inquiry.path));
    json_object_object_add(line, "status", json_object_new_int((int)exchange->reply.status));
    json_object_object_add(line, "key_id", string_or_null(grant->key_id));
    json_object_object_add(line, "scopes", json_object_get(grant->scopes));
    json_object_object_add(line, "expiry",
                           grant->expiry ? json_object_new_int64(grant->expiry) : NULL);
    json_object_object_add(line, "fault",
                           exchange->plain_fault ? NULL : string_or_null(exchange->fault->name));
    json_object_object_add(line, "cookie", json_object_new_boolean(exchange->inquiry.cookie));
    return must_printf("%s\n", json_text(line));
}

void
request_log(const struct exchange *exchange)
{
    scoped(text) char *line = make_line(exchange);
    scoped(text) char *path = must_printf("%s/requests.log", exchange->issuer->dir);
    scoped(fd) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    size_t len = strlen(line);
    if (fd < 0 || write(fd, line, len) != (ssize_t)len)
        warn("%s", path);
}
