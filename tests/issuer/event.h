/*
 * identify, group and track: events that a project sends about its users, after the drafts in the
 * API's documentation.
 *
 *     POST /v1/identify   {"api_key","user_id","timestamp","traits":{"$set":{...}}}
 *     POST /v1/group      {"api_key","group_id","user_id","traits":{"$set":{...}}}
 *     POST /v1/track      {"api_key","event","user_id","properties":{"$set":{...}},"timestamp"}
 *
 * api_key is the project's, which `init` puts into DIR/project-key; `Authorization: Token KEY` is
 * taken in its place. Timestamps, ISO 8601, may be left out. Any other member is an error. What was
 * accepted is one line of JSON in DIR/events.log:
 *
 *     {"time","type","body"}     body as it came, without api_key
 */
#ifndef ISSUER_EVENT_H
#define ISSUER_EVENT_H

#include "exchange.h"
#include "request.h"

/* Finds the event that a path means; NULL where it means none. */
const struct event *event_find(const char *path);

/* Checks the event in exchange->inquiry and logs it. Returns 0, or -1 with *ret_refusal set: 400,
 * 401, or 500 where it cannot be logged. */
int event_take(struct exchange *exchange, struct refusal *ret_refusal);

/* Calls `each` with up to `max` lines of the log, the newest first. */
void event_each(const char *dir, size_t max, void (*each)(struct json_object *line, void *context),
                void *context);

#endif
