/*
 * identify, group and track: the bodies that ThriveStack takes, but for the project's key, which
 * the worker adds. From the command line, or from a line of JSON:
 *
 *     {"user_id": "u1", "timestamp": "2026-11-24T20:15:30Z", "traits": {"plan": "pro"}}
 *
 * (`group` has group_id, too; `track` event and properties.) In what is sent, traits and properties
 * are in a member `$set`.
 */
#ifndef HELPER_EVENT_BODY_H
#define HELPER_EVENT_BODY_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

struct event_kind {
    const char *name;    /* of the command, and the end of the URL */
    const char *subject; /* "group_id" or "event", which comes beside user_id; or NULL */
    const char *values;  /* "traits" or "properties" */
    const char *option;  /* that gives one of them: "trait" or "property" */
    bool takes_time;     /* a timestamp */
    bool needs_time;     /* now, where none is given */
};

/* By the command's name; NULL where there is none. */
const struct event_kind *event_kind_find(const char *name);

/* What the command line gives; NULL and empty: not given. */
struct event_input {
    const char *subject;
    const char *user;
    const char *timestamp;
    const struct ts_list *values; /* K=V and K:=V */
};

/*
 * Appends the event, a line without its end of at most TS_EVENT_MAX bytes. `now` is Unix seconds.
 * Return 0; TS_ERR_USAGE, the text naming the option or member; or TS_ERR_NOMEM. On failure *ret
 * may hold a part.
 */
int event_body_from_input(const struct event_kind *kind, const struct event_input *input,
                          int64_t now, struct ts_secret *ret, struct ts_err *err);
struct ts_line;
int event_body_from_line(const struct event_kind *kind, const struct ts_line *line, int64_t now,
                         struct ts_secret *ret, struct ts_err *err);

#endif
