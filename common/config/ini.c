#include "common/config/ini.h"
#include "common/base/cleanup.h"
#include "common/base/index.h"

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
trim_end(struct line *line)
{
    while (line->len > 0 && is_blank(line->start[line->len - 1]))
        line->len--;
}

static void
trim_start(struct line *line)
{
    while (line->len > 0 && is_blank(line->start[0])) {
        line->start++;
        line->len--;
    }
}

static void
trim(struct line *line)
{
    trim_start(line);
    trim_end(line);
}

/* Ends a part of the text where it ends, and returns it. What stood there has been read. */
static char *
end_part(const struct ts_ini *ini, const struct line *part)
{
    size_t start = (size_t)(part->start - ini->text.data);

    ini->text.data[start + part->len] = '\0';
    return ini->text.data + start;
}

/* Parts a section's head, what is between the brackets, into kind and name. */
static void
split_head(struct line *head, struct line *ret_name)
{
    size_t kind_len = 0;

    trim(head);
    while (kind_len < head->len && !is_blank(head->start[kind_len]))
        kind_len++;
    *ret_name = (struct line){head->start + kind_len, head->len - kind_len, head->number};
    trim(ret_name);
    head->len = kind_len;
}

bool
ts_ini_read_head(const char *text, size_t len, struct ts_ini_head *ret)
{
    struct line line = {text, len, 0}, name;

    if (len > 0 && text[len - 1] == '\r')
        line.len--;
    trim(&line);
    if (line.len < 2 || line.start[0] != '[' || line.start[line.len - 1] != ']')
        return false;
    line.start++;
    line.len -= 2;
    split_head(&line, &name);
    *ret = (struct ts_ini_head){line.start, line.len, name.start, name.len};
    return line.len > 0;
}

static int
parse_section(struct ts_ini *ini, const struct line *line, struct ts_err *err)
{
    struct ts_ini_section *sections;
    struct line head = {line->start + 1, line->len - 2, line->number}, name;

    if (line->start[line->len - 1] != ']')
        return ts_ini_error(ini, line->number, err, "a section needs a ']' at the end of its line");
    split_head(&head, &name);
    if (head.len == 0)
        return ts_ini_error(ini, line->number, err, "a section needs a name");
    sections = ts_array_grow(ini->sections, ini->len, sizeof(*sections));
    if (sections == NULL)
        return ts_err_nomem(err);
    ini->sections = sections;
    sections[ini->len++] = (struct ts_ini_section){
        .name = end_part(ini, &name), .kind = end_part(ini, &head), .line = line->number};
    return 0;
}

static int
parse_entry(struct ts_ini *ini, const struct line *line, struct ts_err *err)
{
    struct ts_ini_entry *entries;
    const char *equals = memchr(line->start, '=', line->len);

    if (equals == NULL)
        return ts_ini_error(ini, line->number, err, "neither [section] nor key = value");
    struct line key = {line->start, (size_t)(equals - line->start), line->number};
    struct line value = {equals + 1, line->len - key.len - 1, line->number};
    /* The line begins and ends with no blank. */
    trim_end(&key);
    trim_start(&value);
    if (key.len == 0)
        return ts_ini_error(ini, line->number, err, "a key is missing before '='");
    if (ini->len == 0)
        return ts_ini_error(ini, line->number, err, "a key before the first [section]");
    entries = ts_array_grow(ini->entries, ini->entries_len, sizeof(*entries));
    if (entries == NULL)
        return ts_err_nomem(err);
    ini->entries = entries;
    entries[ini->entries_len++] =
        (struct ts_ini_entry){end_part(ini, &key), end_part(ini, &value), line->number};
    ini->sections[ini->len - 1].len++;
    return 0;
}

static int
parse_line(struct ts_ini *ini, struct line *line, struct ts_err *err)
{
    if (line->len > 0 && line->start[line->len - 1] == '\r')
        line->len--;
    trim_end(line);
    if (line->len == 0 || (line->start[0] == '#' || line->start[0] == ';'))
        return 0;
    if (is_blank(line->start[0]))
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
refuse_double_key(const struct ts_ini *ini, const struct ts_ini_entry *first,
                  const struct ts_ini_entry *again, struct ts_err *err)
{
    if (first->key[0] != again->key[0] || strcmp(first->key, again->key) != 0)
        return 0;
    return ts_ini_error(ini, again->line, err, "'%s' is set twice, first in line %u", again->key,
                        first->line);
}

#define FEW_ENTRIES 16 /* are compared each with each */

static int
refuse_double_keys_of_few(const struct ts_ini *ini, const struct ts_ini_section *section,
                          struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 1; i < section->len && rc == 0; i++)
        for (size_t j = 0; j < i && rc == 0; j++)
            rc = refuse_double_key(ini, &section->entries[j], &section->entries[i], err);
    return rc;
}

static int
refuse_double_keys(const struct ts_ini *ini, const struct ts_ini_section *section,
                   struct ts_err *err)
{
    int rc = 0;

    if (section->len <= FEW_ENTRIES)
        return refuse_double_keys_of_few(ini, section, err);
    const struct ts_ini_entry **sorted = calloc(section->len, sizeof(*sorted));
    if (sorted == NULL)
        return ts_err_nomem(err);
    for (size_t i = 0; i < section->len; i++)
        sorted[i] = &section->entries[i];
    qsort(sorted, section->len, sizeof(*sorted), compare_entries);
    for (size_t i = 1; i < section->len && rc == 0; i++)
        rc = refuse_double_key(ini, sorted[i - 1], sorted[i], err);
    free(sorted);
    return rc;
}

static uint64_t
hash_section(const struct ts_ini_section *section)
{
    return ts_index_hash(section->name, strlen(section->name), (unsigned char)section->kind[0]);
}

/* Adds the section at `position` to the index, unless it is there. */
static int
index_section(const struct ts_ini *ini, size_t position, struct ts_index *index, struct ts_err *err)
{
    const struct ts_ini_section *section = &ini->sections[position];
    uint64_t hash = hash_section(section);
    uint32_t *slot;

    for (size_t step = 0; *(slot = ts_index_slot(index, hash, step)) != 0; step++) {
        const struct ts_ini_section *other = &ini->sections[*slot - 1];

        if (strcmp(other->name, section->name) == 0 && strcmp(other->kind, section->kind) == 0)
            return ts_ini_error(ini, section->line, err,
                                "section [%s %s] is there twice, first in line %u", section->kind,
                                section->name, other->line);
    }
    *slot = (uint32_t)position + 1;
    return 0;
}

static int
refuse_double_sections(const struct ts_ini *ini, struct ts_err *err)
{
    TS_CLEANUP(ts_index_release) struct ts_index index = {NULL, 0};
    int rc = 0;

    if (ini->len < 2)
        return 0;
    if (ts_index_make(ini->len, &index) < 0)
        return ts_err_nomem(err);
    for (size_t i = 0; i < ini->len && rc == 0; i++)
        rc = index_section(ini, i, &index, err);
    return rc;
}

static int
parse_lines(struct ts_ini *ini, struct ts_err *err)
{
    const char *text = ini->text.data, *const end = text + ini->text.len;
    const char *const nul = ini->text.len > 0 ? memchr(text, '\0', ini->text.len) : NULL;
    int rc = 0;

    for (unsigned number = 1; text < end && rc == 0; number++) {
        if (*text == '\n') {
            text++;
            continue;
        }
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline != NULL ? newline : end;
        struct line line = {text, (size_t)(line_end - text), number};

        if (line.len > TS_INI_LINE_MAX)
            return ts_ini_error(ini, number, err, "a line of over %d bytes", TS_INI_LINE_MAX);
        if (nul != NULL && nul < line_end)
            return ts_ini_error(ini, number, err, "a NUL byte");
        rc = parse_line(ini, &line, err);
        text = line_end + 1;
    }
    return rc;
}

/* Gives each section its part of the entries, which have stopped moving. */
static void
share_entries(struct ts_ini *ini)
{
    size_t next = 0;

    for (size_t i = 0; i < ini->len; i++) {
        ini->sections[i].entries = ini->entries + next;
        next += ini->sections[i].len;
    }
}

int
ts_ini_parse_text(struct ts_secret *text, const char *file, struct ts_ini *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;

    ts_secret_move(&ini.text, text);
    ini.file = strdup(file);
    if (ini.file == NULL)
        return ts_err_nomem(err);
    int rc = parse_lines(&ini, err);
    if (rc == 0 && ini.entries_len > 0)
        share_entries(&ini);
    for (size_t i = 0; i < ini.len && rc == 0; i++)
        rc = refuse_double_keys(&ini, &ini.sections[i], err);
    if (rc == 0)
        rc = refuse_double_sections(&ini, err);
    if (rc < 0)
        return rc;
    *ret = ini;
    ini = TS_INI_INIT;
    return 0;
}

int
ts_ini_parse(const char *text, size_t len, const char *file, struct ts_ini *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret copy = TS_SECRET_INIT(len);

    return ts_secret_append(&copy, text, len) < 0 ? ts_err_nomem(err)
                                                  : ts_ini_parse_text(&copy, file, ret, err);
}

void
ts_ini_release(struct ts_ini *ini)
{
    free(ini->entries);
    free(ini->sections);
    free(ini->file);
    ts_secret_release(&ini->text);
    *ini = TS_INI_INIT;
}

const char *
ts_ini_comment_hint(const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if ((*c == '#' || *c == ';') && (c == value || is_blank(c[-1])))
            return "; a comment needs a line of its own";
    return "";
}
