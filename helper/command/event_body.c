#include "helper/command/event_body.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/job/job.h"
#include "common/json/json.h"
#include "common/json/json_write.h"
#include "common/process/lines.h"

static const struct event_kind kinds[] = {
    {"identify", NULL, "traits", "trait", true, true},
    {"group", "group_id", "traits", "trait", false, false},
    {"track", "event", "properties", "property", true, false},
};

const struct event_kind *
event_kind_find(const char *name)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* A text that has to be there, and to be one. `name` is how the message calls it. */
static int
check_text(const char *name, const char *text, struct ts_err *err)
{
    if (text == NULL || text[0] == '\0')
        return ts_err_set(err, TS_ERR_USAGE, "%s is missing or empty", name);
    if (!ts_text_is_utf8(text, strlen(text)))
        return ts_err_set(err, TS_ERR_USAGE, "%s is not UTF-8", name);
    return 0;
}

static int
check_time(const char *name, const char *text, struct ts_err *err)
{
    if (text == NULL || ts_text_is_time(text))
        return 0;
    return ts_err_set(err, TS_ERR_USAGE,
                      "%s is not a time with its zone, such as 2026-11-24T20:15:30Z", name);
}

static int
too_large(const char *name, struct ts_err *err)
{
    return ts_err_set(err, TS_ERR_USAGE, "%s: the event is larger than %zu bytes", name,
                      TS_EVENT_MAX);
}

/* What comes before traits and properties. */
static int
write_head(const struct event_kind *kind, const struct event_input *input, int64_t now,
           struct ts_secret *ret, struct ts_err *err)
{
    struct ts_json_writer json = ts_json_begin(ret);
    const char *time = input->timestamp;
    char current[32];

    if (time == NULL && kind->needs_time) {
        ts_text_rfc3339(current, now);
        time = current;
    }
    if (kind->subject != NULL)
        ts_json_write_string(&json, kind->subject, input->subject);
    ts_json_write_string(&json, "user_id", input->user);
    if (time != NULL)
        ts_json_write_string(&json, "timestamp", time);
    int rc = ts_json_end(&json);
    if (rc == TS_ERR_TOO_LARGE)
        return too_large("an id or name", err);
    if (rc < 0)
        return ts_err_nomem(err);
    /* The object is closed by finish(). */
    ts_secret_truncate(ret, ret->len - 1);
    return 0;
}

static int
start_values(const struct event_kind *kind, struct ts_secret *ret)
{
    return ts_secret_append_strings(ret, ",\"", kind->values, "\":{\"$set\":{", NULL);
}

/* One trait or property; `json` is its value as JSON. Returns as ts_secret_append. */
static int
append_value(struct ts_secret *ret, const char *name, size_t name_len, const struct ts_secret *json)
{
    const bool is_first = ret->data[ret->len - 1] == '{';
    int rc = is_first ? 0 : ts_secret_append_string(ret, ",");

    if (rc == 0)
        rc = ts_json_print_string(name, name_len, ret);
    if (rc == 0)
        rc = ts_secret_append_string(ret, ":");
    return rc < 0 ? rc : ts_secret_append(ret, json->data, json->len);
}

static int
finish(struct ts_secret *ret, const char *closing, struct ts_err *err)
{
    int rc = ts_secret_append_string(ret, closing);

    if (rc == TS_ERR_TOO_LARGE || ret->len > TS_EVENT_MAX)
        return too_large("the line", err);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

/* Any JSON value, which stands alone in an object for that: the reader takes objects only. */
static int
read_json_value(const char *text, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret whole = TS_SECRET_INIT(2 * TS_EVENT_MAX);
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err reason = {.code = 0};
    int rc = ts_secret_append_strings(&whole, "{\"\":", text, "}", NULL);

    if (rc == TS_ERR_TOO_LARGE)
        return too_large("a value", err);
    if (rc == 0)
        rc = ts_json_parse_object(ts_secret_string(&whole), whole.len, &object, &reason);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    /* More members than that one were in the text. */
    if (rc < 0 || ts_json_length(object) != 1)
        return ts_err_set(err, TS_ERR_USAGE, "what follows := is not valid JSON");
    return ts_json_print_value(ts_json_at(object, 0), ret) < 0 ? too_large("a value", err) : 0;
}

/* K=V or K:=V in three parts. */
struct pair {
    const char *name;
    size_t name_len;
    const char *value;
    bool is_json;
};

static int
split_pair(const char *text, struct pair *ret, struct ts_err *err)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL)
        return ts_err_set(err, TS_ERR_USAGE, "neither K=V nor K:=V");
    const bool is_json = equals > text && equals[-1] == ':';
    *ret = (struct pair){text, (size_t)(equals - text) - (is_json ? 1 : 0), equals + 1, is_json};
    if (ret->name_len == 0)
        return ts_err_set(err, TS_ERR_USAGE, "there is no name before the '='");
    if (text[0] == '$')
        return ts_err_set(err, TS_ERR_USAGE, "names beginning with '$' are ThriveStack's own");
    if (!ts_text_is_utf8(text, strlen(text)))
        return ts_err_set(err, TS_ERR_USAGE, "not UTF-8");
    return 0;
}

static int
append_pair(const struct pair *pair, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret json = TS_SECRET_INIT(2 * TS_EVENT_MAX);
    int rc = pair->is_json ? read_json_value(pair->value, &json, err) : 0;

    if (rc < 0)
        return rc;
    if (!pair->is_json)
        rc = ts_json_print_string(pair->value, strlen(pair->value), &json);
    if (rc == 0)
        rc = append_value(ret, pair->name, pair->name_len, &json);
    /* What ends the event takes a little, too. */
    if (rc == TS_ERR_TOO_LARGE || ret->len + 4 > TS_EVENT_MAX)
        return too_large("with it", err);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

static bool
is_name_of(const struct pair *pair, const char *text)
{
    struct pair other;
    struct ts_err ignored = {.code = 0};

    return split_pair(text, &other, &ignored) == 0 && other.name_len == pair->name_len &&
           memcmp(other.name, pair->name, pair->name_len) == 0;
}

static int
append_argument(const struct event_input *input, size_t index, struct ts_secret *ret,
                struct ts_err *err)
{
    struct pair pair;
    int rc = split_pair(input->values->items[index], &pair, err);

    for (size_t i = 0; i < index && rc == 0; i++)
        if (is_name_of(&pair, input->values->items[i]))
            rc = ts_err_set(err, TS_ERR_USAGE, "that name is given twice");
    return rc < 0 ? rc : append_pair(&pair, ret, err);
}

static int
append_arguments(const struct event_kind *kind, const struct event_input *input,
                 struct ts_secret *ret, struct ts_err *err)
{
    for (size_t i = 0; i < input->values->len; i++) {
        int rc = append_argument(input, i, ret, err);

        if (rc == TS_ERR_NOMEM)
            return rc;
        if (rc < 0)
            return ts_err_prefix(err, "--%s %.60s", kind->option, input->values->items[i]);
    }
    return 0;
}

/* How the command line calls what a line calls `subject`. */
static const char *
subject_argument(const struct event_kind *kind)
{
    return strcmp(kind->subject, "event") == 0 ? "EVENT" : "--group";
}

int
event_body_from_input(const struct event_kind *kind, const struct event_input *input, int64_t now,
                      struct ts_secret *ret, struct ts_err *err)
{
    int rc = kind->subject != NULL ? check_text(subject_argument(kind), input->subject, err) : 0;

    if (rc == 0)
        rc = check_text("--user", input->user, err);
    if (rc == 0)
        rc = check_time("--timestamp", input->timestamp, err);
    if (rc == 0)
        rc = write_head(kind, input, now, ret, err);
    if (rc == 0 && start_values(kind, ret) < 0)
        rc = ts_err_nomem(err);
    if (rc == 0)
        rc = append_arguments(kind, input, ret, err);
    return rc < 0 ? rc : finish(ret, "}}}", err);
}

/* Whether each member is one that the kind has, and is what it has to be. */
static int
check_members(const struct event_kind *kind, struct ts_json *object, struct ts_err *err)
{
    for (size_t i = 0; i < ts_json_length(object); i++) {
        const char *name = ts_json_name_at(object, i);
        const bool is_values = strcmp(name, kind->values) == 0;
        const bool is_known = is_values || strcmp(name, "user_id") == 0 ||
                              (kind->subject != NULL && strcmp(name, kind->subject) == 0) ||
                              (kind->takes_time && strcmp(name, "timestamp") == 0);

        if (!is_known)
            return ts_err_set(err, TS_ERR_USAGE, "member %.60s does not belong there", name);
        if (!ts_json_is(ts_json_at(object, i), is_values ? TS_JSON_OBJECT : TS_JSON_STRING))
            return ts_err_set(err, TS_ERR_USAGE, "member %s is not %s", name,
                              is_values ? "an object" : "a string");
    }
    return 0;
}

static int
append_members(const struct event_kind *kind, struct ts_json *values, struct ts_secret *ret,
               struct ts_err *err)
{
    for (size_t i = 0; i < ts_json_length(values); i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret json = TS_SECRET_INIT(2 * TS_EVENT_MAX);
        const char *name = ts_json_name_at(values, i);

        if (name[0] == '$' || name[0] == '\0')
            return ts_err_set(err, TS_ERR_USAGE,
                              "%s: a name that is empty or begins with '$', which is "
                              "ThriveStack's own",
                              kind->values);
        int rc = ts_json_print_value(ts_json_at(values, i), &json);
        if (rc == 0)
            rc = append_value(ret, name, strlen(name), &json);
        if (rc == TS_ERR_TOO_LARGE)
            return too_large("the line", err);
        if (rc < 0)
            return ts_err_nomem(err);
    }
    return 0;
}

int
event_body_from_line(const struct event_kind *kind, const struct ts_line *line, int64_t now,
                     struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    int rc = ts_json_parse_object(line->text, line->len, &object, err);

    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return ts_err_recode(err, TS_ERR_USAGE);
    const struct event_input input = {
        .subject = kind->subject != NULL ? ts_json_string(object, kind->subject) : NULL,
        .user = ts_json_string(object, "user_id"),
        .timestamp = ts_json_string(object, "timestamp")};
    rc = check_members(kind, object, err);
    if (rc == 0 && kind->subject != NULL)
        rc = check_text(kind->subject, input.subject, err);
    if (rc == 0)
        rc = check_text("user_id", input.user, err);
    if (rc == 0)
        rc = check_time("timestamp", input.timestamp, err);
    if (rc == 0)
        rc = write_head(kind, &input, now, ret, err);
    if (rc == 0 && start_values(kind, ret) < 0)
        rc = ts_err_nomem(err);
    if (rc == 0)
        rc = append_members(kind, ts_json_member(object, kind->values), ret, err);
    return rc < 0 ? rc : finish(ret, "}}}", err);
}
