/*
 * Arguments and lines that become events. The first byte says which kind of event; what follows is
 * read twice: line by line as events, as --stdin does, and each line as a trait. What is accepted
 * is one line of JSON without a key, and a trait is what was said.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/job/job.h"
#include "common/json/json.h"
#include "common/process/lines.h"
#include "helper/command/event_body.h"

static const char *const names[] = {"identify", "group", "track"};

static void
check_event(const struct event_kind *kind, const struct ts_secret *event, size_t values)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err err = {0};

    if (event->len > TS_EVENT_MAX || memchr(event->data, '\n', event->len) != NULL ||
        ts_json_parse_object(event->data, event->len, &object, &err) < 0 ||
        ts_json_find(object, "api_key", NULL) || ts_json_string(object, "user_id") == NULL)
        abort();
    struct ts_json *set = ts_json_member(ts_json_member(object, kind->values), "$set");
    if (!ts_json_is(set, TS_JSON_OBJECT) || ts_json_length(set) != values)
        abort();
}

static void
read_line(const struct event_kind *kind, const struct ts_line *line)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret event = TS_SECRET_INIT(2 * TS_EVENT_MAX);
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err err = {0};

    if (event_body_from_line(kind, line, 0, &event, &err) < 0) {
        if (err.text[0] == '\0' || fuzz_has_control(err.text))
            abort();
        return;
    }
    if (ts_json_parse_object(line->text, line->len, &object, &err) < 0)
        abort();
    check_event(kind, &event, ts_json_length(ts_json_member(object, kind->values)));
}

static void
read_arguments(const struct event_kind *kind, char **items, size_t len)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret event = TS_SECRET_INIT(2 * TS_EVENT_MAX);
    const struct ts_list values = {items, len};
    const struct event_input input = {"s", "u", NULL, &values};
    struct ts_err err = {0};

    if (event_body_from_input(kind, &input, 0, &event, &err) == 0)
        check_event(kind, &event, len);
    else if (err.text[0] == '\0' || fuzz_has_control(err.text))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const struct event_kind *kind = event_kind_find(names[data[0] % 3]);
    TS_CLEANUP(fuzz_parts_release) struct fuzz_parts parts = fuzz_split(data + 1, size - 1);
    const struct ts_line whole = {(const char *)data + 1, size - 1};

    read_line(kind, &whole);
    for (size_t i = 0; i < parts.len; i++)
        read_arguments(kind, &parts.items[i], 1);
    read_arguments(kind, parts.items, parts.len);
    return 0;
}
