#include "delivery.h"

#include "fault.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What ends a wait. */
struct line {
    int client_fd;
    int stop_fd;
};

/* A body that goes out in another way than at once. */
struct stream {
    struct line line;
    enum delivery delivery;
    char *body; /* malloc'ed */
    size_t len;
};

/* Waits for `ms`, for ever where it is negative. False where the client went away or the server
 * stops. */
static bool
wait_on(const struct line *line, int ms)
{
    struct pollfd fds[2] = {{.fd = line->client_fd, .events = POLLRDHUP},
                            {.fd = line->stop_fd, .events = POLLIN}};
    int ready = 0;
    do
        ready = poll(fds, 2, ms);
    while (ready < 0 && errno == EINTR);
    return ready == 0;
}

static ssize_t
read_drip(struct stream *stream, uint64_t position, char *to)
{
    if (position >= stream->len)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!wait_on(&stream->line, 1000))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    *to = stream->body[position];
    return 1;
}

static ssize_t
read_cut(struct stream *stream, uint64_t position, char *to, size_t max)
{
    size_t half = stream->len / 2;
    if (position >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    const size_t left = half - (size_t)position, len = left < max ? left : max;
    memcpy(to, stream->body + position, len);
    return (ssize_t)len;
}

static ssize_t
read_endless(struct stream *stream, uint64_t position, char *to, size_t max)
{
    if (!wait_on(&stream->line, 0) && position > 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    for (size_t i = 0; i < max; i++)
        to[i] = position + i < stream->len ? stream->body[position + i] : 'A';
    return (ssize_t)max;
}

static ssize_t
read_stream(void *context, uint64_t position, char *to, size_t max)
{
    struct stream *stream = context;
    switch (stream->delivery) {
    case DELIVER_DRIP:
        return read_drip(stream, position, to);
    case DELIVER_CUT:
        return read_cut(stream, position, to, max);
    case DELIVER_ENDLESS:
        return read_endless(stream, position, to, max);
    default:
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
}

static void
free_stream(void *context)
{
    struct stream *stream = context;
    free(stream->body);
    free(stream);
}

/* Makes MHD's response from the reply, whose body it takes over. */
static struct MHD_Response *
make_response(struct exchange *exchange, const struct line *line)
{
    struct reply *reply = &exchange->reply;
    enum delivery delivery = reply->status == 200 ? exchange->fault->delivery : DELIVER_WHOLE;
    char *body = reply->body;
    size_t len = reply->len;
    reply->body = NULL;
    if (delivery == DELIVER_WHOLE)
        return MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);

    struct stream *stream = must_alloc(sizeof(*stream));
    *stream = (struct stream){*line, delivery, body, len};
    uint64_t size = delivery == DELIVER_ENDLESS ? MHD_SIZE_UNKNOWN : len;
    return MHD_create_response_from_callback(size, 4096, read_stream, stream, free_stream);
}

/* Adds Date as the exchange's clock has it: MHD is told not to, since it knows but the real one. */
static void
add_date(struct MHD_Response *response, time_t now)
{
    char date[64];
    struct tm utc = {0};
    if (gmtime_r(&now, &utc) && strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc) > 0)
        MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, date);
}

static void
reset_on_close(int fd)
{
    const struct linger abort = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
}

enum MHD_Result
deliver(struct MHD_Connection *connection, struct exchange *exchange, int stop_fd)
{
    const struct fault *fault = exchange->fault;
    const struct reply *reply = &exchange->reply;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct line line = {info->connect_fd, stop_fd};

    if (fault->delivery == DELIVER_RESET || fault->delivery == DELIVER_LOST)
        reset_on_close(line.client_fd);
    if (fault->delivery == DELIVER_HANG)
        (void)wait_on(&line, -1);
    if (reply->status == 0)
        return MHD_NO;
    if (fault->delay_ms > 0 && !wait_on(&line, (int)fault->delay_ms))
        return MHD_NO;

    struct MHD_Response *response = make_response(exchange, &line);
    if (!response)
        return MHD_NO;
    if (!fault->no_date && !exchange->issuer->no_date)
        add_date(response, exchange->now);
    if (reply->type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    if (reply->header)
        MHD_add_response_header(response, reply->header, reply->value);
    for (const struct header *header = reply->headers; header && header->name; header++)
        MHD_add_response_header(response, header->name, header->value);
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}
