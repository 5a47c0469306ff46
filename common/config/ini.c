#include "common/config/ini.h"
#include "common/base/cleanup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    const char *start;
    size_t len;
    unsigned number;
};

int
ts_ini_error(const struct ts_ini *ini, unsigned line, struct ts_err *err, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return ts_err_set(err, TS_ERR_CONFIG, "%s:%u: %s", ini->file, line, text);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void
trim(struct line *line)
{
    while (line->len > 0 && is_blank(line->start[0])) {
        line->start++;
        line->len--;
    }
    while (line->len > 0 && is_blank(line->start[line->len - 1]))
        line->len--;
}

/* Room doubles whenever the length reaches a power of two. */
static void *
grow_array(void *array, size_t len, size_t size)
{
    if ((len & (len - 1)) != 0)
        return array;
    return reallocarray(array, len == 0 ? 1 : len * 2, size);
}

static int
add_section(struct ts_ini *ini, const struct line *head, struct ts_err *err)
{
    struct ts_ini_section *sections = grow_array(ini->sections, ini->len, sizeof(*sections));

    if (sections == NULL)
        return ts_err_nomem(err);
    ini->sections = sections;
    struct ts_ini_section *section = &sections[ini->len++];
    memset(section, 0, sizeof(*section));
    section->line = head->number;
    size_t kind_len = 0;
    while (kind_len < head->len && !is_blank(head->start[kind_len]))
        kind_len++;
    struct line name = {head->start + kind_len, head->len - kind_len, head->number};
    trim(&name);
    section->kind = strndup(head->start, kind_len);
    section->name = strndup(name.start, name.len);
    return section->kind != NULL && section->name != NULL ? 0 : ts_err_nomem(err);
}

static int
parse_section(struct ts_ini *ini, const struct line *line, struct ts_err *err)
{
    if (line->start[line->len - 1] != ']')
        return ts_ini_error(ini, line->number, err, "a section needs a ']' at the end of its line");
    struct line head = {line->start + 1, line->len - 2, line->number};
    trim(&head);
    if (head.len == 0)
        return ts_ini_error(ini, line->number, err, "a section needs a name");
    return add_section(ini, &head, err);
}

static int
add_entry(struct ts_ini_section *section, const struct line *key, const struct line *value,
          struct ts_err *err)
{
    struct ts_ini_entry *entries = grow_array(section->entries, section->len, sizeof(*entries));

    if (entries == NULL)
        return ts_err_nomem(err);
    section->entries = entries;
    struct ts_ini_entry *entry = &entries[section->len++];
    entry->line = key->number;
    entry->key = strndup(key->start, key->len);
    entry->value = strndup(value->start, value->len);
    return entry->key != NULL && entry->value != NULL ? 0 : ts_err_nomem(err);
}

static int
parse_entry(struct ts_ini *ini, const struct line *line, struct ts_err *err)
{
    const char *equals = memchr(line->start, '=', line->len);

    if (equals == NULL)
        return ts_ini_error(ini, line->number, err, "neither [section] nor key = value");
    struct line key = {line->start, (size_t)(equals - line->start), line->number};
    struct line value = {equals + 1, line->len - key.len - 1, line->number};
    trim(&key);
    trim(&value);
    if (key.len == 0)
        return ts_ini_error(ini, line->number, err, "a key is missing before '='");
    if (ini->len == 0)
        return ts_ini_error(ini, line->number, err, "a key before the first [section]");
    return add_entry(&ini->sections[ini->len - 1], &key, &value, err);
}

static int
parse_line(struct ts_ini *ini, struct line *line, struct ts_err *err)
{
    if (line->len > TS_INI_LINE_MAX)
        return ts_ini_error(ini, line->number, err, "a line of over %d bytes", TS_INI_LINE_MAX);
    if (memchr(line->start, '\0', line->len) != NULL)
        return ts_ini_error(ini, line->number, err, "a NUL byte");
    if (line->len > 0 && line->start[line->len - 1] == '\r')
        line->len--;
    struct line whole = *line;
    trim(line);
    if (line->len == 0 || (whole.start[0] == '#' || whole.start[0] == ';'))
        return 0;
    if (is_blank(whole.start[0]))
        return ts_ini_error(ini, line->number, err, "a line that begins with a blank");
    return line->start[0] == '[' ? parse_section(ini, line, err) : parse_entry(ini, line, err);
}

static int
compare_entries(const void *a, const void *b)
{
    const struct ts_ini_entry *const *x = a, *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);

    return order != 0 ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static int
compare_sections(const void *a, const void *b)
{
    const struct ts_ini_section *const *x = a, *const *y = b;
    int order = strcmp((*x)->kind, (*y)->kind);

    if (order == 0)
        order = strcmp((*x)->name, (*y)->name);
    return order != 0 ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static int
refuse_double_keys(const struct ts_ini *ini, const struct ts_ini_section *section,
                   struct ts_err *err)
{
    if (section->len < 2)
        return 0;
    const struct ts_ini_entry **sorted = calloc(section->len, sizeof(*sorted));
    if (sorted == NULL)
        return ts_err_nomem(err);
    for (size_t i = 0; i < section->len; i++)
        sorted[i] = &section->entries[i];
    qsort(sorted, section->len, sizeof(*sorted), compare_entries);
    int rc = 0;
    for (size_t i = 1; i < section->len && rc == 0; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            rc = ts_ini_error(ini, sorted[i]->line, err, "'%s' is set twice, first in line %u",
                              sorted[i]->key, sorted[i - 1]->line);
    free(sorted);
    return rc;
}

static int
refuse_double_sections(const struct ts_ini *ini, struct ts_err *err)
{
    if (ini->len < 2)
        return 0;
    const struct ts_ini_section **sorted = calloc(ini->len, sizeof(*sorted));
    if (sorted == NULL)
        return ts_err_nomem(err);
    for (size_t i = 0; i < ini->len; i++)
        sorted[i] = &ini->sections[i];
    qsort(sorted, ini->len, sizeof(*sorted), compare_sections);
    int rc = 0;
    for (size_t i = 1; i < ini->len && rc == 0; i++)
        if (strcmp(sorted[i - 1]->kind, sorted[i]->kind) == 0 &&
            strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            rc = ts_ini_error(ini, sorted[i]->line, err,
                              "section [%s %s] is there twice, first in line %u", sorted[i]->kind,
                              sorted[i]->name, sorted[i - 1]->line);
    free(sorted);
    return rc;
}

static int
parse_lines(const char *text, size_t len, struct ts_ini *ini, struct ts_err *err)
{
    unsigned number = 0;

    while (len > 0) {
        const char *newline = memchr(text, '\n', len);
        size_t line_len = newline != NULL ? (size_t)(newline - text) : len;
        struct line line = {text, line_len, ++number};
        size_t step = line_len + (newline != NULL ? 1 : 0);

        text += step;
        len -= step;
        int rc = parse_line(ini, &line, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int
ts_ini_parse(const char *text, size_t len, const char *file, struct ts_ini *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;

    ini.file = strdup(file);
    if (ini.file == NULL)
        return ts_err_nomem(err);
    int rc = parse_lines(text, len, &ini, err);
    for (size_t i = 0; i < ini.len && rc == 0; i++)
        rc = refuse_double_keys(&ini, &ini.sections[i], err);
    if (rc == 0)
        rc = refuse_double_sections(&ini, err);
    if (rc < 0)
        return rc;
    *ret = ini;
    ini = (struct ts_ini)TS_INI_INIT;
    return 0;
}

void
ts_ini_release(struct ts_ini *ini)
{
    for (size_t i = 0; i < ini->len; i++) {
        struct ts_ini_section *section = &ini->sections[i];

        for (size_t j = 0; j < section->len; j++) {
            free(section->entries[j].key);
            free(section->entries[j].value);
        }
        free(section->entries);
        free(section->kind);
        free(section->name);
    }
    free(ini->sections);
    free(ini->file);
    *ini = (struct ts_ini)TS_INI_INIT;
}
