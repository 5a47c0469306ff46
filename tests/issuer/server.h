/*
 * The HTTP server: libmicrohttpd with one thread for each connection.
 *
 * Threads rather than an event loop, because half of what this server does is wait on purpose, and
 * because several hundred threads cost little.
 */
#ifndef ISSUER_SERVER_H
#define ISSUER_SERVER_H

#include "exchange.h"

struct server;

struct server_options {
    struct issuer issuer;
    const char *listen; /* numeric address, IPv4 or IPv6 */
    int64_t port;       /* 0 lets the system choose */
    const char *cert;   /* name of DIR/NAME.pem and .key; NULL for plain http */
    /* Answers a request: fills exchange->reply, fault and now. Called by any number of threads. */
    void (*answer)(struct exchange *exchange, void *context);
    void *context;
};

/* Starts to listen. `answer` is called from then on. Borrows the options for the server's life.
 * Returns the server, which server_stop frees, or NULL after reporting. */
struct server *server_start(const struct server_options *options);

/* The port it listens on. */
unsigned int server_port(const struct server *server);

/* Ends all connections, answered or not, and frees the server. */
void server_stop(struct server *server);

#endif
