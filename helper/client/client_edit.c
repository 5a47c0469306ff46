#include "helper/client/client_edit.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/client_format.h"

#define LINE_SIZE_MAX ((size_t)16 * 1024)

/* Moves to the next line; false at the end. */
static bool
next_line(const struct client_format *format, struct client_scan *scan)
{
    scan->at += scan->line.size;
    if (scan->at >= scan->text->len)
        return false;
    scan->before = scan->line;
    scan->line = text_line_at(scan->text, scan->at);
    scan->value = (struct text_span){NULL, 0};
    scan->is_ours = false;
    scan->is_anchor = false;
    format->scan(scan);
    return true;
}

static int
copy_line(const struct client_scan *scan, struct ts_secret *ret)
{
    return ts_secret_append(ret, scan->line.text, scan->line.size);
}

struct text_span
client_edit_find(const struct client_format *format, const struct ts_secret *text,
                 const struct client_place *place)
{
    struct client_scan scan = {.text = text, .place = place};
    struct text_span found = {NULL, 0};

    while (next_line(format, &scan))
        if (scan.value.text != NULL)
            found = scan.value;
    return found;
}

bool
client_edit_has_ours(const struct client_format *format, const struct ts_secret *text)
{
    const struct client_place any = {.path = ""};
    struct client_scan scan = {.text = text, .place = &any};

    while (next_line(format, &scan))
        if (scan.is_ours)
            return true;
    return false;
}

int
client_edit_remove(const struct client_format *format, const struct ts_secret *text,
                   const struct client_place *place, struct ts_secret *ret)
{
    struct client_scan scan = {.text = text, .place = place};
    int rc = 0;

    while (rc == 0 && next_line(format, &scan)) {
        if (!scan.is_ours)
            rc = copy_line(&scan, ret);
        else if (format->print_rest != NULL)
            rc = format->print_rest(&scan.value, ret);
    }
    return rc;
}

/* Whether somebody else's setting is in the way. */
static int
check_setting(const struct client_format *format, const struct client_scan *scan,
              struct ts_err *err)
{
    const struct text_span *value = &scan->value;

    if (format->off != NULL && text_span_is(value, format->off))
        return ts_err_set(err, TS_ERR_CONFIG, "it says '%s': remove that line first", format->off);
    if (format->is_single && value->text != NULL && !scan->is_ours)
        return ts_err_set(err, TS_ERR_CONFIG, "it names %.*s already: remove that line first",
                          (int)(value->len < 200 ? value->len : 200), value->text);
    return 0;
}

/* Where our line goes is below its anchors, or where it was already, or at the end. */
static int
write_lines(const struct client_format *format, struct client_scan *scan, const char *line,
            struct ts_secret *ret, struct ts_err *err)
{
    const struct text_span now = client_edit_find(format, scan->text, scan->place);
    bool is_there = false;
    int rc = 0;

    while (rc == 0 && next_line(format, scan)) {
        bool is_merged = format->print_rest != NULL && scan->value.text == now.text;
        bool is_replaced =
            !format->at_end && scan->value.text != NULL && (scan->is_ours || is_merged);

        rc = check_setting(format, scan, err);
        if (rc == 0 && !scan->is_ours && !is_replaced)
            rc = copy_line(scan, ret);
        if (rc == 0 && (is_replaced || scan->is_anchor)) {
            rc = text_append_line(ret, line);
            is_there = true;
        }
    }
    if (rc < 0 || is_there)
        return rc;
    if (format->missing != NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "%s", format->missing);
    if (format->section != NULL)
        rc = text_append_line(ret, format->section);
    return rc < 0 ? rc : text_append_line(ret, line);
}

/* Whether the line that a part of the text is in is this one. */
static bool
is_line_of(const struct ts_secret *text, const struct text_span *part, const char *line)
{
    size_t at = part->text != NULL ? (size_t)(part->text - text->data) : 0;

    while (at > 0 && text->data[at - 1] != '\n')
        at--;
    struct text_line whole = text_line_at(text, at);
    return part->text != NULL && text_line_is(&whole, line);
}

int
client_edit_add(const struct client_format *format, const struct ts_secret *text,
                const struct client_place *place, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret line = TS_SECRET_INIT(LINE_SIZE_MAX);
    const struct text_span now = client_edit_find(format, text, place);
    struct client_scan scan = {.text = text, .place = place};
    int rc = format->print(place, &now, &line);

    if (rc < 0)
        return rc;
    if ((format->value != NULL && text_span_is(&now, format->value)) ||
        (format->at_end && is_line_of(text, &now, ts_secret_string(&line))))
        return ts_secret_append(ret, ts_secret_string(text), text->len);
    return write_lines(format, &scan, ts_secret_string(&line), ret, err);
}
