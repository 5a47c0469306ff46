/*
 * How an answer goes out: at once, late, in drips, half, or not at all.
 *
 * Each connection has a thread of its own, so that waiting here holds up nobody else. Every wait
 * ends when the client is gone or the server stops.
 */
#ifndef ISSUER_DELIVERY_H
#define ISSUER_DELIVERY_H

#include "exchange.h"

#include <microhttpd.h>

/* Sends exchange->reply as exchange->fault wants it. `stop_fd` is readable once the server stops.
 * Takes over the reply's body. Returns what an MHD access handler returns: MHD_NO closes the
 * connection. */
enum MHD_Result deliver(struct MHD_Connection *connection, struct exchange *exchange, int stop_fd);

#endif
