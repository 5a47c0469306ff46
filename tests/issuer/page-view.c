/* The page as HTML. */
#include "event.h"
#include "html.h"
#include "keystore.h"
#include "page.h"
#include "scoped.h"

#include <err.h>
#include <openssl/crypto.h>
#include <string.h>

#define EVENTS_SHOWN 20

/* A page in the making, in memory. */
struct sheet {
    FILE *out;
    char *text;
    size_t len;
};

static void
sheet_begin(struct sheet *sheet, const char *title)
{
    *sheet = (struct sheet){0};
    sheet->out = open_memstream(&sheet->text, &sheet->len);
    if (!sheet->out)
        err(1, "out of memory");
    html_print(sheet->out,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n"
               "<link rel=\"icon\" href=\"/icon.svg\">\n"
               "<link rel=\"stylesheet\" href=\"/page.css\">\n"
               "<script src=\"/page.js\" defer></script>\n</head>\n<body>\n"
               "<a class=\"skip\" href=\"#main\">Skip to content</a>\n"
               "<header><a class=\"brand\" href=\"/\"><img src=\"/icon.svg\" alt=\"\" width=\"28\" "
               "height=\"28\">Local issuer</a><span class=\"tag\">for tests, on this machine"
               "</span></header>\n<main id=\"main\" tabindex=\"-1\">\n",
               title);
}

/* Ends the page and makes it the reply. */
static void
sheet_end(struct sheet *sheet, struct visit *visit, unsigned int status)
{
    html_print(sheet->out, "</main>\n</body>\n</html>\n");
    if (fclose(sheet->out) != 0)
        err(1, "out of memory");
    exchange_body(visit->exchange, "text/html; charset=utf-8", sheet->text, sheet->len);
    visit->exchange->reply.status = status;
}

void
view_csrf(FILE *out, const struct visit *visit)
{
    html_print(out, "<input type=\"hidden\" name=\"csrf\" value=\"%s\">", visit->page->csrf);
}

void
view_field_error(FILE *out, const struct notice *notice, const char *field)
{
    if (notice->error && notice->field && strcmp(notice->field, field) == 0)
        html_print(out, "<p class=\"wrong\" id=\"%s-error\" role=\"alert\">%s</p>", field,
                   notice->error);
}

static void
view_button(FILE *out, const struct visit *visit, const char *const words[3])
{
    html_print(out, "<form method=\"post\" action=\"/keys/%s/%s\" class=\"%s\">", words[0],
               words[1], words[1]);
    view_csrf(out, visit);
    html_print(out, "<button class=\"quiet\" aria-label=\"%s %s\">%s</button></form>",
               strcmp(words[1], "rotate") == 0 ? "Rotate" : "Invalidate", words[2],
               strcmp(words[1], "rotate") == 0 ? "Rotate" : "Invalidate");
}

/* The day on which a key is to be rotated; "" where its frequency is not "90d" or the like. */
static time_t
rotation_due(struct json_object *key, char ret[DATE_LEN + 1])
{
    const char *frequency = json_member(key, "rotation_frequency");
    const char *created = json_member(key, "created_at");
    char *end = NULL;
    time_t from = 0;
    ret[0] = '\0';
    long days = frequency ? strtol(frequency, &end, 10) : 0;
    if (!created || date_end(created, &from) != 0 || days < 1 || days > 3660 ||
        strcmp(end, "d") != 0)
        return 0;
    time_t due = from + (days - 1) * 24L * 60 * 60;
    date_print(due, ret);
    return due;
}

struct key_label {
    const char *class, *text;
};

static struct key_label
label(struct json_object *key, time_t now, time_t due)
{
    switch (keystore_state(key, now)) {
    case KEY_REVOKED:
        return (struct key_label){"ended", "Invalidated"};
    case KEY_EXPIRED:
        return (struct key_label){"ended", "Expired"};
    case KEY_ACTIVE:
        break;
    }
    if (json_object_object_get_ex(key, "replaced_by", NULL))
        return (struct key_label){"due", "Replaced, still valid"};
    return due != 0 && due <= now ? (struct key_label){"due", "Rotation due"}
                                  : (struct key_label){"good", "Active"};
}

/* "2026-11-24 20:30" of a time, UTC; "Never" for none. */
static void
print_used(FILE *out, time_t when)
{
    char text[32];
    struct tm utc = {0};
    if (when == 0 || !gmtime_r(&when, &utc) ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &utc) == 0)
        html_print(out, "<span class=\"faint\">Never</span>");
    else
        html_print(out, "<time>%s</time>", text);
}

struct table {
    FILE *out;
    struct visit *visit;
    size_t rows;
    bool ended; /* shows the keys that are not valid any more, or those that are */
};

static const char *
member_or(struct json_object *key, const char *name)
{
    const char *text = json_member(key, name);
    return text && *text ? text : "\xe2\x80\x94";
}

static void
view_row(struct json_object *key, void *context)
{
    struct table *table = context;
    FILE *out = table->out;
    const char *id = json_member(key, "key_id");
    char due_text[DATE_LEN + 1];
    time_t now = table->visit->exchange->now;
    time_t due = rotation_due(key, due_text);
    struct key_label shown = label(key, now, due);
    bool active = keystore_state(key, now) == KEY_ACTIVE;
    if (!id || !uuid_valid(id) || active == table->ended)
        return;
    table->rows++;
    html_print(out,
               "<tr id=\"key-%s\"><th scope=\"row\" data-label=\"Name\">%s<code>%s</code></th>"
               "<td data-label=\"State\"><span class=\"state %s\">%s</span></td>"
               "<td data-label=\"Created\">%s</td><td data-label=\"Expires\">%s</td>"
               "<td data-label=\"Rotation due\">%s</td><td data-label=\"Last used\">",
               id, member_or(key, "name"), id, shown.class, shown.text,
               member_or(key, "created_at"), member_or(key, "expiry"),
               *due_text ? due_text : "\xe2\x80\x94");
    print_used(out, keystore_used(table->visit->exchange->issuer->dir, id));
    html_print(out, "</td><td class=\"actions\">");
    if (active) {
        const char *name = member_or(key, "name");
        if (!json_object_object_get_ex(key, "replaced_by", NULL))
            view_button(out, table->visit, (const char *const[]){id, "rotate", name});
        view_button(out, table->visit, (const char *const[]){id, "invalidate", name});
    }
    html_print(out, "</td></tr>\n");
}

static void
view_table(FILE *out, struct visit *visit)
{
    struct table table = {.out = out, .visit = visit};
    html_print(out,
               "<div class=\"card table\"><table>\n<caption class=\"unseen\">API keys; times are "
               "UTC</caption>\n"
               "<thead><tr><th scope=\"col\">Name and id</th><th scope=\"col\">State</th>"
               "<th scope=\"col\">Created</th><th scope=\"col\">Expires</th>"
               "<th scope=\"col\">Rotation due</th><th scope=\"col\">Last used (UTC)</th>"
               "<th scope=\"col\"><span class=\"unseen\">Actions</span></th></tr></thead>\n"
               "<tbody>\n");
    (void)keystore_each(visit->exchange->issuer->dir, view_row, &table);
    table.ended = true;
    (void)keystore_each(visit->exchange->issuer->dir, view_row, &table);
    html_print(out, "</tbody></table>\n");
    if (table.rows == 0)
        html_print(out,
                   "<p class=\"empty\">There are no keys yet. Create the first one below.</p>");
    html_print(out, "</div>\n");
}

/* What was in a field when its form was sent, or `usual`. */
static const char *
earlier(const struct notice *notice, const char *field, const char *usual)
{
    return notice->form && notice->section && strcmp(notice->section, "create") == 0
               ? form_value(notice->form, field)
               : usual;
}

static void
view_invalid(FILE *out, const struct notice *notice, const char *field)
{
    if (notice->error && notice->field && strcmp(notice->field, field) == 0)
        html_print(out, " aria-invalid=\"true\" aria-describedby=\"%s-error\" autofocus", field);
}

static void
view_rotation(FILE *out, const struct notice *notice)
{
    static const char *const options[][2] = {{"30d", "Every 30 days"},
                                             {"90d", "Every 90 days"},
                                             {"180d", "Every 180 days"},
                                             {"365d", "Every year"}};
    const char *chosen = earlier(notice, "rotation", "90d");
    html_print(out, "<div class=\"field\"><label for=\"rotation\">Rotation frequency</label>"
                    "<select id=\"rotation\" name=\"rotation\"");
    view_invalid(out, notice, "rotation");
    html_print(out, ">");
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        html_print(out, "<option value=\"%s\"%s>%s</option>", options[i][0],
                   strcmp(options[i][0], chosen) == 0 ? " selected" : "", options[i][1]);
    html_print(out, "</select>");
    view_field_error(out, notice, "rotation");
    html_print(out, "</div>");
}

static void
view_create(FILE *out, const struct visit *visit, const struct notice *notice)
{
    char today[DATE_LEN + 1], next_year[DATE_LEN + 1];
    date_print(visit->exchange->now, today);
    date_print(visit->exchange->now + 365L * 24 * 60 * 60, next_year);
    html_print(out, "<section class=\"card\" aria-labelledby=\"create\">"
                    "<h2 id=\"create\">Create new API key</h2>\n"
                    "<form method=\"post\" action=\"/keys\" class=\"row\" novalidate>");
    view_csrf(out, visit);
    html_print(out,
               "<div class=\"field wide\"><label for=\"name\">Name</label><input id=\"name\" "
               "name=\"name\" required maxlength=\"64\" autocomplete=\"off\" "
               "placeholder=\"alice-laptop\" value=\"%s\"",
               earlier(notice, "name", ""));
    view_invalid(out, notice, "name");
    html_print(out, ">");
    view_field_error(out, notice, "name");
    html_print(out,
               "</div><div class=\"field\"><label for=\"expiry\">Expiry date</label><input "
               "id=\"expiry\" name=\"expiry\" type=\"date\" required min=\"%s\" value=\"%s\"",
               today, earlier(notice, "expiry", next_year));
    view_invalid(out, notice, "expiry");
    html_print(out, ">");
    view_field_error(out, notice, "expiry");
    html_print(out, "</div>");
    view_rotation(out, notice);
    html_print(out, "<div class=\"submit\"><button>Create New API Key</button></div></form>\n"
                    "</section>\n");
}

static void
view_event(struct json_object *line, void *context)
{
    struct table *table = context;
    struct json_object *when = NULL, *body = NULL;
    char text[32] = "";
    struct tm utc = {0};
    json_object_object_get_ex(line, "time", &when);
    json_object_object_get_ex(line, "body", &body);
    time_t seconds = (time_t)json_object_get_int64(when);
    if (gmtime_r(&seconds, &utc))
        (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &utc);
    if (table->rows++ == 0)
        html_print(table->out, "<ul class=\"events\">\n");
    html_print(table->out, "<li><time>%s</time> <strong>%s</strong> <code>%s</code></li>\n", text,
               member_or(line, "type"), body ? json_text(body) : "");
}

static void
view_events(FILE *out, struct visit *visit)
{
    struct table table = {.out = out, .visit = visit};
    html_print(out, "<section class=\"card\" aria-labelledby=\"events\">"
                    "<h2 id=\"events\">Events received</h2>\n");
    event_each(visit->exchange->issuer->dir, EVENTS_SHOWN, view_event, &table);
    html_print(out,
               table.rows > 0
                   ? "</ul>\n"
                   : "<p class=\"faint\">None yet. What identify, group and track send appears "
                     "here, the newest first.</p>\n");
    html_print(out, "</section>\n");
}

void
view_main(struct visit *visit, unsigned int status, const struct notice *notice)
{
    struct sheet sheet;
    sheet_begin(&sheet, notice->error ? "Error: API keys" : "API keys");
    html_print(sheet.out,
               "<h1>API keys</h1>\n<p class=\"lead\">A key gets short-lived tokens. Rotate "
               "it without a gap: the old key stays valid until you invalidate it.</p>\n");
    view_table(sheet.out, visit);
    view_create(sheet.out, visit, notice);
    view_token_box(sheet.out, visit, notice);
    view_events(sheet.out, visit);
    sheet_end(&sheet, visit, status);
}

void
view_new_key(struct visit *visit)
{
    scoped(json) struct json_object *key = keystore_load(visit->exchange->issuer->dir, visit->id);
    struct sheet sheet;
    if (!key || !pending_has(visit->page->pending, visit->id)) {
        view_error(visit, 410,
                   "This key's download is gone. The private key is not kept anywhere: "
                   "rotate the key to get a new one.");
        return;
    }
    sheet_begin(&sheet, "Your new API key");
    html_print(
        sheet.out,
        "<section class=\"card narrow\"><h1>Your new API key</h1>\n<dl><dt>Name</dt><dd>%s</dd>"
        "<dt>Key id</dt><dd><code>%s</code></dd><dt>Expires</dt><dd>%s</dd></dl>\n"
        "<p class=\"warn\"><strong>Download it now.</strong> The private key is shown once and "
        "kept nowhere else; this offer ends in ten minutes.</p>\n"
        "<form method=\"post\" action=\"/keys/%s/download\" class=\"once\">",
        member_or(key, "name"), visit->id, member_or(key, "expiry"), visit->id);
    view_csrf(sheet.out, visit);
    html_print(
        sheet.out,
        "<button id=\"download\" name=\"as\" value=\"file\" autofocus>Download key.json</button> "
        "<button class=\"quiet\" name=\"as\" value=\"text\">Show it here instead</button>"
        "<p class=\"done\" role=\"status\"></p></form>\n");
    if (json_member(key, "replaces"))
        html_print(
            sheet.out,
            "<p>It replaces <code>%s</code>, which stays valid until you invalidate it. Import "
            "the new key everywhere first.</p>\n",
            json_member(key, "replaces"));
    html_print(sheet.out, "<p><a href=\"/\">Back to the keys</a></p></section>\n");
    sheet_end(&sheet, visit, 200);
}

void
view_download(struct visit *visit, const char *text)
{
    struct sheet sheet;
    sheet_begin(&sheet, "Your new API key");
    html_print(
        sheet.out,
        "<section class=\"card narrow\"><h1>Your new API key</h1>\n<p class=\"warn\">This is "
        "the only time it is shown.</p>\n<label for=\"json\">key.json</label>"
        "<textarea id=\"json\" class=\"copy\" readonly rows=\"12\" spellcheck=\"false\">\n%s"
        "</textarea>\n<p><a href=\"/\">Back to the keys</a></p></section>\n",
        text);
    sheet_end(&sheet, visit, 200);
}

void
view_error(struct visit *visit, unsigned int status, const char *message)
{
    struct sheet sheet;
    sheet_begin(&sheet, "Error: API keys");
    html_print(sheet.out,
               "<section class=\"card narrow\"><h1>That did not work</h1>\n<p class=\"wrong\" "
               "role=\"alert\">%s</p>\n<p><a href=\"/\">Back to the keys</a></p></section>\n",
               message);
    sheet_end(&sheet, visit, status);
}

void
view_go(struct visit *visit, char *path)
{
    visit->exchange->location = path;
    visit->exchange->reply.header = "Location";
    visit->exchange->reply.value = path;
    visit->exchange->reply.status = 303;
    exchange_body(visit->exchange, "text/plain", must_copy("", 0), 0);
}
