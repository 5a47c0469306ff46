/* The view of `status` for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "helper/command/status.h"
#include "helper/command/table.h"

#define DAY INT64_C(86400)
#define BAR_CELLS 20

enum color { PLAIN, BOLD, GREEN, YELLOW, RED };

static const char *const color_sequences[] = {
    [PLAIN] = "",          [BOLD] = "\033[1m", [GREEN] = "\033[32m",
    [YELLOW] = "\033[33m", [RED] = "\033[31m",
};

struct view {
    const struct status_style *style;
    struct ts_secret *out;
    struct ts_list cells; /* of the table that is being filled */
    struct ts_err err;
};

static int
add_cell(struct view *view, enum color color, const char *text)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret cell = TS_SECRET_INIT(OUTPUT_MAX);
    bool colored = view->style->color && color != PLAIN;

    if (ts_secret_append_format(&cell, "%s%s%s", colored ? color_sequences[color] : "", text,
                                colored ? "\033[0m" : "") < 0)
        return TS_ERR_NOMEM;
    return ts_list_add(&view->cells, ts_secret_string(&cell), &view->err);
}

/* A line of two cells. Nothing where there is no value. */
static int
add_line(struct view *view, const char *name, enum color color, const char *value)
{
    if (value == NULL)
        return 0;
    int rc = add_cell(view, PLAIN, name);
    return rc < 0 ? rc : add_cell(view, color, value);
}

static int
end_table(struct view *view, size_t columns)
{
    int rc = table_print(&view->cells, columns, view->out);

    ts_list_release(&view->cells);
    return rc;
}

static int
print_title(struct view *view, const char *kind, const char *name)
{
    bool color = view->style->color;

    return ts_secret_append_format(view->out, "%s%s%s%s%s%s\n", view->out->len > 0 ? "\n" : "",
                                   color ? color_sequences[BOLD] : "", kind,
                                   name[0] != '\0' ? " " : "", name, color ? "\033[0m" : "");
}

/* The strings of an array, separated by blanks. */
static int
join(struct ts_json *array, struct ts_secret *ret)
{
    int rc = 0;

    for (size_t i = 0; array != NULL && i < ts_json_length(array) && rc == 0; i++)
        rc = ts_secret_append_format(ret, "%s%s", i > 0 ? " " : "",
                                     ts_json_text(ts_json_at(array, i)));
    return rc;
}

/* The two largest units: `23h 59m`, `4m 10s`, `1d`. */
static void
write_duration(char *ret, size_t size, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        char name;
    } units[] = {{DAY, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    while (i + 1 < TS_ARRAY_LEN(units) && seconds < units[i].seconds)
        i++;
    int64_t rest = seconds % units[i].seconds;
    (void)snprintf(ret, size, "%" PRId64 "%c", seconds / units[i].seconds, units[i].name);
    if (i + 1 < TS_ARRAY_LEN(units) && rest >= units[i + 1].seconds) {
        size_t len = strlen(ret);

        (void)snprintf(ret + len, size - len, " %" PRId64 "%c", rest / units[i + 1].seconds,
                       units[i + 1].name);
    }
}

/* A day ahead or past: `2027-01-31, in 67 days`. */
static int
add_day(struct view *view, const char *name, const char *when, const char *past)
{
    char text[96];
    int64_t end = 0;

    if (when == NULL || !ts_text_date_end(when, &end))
        return 0;
    int64_t days = (end - view->style->now) / DAY;
    if (end < view->style->now) {
        (void)snprintf(text, sizeof(text), "%.10s, %s", when, past);
        return add_line(view, name, RED, text);
    }
    (void)snprintf(text, sizeof(text), "%.10s, in %" PRId64 " day%s", when, days,
                   days == 1 ? "" : "s");
    return add_line(view, name, days < 14 ? YELLOW : PLAIN, text);
}

static int
add_key_lines(struct view *view, struct ts_json *key)
{
    const struct {
        const char *name;
        const char *member;
        enum color color;
    } lines[] = {
        {"key file", "file", PLAIN},
        {"key command", "command", PLAIN},
        {"API key", "api_key_file", PLAIN},
        {"key name", "name", PLAIN},
        {"key id", "key_id", PLAIN},
        {"no usable key", "error", RED},
        {"rotation", "rotation_frequency", PLAIN},
    };
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(lines) && rc == 0; i++)
        rc = add_line(view, lines[i].name, lines[i].color, ts_json_string(key, lines[i].member));
    if (rc == 0)
        rc = add_day(view, "rotation due", ts_json_string(key, "rotation_due"), "overdue");
    if (rc == 0)
        rc = add_day(view, "key expires", ts_json_string(key, "expires_at"), "expired");
    return rc;
}

static int
add_bar(struct view *view, int64_t left, int64_t life)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret bar = TS_SECRET_INIT(256);
    int64_t full = life > 0 ? (left * BAR_CELLS + life - 1) / life : 0;
    bool unicode = view->style->unicode;
    enum color color = left * 4 > life ? GREEN : left * 10 > life ? YELLOW : RED;

    for (int64_t i = 0; i < BAR_CELLS; i++) {
        const char *cell = i < full ? (unicode ? "\u2588" : "#") : (unicode ? "\u2591" : "-");

        if (ts_secret_append_string(&bar, cell) < 0)
            return TS_ERR_NOMEM;
    }
    return add_cell(view, color, ts_secret_string(&bar));
}

#define LEFT_SIZE 96

/* `59m 12s of 1h left`, of a token's members. */
static void
write_left(char ret[LEFT_SIZE], struct ts_json *token)
{
    char left_text[32];
    char life_text[32];
    int64_t left = 0;
    int64_t life = 0;

    (void)ts_json_integer(token, "expires_in", &left);
    (void)ts_json_integer(token, "life", &life);
    write_duration(left_text, sizeof(left_text), left);
    write_duration(life_text, sizeof(life_text), life);
    (void)snprintf(ret, LEFT_SIZE, "%s of %s left", left_text, life_text);
}

static int
add_token_line(struct view *view, struct ts_json *token)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret scopes = TS_SECRET_INIT(OUTPUT_MAX);
    const char *profile = ts_json_string(token, "profile");
    char text[LEFT_SIZE];
    int64_t left = 0;
    int64_t life = 0;

    if (profile != NULL && ts_secret_append_format(&scopes, "%s: ", profile) < 0)
        return TS_ERR_NOMEM;
    (void)ts_json_integer(token, "expires_in", &left);
    (void)ts_json_integer(token, "life", &life);
    write_left(text, token);
    if (join(ts_json_member(token, "scopes"), &scopes) < 0 ||
        add_cell(view, PLAIN, ts_secret_string(&scopes)) < 0 || add_bar(view, left, life) < 0)
        return TS_ERR_NOMEM;
    return add_cell(view, PLAIN, text);
}

/* `59m 12s of 1h left: user_management`, where the token is alive. */
static int
add_session_life(struct view *view, struct ts_json *session)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(OUTPUT_MAX);
    char left[LEFT_SIZE];

    if (ts_json_member(session, "scopes") == NULL)
        return 0;
    write_left(left, session);
    if (ts_secret_append_format(&text, "%s: ", left) < 0 ||
        join(ts_json_member(session, "scopes"), &text) < 0)
        return TS_ERR_NOMEM;
    return add_line(view, "  alive", GREEN, ts_secret_string(&text));
}

/* It is all there is: no endpoint, scopes or tokens. */
static bool
is_private(struct ts_json *profile)
{
    return ts_json_string(ts_json_member(profile, "key"), "api_key_file") != NULL;
}

static int
print_private(struct view *view, struct ts_json *profile)
{
    if (print_title(view, "Profile", ts_json_string(profile, "name")) < 0 ||
        add_key_lines(view, ts_json_member(profile, "key")) < 0)
        return TS_ERR_NOMEM;
    return end_table(view, 2);
}

/* What `token` prints where there is no key. */
static int
add_session_lines(struct view *view, struct ts_json *session)
{
    if (session == NULL)
        return 0;
    int rc = add_line(view, "session's token", PLAIN, ts_json_string(session, "file"));
    if (rc == 0)
        rc = add_session_life(view, session);
    return rc < 0 ? rc : add_line(view, "  not usable", RED, ts_json_string(session, "error"));
}

static int
print_tokens(struct view *view, struct ts_json *tokens)
{
    size_t len = tokens != NULL ? ts_json_length(tokens) : 0;
    int rc = 0;

    if (len == 0)
        return ts_secret_append_string(view->out, "  no token cached\n");
    rc = ts_secret_append_format(view->out, "  %zu token%s cached:\n", len, len == 1 ? "" : "s");
    for (size_t i = 0; i < len && rc == 0; i++)
        rc = add_token_line(view, ts_json_at(tokens, i));
    return rc < 0 ? rc : end_table(view, 3);
}

static int
print_profile(struct view *view, struct ts_json *profile)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret scopes = TS_SECRET_INIT(OUTPUT_MAX);
    char lifetime[32];
    int64_t seconds = 0;

    if (is_private(profile))
        return print_private(view, profile);
    (void)ts_json_integer(profile, "lifetime", &seconds);
    write_duration(lifetime, sizeof(lifetime), seconds);
    if (join(ts_json_member(profile, "scopes"), &scopes) < 0 ||
        print_title(view, "Profile", ts_json_string(profile, "name")) < 0 ||
        add_key_lines(view, ts_json_member(profile, "key")) < 0 ||
        add_line(view, "endpoint", PLAIN, ts_json_string(profile, "token_url")) < 0 ||
        add_line(view, "scopes", scopes.len > 0 ? PLAIN : YELLOW,
                 scopes.len > 0 ? ts_secret_string(&scopes) : "none configured") < 0 ||
        add_line(view, "lifetime", PLAIN, lifetime) < 0 ||
        add_session_lines(view, ts_json_member(profile, "session_token")) < 0 ||
        end_table(view, 2) < 0)
        return TS_ERR_NOMEM;
    return print_tokens(view, ts_json_member(profile, "tokens"));
}

static int
print_profiles(struct view *view, struct ts_json *status)
{
    struct ts_json *profiles = ts_json_member(status, "profiles");
    struct ts_json *others = ts_json_member(status, "other_tokens");
    int rc = 0;

    for (size_t i = 0; i < ts_json_length(profiles) && rc == 0; i++)
        rc = print_profile(view, ts_json_at(profiles, i));
    if (rc < 0 || ts_json_length(others) == 0)
        return rc;
    rc = print_title(view, "Profiles that are no longer configured", "");
    return rc < 0 ? rc : print_tokens(view, others);
}

static int
add_host_line(struct view *view, struct ts_json *host)
{
    static const char *const members[] = {"pattern", "profile", "username", "auth"};
    static const char *const flags[] = {"askpass", "bound"};
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(members) && rc == 0; i++) {
        const char *text = ts_json_string(host, members[i]);
        rc = add_cell(view, PLAIN, text != NULL ? text : "-");
    }
    for (size_t i = 0; i < TS_ARRAY_LEN(flags) && rc == 0; i++) {
        bool is_set = false;

        (void)ts_json_bool(host, flags[i], &is_set);
        rc = add_cell(view, PLAIN, is_set ? "yes" : "no");
    }
    return rc;
}

static int
print_hosts(struct view *view, struct ts_json *hosts)
{
    static const char *const titles[] = {"host", "profile", "username", "auth", "askpass", "bound"};
    int rc = print_title(view, "Hosts", "");

    if (rc == 0 && ts_json_length(hosts) == 0)
        return ts_secret_append_string(view->out, "  none: git, docker and ssh get no answer\n");
    for (size_t i = 0; i < TS_ARRAY_LEN(titles) && rc == 0; i++)
        rc = add_cell(view, BOLD, titles[i]);
    for (size_t i = 0; i < ts_json_length(hosts) && rc == 0; i++)
        rc = add_host_line(view, ts_json_at(hosts, i));
    return rc < 0 ? rc : end_table(view, TS_ARRAY_LEN(titles));
}

static int
print_files(struct view *view, struct ts_json *status)
{
    struct ts_json *files = ts_json_member(status, "config_files");
    const char *cache = ts_json_string(status, "cache_dir");
    size_t len = ts_json_length(files);
    int rc = print_title(view, "Files", "");

    for (size_t i = 0; i < len && rc == 0; i++)
        rc = add_line(view, "read", PLAIN, ts_json_text(ts_json_at(files, i)));
    if (rc == 0 && len == 0)
        rc = add_line(view, "read", PLAIN, "no configuration file");
    if (rc == 0)
        rc = add_line(view, "cache", PLAIN, cache != NULL ? cache : "none: no writable folder");
    return rc < 0 ? rc : end_table(view, 2);
}

int
status_view(struct ts_json *status, const struct status_style *style, struct ts_secret *ret)
{
    struct view view = {.style = style, .out = ret};
    int rc = print_files(&view, status);

    if (rc == 0)
        rc = print_profiles(&view, status);
    if (rc == 0)
        rc = print_hosts(&view, ts_json_member(status, "hosts"));
    ts_list_release(&view.cells);
    return rc;
}
