#include "helper/setup/conf_edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/config/host.h"
#include "common/config/ini.h"

#define MARK "# thrivestack-credential setup "

struct line {
    const char *text;
    size_t len; /* with its newline, if it has one */
};

/* Where the section of a host stands, in lines that count from 1; 0: nowhere. */
struct place {
    unsigned header;
    unsigned end; /* the first line behind it */
    const struct ts_ini_section *section;
};

static bool
same_host(const char *name, const struct ts_host_pattern *wanted)
{
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {NULL, 0, false, NULL};
    struct ts_err ignored = {0};

    return ts_host_pattern_parse(name, &pattern, &ignored) == 0 && !pattern.wildcard &&
           pattern.port == wanted->port && strcmp(pattern.name, wanted->name) == 0 &&
           strcmp(pattern.path, wanted->path) == 0;
}

static int
find_place(const struct ts_ini *ini, const char *host, struct place *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern wanted = {NULL, 0, false, NULL};
    int rc = ts_host_pattern_parse(host, &wanted, err);

    *ret = (struct place){0, 0, NULL};
    for (size_t i = 0; i < ini->len && rc == 0; i++) {
        const struct ts_ini_section *section = &ini->sections[i];

        if (strcmp(section->kind, "host") != 0 || !same_host(section->name, &wanted))
            continue;
        ret->section = section;
        ret->header = section->line;
        ret->end = i + 1 < ini->len ? ini->sections[i + 1].line : UINT32_MAX;
        break;
    }
    return rc;
}

/* The text taken apart once; lines count from 1. */
struct lines {
    struct line *items;
    size_t len;
};

static void
lines_release(struct lines *lines)
{
    free(lines->items);
}

static int
lines_split(const struct ts_secret *text, struct lines *ret)
{
    size_t count = 1;

    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n';
    ret->items = calloc(count, sizeof(*ret->items));
    for (size_t at = 0; ret->items != NULL && at < text->len;) {
        const char *start = text->data + at;
        const char *newline = memchr(start, '\n', text->len - at);
        size_t len = newline != NULL ? (size_t)(newline - start) + 1 : text->len - at;

        ret->items[ret->len++] = (struct line){start, len};
        at += len;
    }
    return ret->items != NULL ? 0 : TS_ERR_NOMEM;
}

/* The line by its number; an empty one where there is none. */
static struct line
line_at(const struct lines *lines, unsigned number)
{
    return number > 0 && number <= lines->len ? lines->items[number - 1] : (struct line){"", 0};
}

static bool
begins_with(const struct line *line, const char *text)
{
    return line->len >= strlen(text) && memcmp(line->text, text, strlen(text)) == 0;
}

static bool
is_mark(const struct line *line, const struct conf_wiring *wiring)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret mark = TS_SECRET_INIT(TS_INI_LINE_MAX);
    size_t len = line->len - (line->len > 0 && line->text[line->len - 1] == '\n');

    return ts_secret_append_format(&mark, MARK "%s %s", wiring->client, wiring->host) == 0 &&
           mark.len == len && memcmp(mark.data, line->text, len) == 0;
}

static int
append_mark(const struct conf_wiring *wiring, struct ts_secret *ret)
{
    return ts_secret_append_format(ret, MARK "%s %s\n", wiring->client, wiring->host);
}

static int
append_setting(const struct conf_wiring *wiring, const char *key, const char *value,
               struct ts_secret *ret)
{
    int rc = append_mark(wiring, ret);

    return rc < 0 ? rc : ts_secret_append_format(ret, "%s = %s\n", key, value);
}

/* A section of one's own at the end, a blank line before it. */
static int
append_section(const struct conf_wiring *wiring, struct ts_secret *ret)
{
    int rc = 0;

    if (ret->len > 0 && ret->data[ret->len - 1] != '\n')
        rc = ts_secret_append_string(ret, "\n");
    if (rc == 0 && ret->len > 0)
        rc = ts_secret_append_string(ret, "\n");
    if (rc == 0)
        rc = append_mark(wiring, ret);
    if (rc == 0)
        rc = ts_secret_append_format(ret, "[host %s]\n", wiring->host);
    if (rc == 0 && wiring->profile != NULL)
        rc = append_setting(wiring, "profile", wiring->profile, ret);
    if (rc == 0 && wiring->key != NULL)
        rc = append_setting(wiring, wiring->key, wiring->value, ret);
    return rc;
}

/* Whether the setting is still to be added; TS_ERR_CONFIG where it says something else. */
static int
lacks_setting(const struct ts_ini *ini, const struct place *place, const struct conf_wiring *wiring,
              struct ts_err *err)
{
    for (size_t i = 0; wiring->key != NULL && i < place->section->len; i++) {
        const struct ts_ini_entry *entry = &place->section->entries[i];

        if (strcmp(entry->key, wiring->key) != 0)
            continue;
        if (strcmp(entry->value, wiring->value) == 0)
            return 0;
        return ts_ini_error(ini, entry->line, err,
                            "%s = %s stands there: make it %s yourself if that is wanted",
                            entry->key, entry->value, wiring->value);
    }
    return wiring->key != NULL;
}

/* Whether the marks right above the header make the section one of ours, and one of them is this
 * client's. */
static bool
read_marks(const struct lines *lines, const struct place *place, const struct conf_wiring *wiring,
           bool *ret_mine)
{
    bool any = false;

    *ret_mine = false;
    for (unsigned number = place->header - 1; number > 0; number--) {
        struct line line = line_at(lines, number);

        if (!begins_with(&line, MARK))
            break;
        any = true;
        *ret_mine |= is_mark(&line, wiring);
    }
    return any;
}

static int
amend_section(const struct lines *lines, const struct place *place,
              const struct conf_wiring *wiring, bool add_setting, struct ts_secret *ret)
{
    bool mine = false;
    bool ours = read_marks(lines, place, wiring, &mine);
    int rc = 0;

    for (unsigned number = 1; rc == 0 && number <= lines->len; number++) {
        struct line line = line_at(lines, number);

        if (number == place->header && ours && !mine)
            rc = append_mark(wiring, ret);
        if (rc == 0)
            rc = ts_secret_append(ret, line.text, line.len);
        if (rc == 0 && number == place->header && add_setting) {
            if (line.text[line.len - 1] != '\n')
                rc = ts_secret_append_string(ret, "\n");
            if (rc == 0)
                rc = append_setting(wiring, wiring->key, wiring->value, ret);
        }
    }
    return rc;
}

int
conf_edit_add(const struct ts_secret *text, const char *file, const struct conf_wiring *wiring,
              struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    TS_CLEANUP(lines_release) struct lines lines = {NULL, 0};
    struct place place;

    int rc = ts_ini_parse(ts_secret_string(text), text->len, file, &ini, err);
    if (rc == 0)
        rc = find_place(&ini, wiring->host, &place, err);
    if (rc != 0)
        return rc;
    if (place.section == NULL) {
        rc = ts_secret_append(ret, ts_secret_string(text), text->len);
        if (rc == 0 && wiring->make)
            rc = append_section(wiring, ret);
        return rc < 0 ? ts_err_nomem(err) : 0;
    }
    int lacks = lacks_setting(&ini, &place, wiring, err);
    if (lacks < 0)
        return lacks;
    rc = lines_split(text, &lines);
    if (rc == 0)
        rc = amend_section(&lines, &place, wiring, lacks != 0, ret);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

/* What of the section goes. */
struct removal {
    struct place place;
    const struct conf_wiring *wiring;
    bool header;         /* its header, and the blank line that was put before it */
    unsigned first_mark; /* the topmost mark above the header, or the header itself */
};

/* Marks inside that stand right above a setting. */
static bool
is_marked_setting(const struct lines *lines, const struct removal *removal, unsigned number)
{
    struct line line = line_at(lines, number);
    struct line next = line_at(lines, number + 1);

    return number > removal->place.header && number + 1 < removal->place.end &&
           is_mark(&line, removal->wiring) && memchr(next.text, '=', next.len) != NULL &&
           next.text[0] != '#' && next.text[0] != ';';
}

static void
judge_removal(const struct lines *lines, struct removal *removal)
{
    const struct place *place = &removal->place;
    size_t settings = place->section->len;
    size_t others = 0;
    bool mine = false;

    removal->first_mark = place->header;
    for (unsigned number = place->header - 1; number > 0; number--) {
        struct line line = line_at(lines, number);

        if (!begins_with(&line, MARK))
            break;
        removal->first_mark = number;
        if (is_mark(&line, removal->wiring))
            mine = true;
        else
            others++;
    }
    for (size_t i = 0; i < place->section->len; i++)
        if (is_marked_setting(lines, removal, place->section->entries[i].line - 1))
            settings--;
    removal->header = mine && others == 0 && settings == 0;
}

/* Whether a line goes; *skip counts lines that go with one before. */
static bool
goes(const struct lines *lines, const struct removal *removal, unsigned number, unsigned *skip)
{
    struct line line = line_at(lines, number);
    const struct place *place = &removal->place;

    if (*skip > 0) {
        (*skip)--;
        return true;
    }
    if (is_marked_setting(lines, removal, number)) {
        *skip = 1;
        return true;
    }
    if (number >= removal->first_mark && number < place->header && is_mark(&line, removal->wiring))
        return true;
    return removal->header && (number == place->header || (number + 1 == removal->first_mark &&
                                                           line.len == 1 && line.text[0] == '\n'));
}

int
conf_edit_remove(const struct ts_secret *text, const char *file, const struct conf_wiring *wiring,
                 struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    TS_CLEANUP(lines_release) struct lines lines = {NULL, 0};
    struct removal removal = {.wiring = wiring};
    unsigned skip = 0;

    int rc = ts_ini_parse(ts_secret_string(text), text->len, file, &ini, err);
    if (rc == 0)
        rc = find_place(&ini, wiring->host, &removal.place, err);
    if (rc < 0)
        return rc;
    rc = lines_split(text, &lines);
    if (rc == 0 && removal.place.section != NULL)
        judge_removal(&lines, &removal);
    for (unsigned number = 1; rc == 0 && number <= lines.len; number++) {
        struct line line = line_at(&lines, number);

        if (removal.place.section == NULL || !goes(&lines, &removal, number, &skip))
            rc = ts_secret_append(ret, line.text, line.len);
    }
    return rc < 0 ? ts_err_nomem(err) : 0;
}
