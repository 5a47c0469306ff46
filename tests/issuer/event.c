#include "event.h"

#include "file.h"
#include "scoped.h"

#include <err.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_MAX_BYTES 256
#define TAIL_MAX ((off_t)256 * 1024)

struct event {
    const char *path;
    const char *type;
    const char *required[3]; /* strings, not empty */
    const char *values;      /* the object that holds $set */
};

static const struct event events[] = {
    {"/v1/identify", "identify", {"user_id"}, "traits"},
    {"/v1/group", "group", {"group_id", "user_id"}, "traits"},
    {"/v1/track", "track", {"event", "user_id"}, "properties"},
};

const struct event *
event_find(const char *path)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (strcmp(events[i].path, path) == 0)
            return &events[i];
    }
    return NULL;
}

static int
refuse(struct refusal *ret, unsigned int status, const char *message)
{
    *ret = (struct refusal){status, message};
    return -1;
}

/* True where `text` is YYYY-MM-DDThh:mm:ss, a fraction or none, then Z or +hh:mm. */
static bool
timestamp_valid(const char *text)
{
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (!rest || rest - text != 19)
        return false;
    if (*rest == '.') {
        size_t digits = strspn(rest + 1, "0123456789");
        if (digits == 0)
            return false;
        rest += 1 + digits;
    }
    if (strcmp(rest, "Z") == 0)
        return true;
    unsigned char sign = (unsigned char)*rest;
    if (sign != '+' && sign != '-')
        return false;
    const char *end = strptime(rest + 1, "%H:%M", &parts);
    return end && *end == '\0' && end - rest == 6;
}

static bool
named(const struct event *event, const char *member)
{
    for (size_t i = 0; i < 3 && event->required[i]; i++) {
        if (strcmp(event->required[i], member) == 0)
            return true;
    }
    return strcmp(member, event->values) == 0 || strcmp(member, "timestamp") == 0;
}

/* Checks all but api_key, which is not in the body any more. */
static int
check_body(const struct event *event, struct json_object *body, struct refusal *ret)
{
    for (size_t i = 0; i < 3 && event->required[i]; i++) {
        const char *text = json_member(body, event->required[i]);
        if (!text || !*text || strlen(text) > NAME_MAX_BYTES)
            return refuse(ret, 400, "an id or the event's name is missing, empty or too long");
    }
    json_object_object_foreach(body, member, value)
    {
        (void)value;
        if (!named(event, member))
            return refuse(ret, 400, "the body has a member that does not belong there");
    }
    struct json_object *values = NULL, *set = NULL, *when = NULL;
    if (json_object_object_get_ex(body, event->values, &values) &&
        (!json_object_object_get_ex(values, "$set", &set) ||
         !json_object_is_type(set, json_type_object)))
        return refuse(ret, 400, "traits or properties must be {\"$set\": {...}}");
    if (json_object_object_get_ex(body, "timestamp", &when) &&
        (!json_object_is_type(when, json_type_string) ||
         !timestamp_valid(json_object_get_string(when))))
        return refuse(ret, 400, "timestamp must be ISO 8601");
    return 0;
}

/* True where the request carries the project's key, in its body or in its header. */
static bool
authorised(const struct exchange *exchange, struct json_object *body)
{
    static const char scheme[] = "Token ";
    const char *header = exchange->inquiry.authorization;
    const char *sent = json_member(body, "api_key");
    if (!sent && header && strncmp(header, scheme, sizeof(scheme) - 1) == 0)
        sent = header + sizeof(scheme) - 1;
    scoped(text) char *path = must_printf("%s/project-key", exchange->issuer->dir);
    scoped(text) char *key = NULL;
    size_t len = 0;
    if (!sent || file_read(path, &key, &len) != 0)
        return false;
    len = strcspn(key, "\n");
    return len > 0 && strlen(sent) == len && CRYPTO_memcmp(sent, key, len) == 0;
}

static int
log_event(const struct exchange *exchange, struct json_object *body)
{
    scoped(json) struct json_object *line = json_object_new_object();
    json_object_object_add(line, "time", json_object_new_int64(time(NULL)));
    json_object_object_add(line, "type", json_object_new_string(exchange->event->type));
    json_object_object_add(line, "body", json_object_get(body));
    scoped(text) char *text = must_printf("%s\n", json_text(line));
    scoped(text) char *path = must_printf("%s/events.log", exchange->issuer->dir);
    scoped(fd) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    if (fd >= 0 && write(fd, text, len) == (ssize_t)len)
        return 0;
    warn("%s", path);
    return -1;
}

int
event_take(struct exchange *exchange, struct refusal *ret)
{
    const struct inquiry *inquiry = &exchange->inquiry;
    if (!is_json(inquiry->content_type))
        return refuse(ret, 400, "Content-Type must be application/json");
    scoped(json) struct json_object *body = json_parse(inquiry->body, inquiry->body_len);
    if (!json_object_is_type(body, json_type_object))
        return refuse(ret, 400, "the body is not a JSON object");
    if (!authorised(exchange, body))
        return refuse(ret, 401, "api_key is missing or not this project's");
    json_object_object_del(body, "api_key");
    if (check_body(exchange->event, body, ret) != 0)
        return -1;
    return log_event(exchange, body) == 0 ? 0 : refuse(ret, 500, "cannot write the log");
}

/* The end of the log, from the beginning of a line on; the caller frees it. NULL where it is empty.
 */
static char *
read_tail(const char *dir)
{
    scoped(text) char *path = must_printf("%s/events.log", dir);
    scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size == 0)
        return NULL;
    off_t from = status.st_size > TAIL_MAX ? status.st_size - TAIL_MAX : 0;
    scoped(text) char *text = must_alloc((size_t)(status.st_size - from) + 1);
    if (pread(fd, text, (size_t)(status.st_size - from), from) != status.st_size - from)
        return NULL;
    const char *start = from > 0 ? strchr(text, '\n') : text;
    return start ? must_copy(start, strlen(start)) : NULL;
}

void
event_each(const char *dir, size_t max, void (*each)(struct json_object *line, void *context),
           void *context)
{
    scoped(text) char *tail = read_tail(dir);
    while (tail && max > 0) {
        char *newline = strrchr(tail, '\n');
        const char *text = newline ? newline + 1 : tail;
        scoped(json) struct json_object *line = json_parse(text, strlen(text));
        if (line) {
            each(line, context);
            max--;
        }
        if (!newline)
            break;
        *newline = '\0';
    }
}
