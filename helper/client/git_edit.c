#include "helper/client/git_edit.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/git_config.h"
#include "helper/setup/text_lines.h"

#define MARK "# thrivestack-credential setup git "

/* The first byte that is not a blank; 0 in an empty line. */
static char
first_byte(const struct text_line *line)
{
    for (size_t i = 0; i < line->len; i++)
        if (line->text[i] != ' ' && line->text[i] != '\t')
            return line->text[i];
    return '\0';
}

/* A value or the name of a section, as git reads it back from between quotes. */
static int
append_escaped(const char *text, struct ts_secret *ret)
{
    int rc = 0;

    for (; *text != '\0' && rc == 0; text++) {
        if (*text == '"' || *text == '\\')
            rc = ts_secret_append_string(ret, "\\");
        if (rc == 0)
            rc = *text == '\n' ? ts_secret_append_string(ret, "\\n")
                               : ts_secret_append(ret, text, 1);
    }
    return rc;
}

static int
append_value(const char *value, struct ts_secret *ret)
{
    if (strpbrk(value, "\"\\#;\n") == NULL)
        return ts_secret_append_string(ret, value);
    int rc = ts_secret_append_string(ret, "\"");
    if (rc == 0)
        rc = append_escaped(value, ret);
    return rc < 0 ? rc : ts_secret_append_string(ret, "\"");
}

static int
append_header(const char *host, struct ts_secret *ret)
{
    int rc = ts_secret_append_string(ret, "[credential \"https://");

    if (rc == 0)
        rc = append_escaped(host, ret);
    return rc < 0 ? rc : ts_secret_append_string(ret, "\"]");
}

int
git_edit_print(const struct git_block *block, struct ts_secret *ret)
{
    int rc = ts_secret_append_format(ret, MARK "%s\n", block->host);

    if (rc == 0)
        rc = append_header(block->host, ret);
    if (rc == 0)
        rc = ts_secret_append_string(ret, "\n\thelper =\n\thelper = ");
    if (rc == 0)
        rc = append_value(block->helper, ret);
    if (rc == 0)
        rc = ts_secret_append_string(ret, block->sends_path ? "\n\tuseHttpPath = true\n" : "\n");
    return rc;
}

int
git_edit_add(const struct ts_secret *text, const struct git_block *block, struct ts_secret *ret)
{
    int rc = git_edit_remove(text, block->host, ret);

    /* The empty line also ends a value whose last line ends in a backslash. */
    if (rc == 0 && ret->len > 0 && ret->data[ret->len - 1] != '\n')
        rc = ts_secret_append_string(ret, "\n");
    if (rc == 0 && ret->len > 0)
        rc = ts_secret_append_string(ret, "\n");
    return rc < 0 ? rc : git_edit_print(block, ret);
}

static bool
is_helper(const struct text_line *line)
{
    static const char helper[] = "\thelper = ";
    size_t start = sizeof(helper) - 1;

    if (line->len <= start || memcmp(line->text, helper, start) != 0)
        return false;
    TS_CLEANUP(ts_string_free) char *value = strndup(line->text + start, line->len - start);
    return value != NULL && git_helper_is_ours(value[0] == '"' ? value + 1 : value);
}

/* Where what git_edit_print writes below the header ends, if it begins at `at`. */
static size_t
skip_ours(const struct ts_secret *text, size_t at)
{
    struct text_line line = text_line_at(text, at);

    if (text_line_is(&line, "\thelper =")) {
        at += line.size;
        line = text_line_at(text, at);
    }
    if (is_helper(&line)) {
        at += line.size;
        line = text_line_at(text, at);
    }
    return text_line_is(&line, "\tuseHttpPath = true") ? at + line.size : at;
}

/* Whether a setting comes before the next section. */
static bool
has_setting(const struct ts_secret *text, size_t at)
{
    while (at < text->len) {
        struct text_line line = text_line_at(text, at);
        char first = first_byte(&line);

        if (first != '\0' && first != '#' && first != ';')
            return first != '[';
        at += line.size;
    }
    return false;
}

/* Copies what is to be kept of the block whose mark ends at *at, and moves *at behind the rest. */
static int
copy_kept(const struct ts_secret *text, size_t *at, const char *header, struct ts_secret *ret)
{
    struct text_line line = text_line_at(text, *at);

    if (!text_line_is(&line, header))
        return 0;
    *at = skip_ours(text, *at + line.size);
    return has_setting(text, *at) ? ts_secret_append(ret, line.text, line.size) : 0;
}

static bool
ends_in_empty_line(const struct ts_secret *text)
{
    const char *data = ts_secret_string(text);
    size_t len = text->len;

    return len > 0 && data[len - 1] == '\n' && (len == 1 || data[len - 2] == '\n');
}

int
git_edit_remove(const struct ts_secret *text, const char *host, struct ts_secret *ret)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret mark = TS_SECRET_INIT(text->max + 4096);
    TS_CLEANUP(ts_secret_release) struct ts_secret header = TS_SECRET_INIT(text->max + 4096);
    int rc = ts_secret_append_format(&mark, MARK "%s", host);

    if (rc == 0)
        rc = append_header(host, &header);
    for (size_t at = 0; at < text->len && rc == 0;) {
        struct text_line line = text_line_at(text, at);

        at += line.size;
        if (!text_line_is(&line, ts_secret_string(&mark))) {
            rc = ts_secret_append(ret, line.text, line.size);
            continue;
        }
        if (ends_in_empty_line(ret))
            ts_secret_truncate(ret, ret->len - 1);
        rc = copy_kept(text, &at, ts_secret_string(&header), ret);
    }
    return rc;
}

bool
git_edit_has_block(const struct ts_secret *text)
{
    const char *found = memmem(ts_secret_string(text), text->len, MARK, sizeof(MARK) - 1);

    return found != NULL && (found == text->data || found[-1] == '\n');
}
