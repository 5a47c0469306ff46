#include "common/json/json_write.h"
#include "common/base/text.h"
#include "common/json/json.h"

#include <string.h>

static void
write_text(struct ts_json_writer *json, const char *text)
{
    if (json->rc == 0)
        json->rc = ts_secret_append_string(json->out, text);
}

static void
write_quoted(struct ts_json_writer *json, const char *text)
{
    if (json->rc == 0)
        json->rc = ts_json_print_string(text, strlen(text), json->out);
}

/* A comma, unless it is the first of its object or array, and the name. */
static void
write_name(struct ts_json_writer *json, const char *name)
{
    if (json->rc == 0 && strchr("{[", json->out->data[json->out->len - 1]) == NULL)
        write_text(json, ",");
    if (name == NULL)
        return;
    write_quoted(json, name);
    write_text(json, ":");
}

struct ts_json_writer
ts_json_begin(struct ts_secret *out)
{
    struct ts_json_writer json = {.out = out, .start = out->len};

    write_text(&json, "{");
    return json;
}

static int
end(struct ts_json_writer *json, const char *text)
{
    write_text(json, text);
    if (json->rc < 0)
        ts_secret_truncate(json->out, json->start);
    return json->rc;
}

int
ts_json_end(struct ts_json_writer *json)
{
    return end(json, "}");
}

int
ts_json_end_line(struct ts_json_writer *json)
{
    return end(json, "}\n");
}

void
ts_json_open(struct ts_json_writer *json, const char *name, char bracket)
{
    write_name(json, name);
    ts_json_close(json, bracket);
}

void
ts_json_close(struct ts_json_writer *json, char bracket)
{
    write_text(json, (const char[]){bracket, '\0'});
}

void
ts_json_write_string(struct ts_json_writer *json, const char *name, const char *value)
{
    write_name(json, name);
    if (value != NULL)
        write_quoted(json, value);
    else
        write_text(json, "null");
}

void
ts_json_write_integer(struct ts_json_writer *json, const char *name, int64_t value)
{
    char text[TS_DECIMAL_SIZE];

    write_name(json, name);
    write_text(json, ts_text_decimal(text, value));
}

void
ts_json_write_bool(struct ts_json_writer *json, const char *name, bool value)
{
    write_name(json, name);
    write_text(json, value ? "true" : "false");
}

void
ts_json_write_list(struct ts_json_writer *json, const char *name, const struct ts_list *list)
{
    ts_json_open(json, name, '[');
    for (size_t i = 0; i < list->len; i++)
        ts_json_write_string(json, NULL, list->items[i]);
    ts_json_close(json, ']');
}
