#include "helper/doctor/pam/pam_stack.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "helper/doctor/pam/pam_control.h"

#define LINE_MAX_BYTES ((size_t)8192) /* a whole line, continuations joined */

struct reader {
    const struct pam_files *files;
    enum pam_stack_type type;
    struct pam_stack *stack;
    unsigned depth;
    unsigned level;
    unsigned files_read;
};

/* Where in which file. */
struct position {
    const char *file;
    unsigned number;
};

static const char *const type_names[] = {"auth", "account", "session", "password"};

static int read_stack_file(struct reader *reader, const char *name, struct ts_err *err);

static void
line_release(struct pam_line *line)
{
    free(line->module);
    free(line->file);
    ts_list_release(&line->arguments);
}

void
pam_stack_release(struct pam_stack *stack)
{
    for (size_t i = 0; i < stack->len; i++)
        line_release(&stack->lines[i]);
    free(stack->lines);
    *stack = (struct pam_stack){NULL, 0};
}

static int
report_line(const struct position *position, const char *problem, struct ts_err *err)
{
    return ts_err_set(err, TS_ERR_SYNTAX, "%s:%u: %s", position->file, position->number, problem);
}

/* The next word: up to a blank, or from bracket to bracket, `\]` standing for a bracket. *at moves
 * behind it. NULL in *ret where there is none. */
static int
parse_stack_word(const char **at, bool *ret_bracketed, char **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret word = TS_SECRET_INIT(LINE_MAX_BYTES);
    const char *text = *at + strspn(*at, " \t");
    int rc = 0;

    *ret_bracketed = *text == '[';
    free(*ret);
    *ret = NULL;
    if (*text == '\0')
        return 0;
    text += *ret_bracketed;
    while (rc == 0 && *text != '\0' && strchr(*ret_bracketed ? "]" : " \t", *text) == NULL) {
        text += *ret_bracketed && text[0] == '\\' && text[1] == ']';
        rc = ts_secret_append(&word, text++, 1);
    }
    if (*ret_bracketed && *text++ != ']')
        return ts_err_set(err, TS_ERR_SYNTAX, "a bracket is not closed");
    *at = text;
    *ret = rc == 0 ? strdup(ts_secret_string(&word)) : NULL;
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

static int
parse_arguments(const char *at, struct ts_list *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *word = NULL;
    bool bracketed = false;

    for (;;) {
        int rc = parse_stack_word(&at, &bracketed, &word, err);
        if (rc < 0 || word == NULL)
            return rc;
        rc = ts_list_add(ret, word, err);
        if (rc < 0)
            return rc;
    }
}

static struct pam_line *
add_line(struct reader *reader, const struct position *position, struct ts_err *err)
{
    struct pam_stack *stack = reader->stack;

    if (stack->len == PAM_STACK_LINES_MAX) {
        (void)report_line(position, "the stack has too many lines", err);
        return NULL;
    }
    struct pam_line *more = reallocarray(stack->lines, stack->len + 1, sizeof(*more));
    if (more == NULL) {
        (void)ts_err_nomem(err);
        return NULL;
    }
    stack->lines = more;
    struct pam_line *line = &more[stack->len++];
    *line = (struct pam_line){
        .level = reader->level, .number = position->number, .file = strdup(position->file)};
    return line->file != NULL ? line : (ts_err_nomem(err), NULL);
}

/* MODULE ARGUMENTS..., behind a control. */
static int
read_module(struct pam_line *line, const char *at, const struct position *position,
            struct ts_err *err)
{
    bool bracketed = false;

    int rc = parse_stack_word(&at, &bracketed, &line->module, err);
    if (rc == 0 && line->module == NULL)
        return report_line(position, "no module is named", err);
    return rc < 0 ? rc : parse_arguments(at, &line->arguments, err);
}

/* The file that `include`, `substack` or `@include` names. */
static int
read_other(struct reader *reader, const char *at, const struct position *position,
           struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *name = NULL;
    bool bracketed = false;

    int rc = parse_stack_word(&at, &bracketed, &name, err);
    if (rc == 0 && name == NULL)
        return report_line(position, "no file is named", err);
    if (rc < 0)
        return rc;
    if (reader->depth == PAM_STACK_DEPTH_MAX)
        return report_line(position, "files include each other too deeply", err);
    reader->depth++;
    rc = read_stack_file(reader, name, err);
    reader->depth--;
    if (rc == TS_ERR_NOT_FOUND)
        return report_line(position, "the file that is included does not exist", err);
    return rc;
}

static int
read_substack(struct reader *reader, const char *at, const struct position *position,
              struct ts_err *err)
{
    if (add_line(reader, position, err) == NULL)
        return err->code;
    reader->level++;
    int rc = read_other(reader, at, position, err);
    reader->level--;
    return rc;
}

static bool
is_type(const char *word, enum pam_stack_type type)
{
    return ts_text_equal_nocase(word + (word[0] == '-'), type_names[type]);
}

static bool
is_any_type(const char *word)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(type_names); i++)
        if (is_type(word, (enum pam_stack_type)i))
            return true;
    return false;
}

static int
read_control(struct reader *reader, const char *at, const struct position *position,
             struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *control = NULL;
    bool bracketed = false;

    int rc = parse_stack_word(&at, &bracketed, &control, err);
    if (rc == TS_ERR_SYNTAX || (rc == 0 && control == NULL))
        return report_line(position, "the control is not understood", err);
    if (rc < 0)
        return rc;
    if (!bracketed && ts_text_equal_nocase(control, "substack"))
        return read_substack(reader, at, position, err);
    if (!bracketed && ts_text_equal_nocase(control, "include"))
        return read_other(reader, at, position, err);
    struct pam_line *line = add_line(reader, position, err);
    if (line == NULL)
        return err->code;
    line->is_optional = !bracketed && ts_text_equal_nocase(control, "optional");
    if (!pam_control_parse(control, bracketed, line->actions))
        return report_line(position, "the control is not understood", err);
    return read_module(line, at, position, err);
}

static int
read_stack_line(struct reader *reader, const char *at, const struct position *position,
                struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *word = NULL;
    bool bracketed = false;

    int rc = parse_stack_word(&at, &bracketed, &word, err);
    if (rc < 0 || word == NULL)
        return rc == TS_ERR_SYNTAX ? report_line(position, "the line is not understood", err) : rc;
    if (ts_text_equal_nocase(word, "@include"))
        return read_other(reader, at, position, err);
    if (!is_any_type(word))
        return report_line(position, "it begins with no type (auth, account, session, password)",
                           err);
    return is_type(word, reader->type) ? read_control(reader, at, position, err) : 0;
}

/* One line of the text with its continuations, without comments; *at and *number move on. */
static int
join_line(const char **at, unsigned *number, struct ts_secret *ret)
{
    bool goes_on = true;
    int rc = 0;

    ts_secret_clear(ret);
    while (goes_on && rc == 0 && **at != '\0') {
        size_t len = strcspn(*at, "\n");
        size_t used = strcspn(*at, "#\n");

        goes_on = used == len && len > 0 && (*at)[len - 1] == '\\';
        rc = ts_secret_append(ret, *at, used - goes_on);
        if (rc == 0 && goes_on)
            rc = ts_secret_append(ret, " ", 1);
        *at += len + ((*at)[len] == '\n');
        (*number)++;
    }
    return rc;
}

static int
read_lines(struct reader *reader, const char *name, const char *text, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret line = TS_SECRET_INIT(LINE_MAX_BYTES);
    unsigned number = 0;
    int rc = 0;

    for (const char *at = text; rc == 0 && *at != '\0';) {
        const struct position position = {name, number + 1};

        rc = join_line(&at, &number, &line);
        if (rc == TS_ERR_TOO_LARGE)
            return report_line(&position, "the line is too long", err);
        if (rc < 0)
            return ts_err_nomem(err);
        rc = read_stack_line(reader, ts_secret_string(&line), &position, err);
    }
    return rc;
}

/* A few files that include each other twice each would otherwise be read for ever. */
#define FILES_MAX 256

static int
read_stack_file(struct reader *reader, const char *name, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(PAM_STACK_FILE_MAX);

    if (++reader->files_read > FILES_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "%s: more than %d files are included", name,
                          FILES_MAX);
    int rc = reader->files->read(reader->files->context, name, &text, err);
    if (rc == 0 && ts_secret_has_nul(&text))
        rc = ts_err_set(err, TS_ERR_SYNTAX, "%s: not text", name);
    return rc < 0 ? rc : read_lines(reader, name, ts_secret_string(&text), err);
}

int
pam_stack_read(const struct pam_files *files, const char *service, enum pam_stack_type type,
               struct pam_stack *ret, struct ts_err *err)
{
    struct reader reader = {.files = files, .type = type, .stack = ret};

    *ret = (struct pam_stack){NULL, 0};
    return read_stack_file(&reader, service, err);
}

bool
pam_line_is(const struct pam_line *line, const char *module)
{
    if (line->module == NULL)
        return false;
    const char *slash = strrchr(line->module, '/');
    const char *name = slash != NULL ? slash + 1 : line->module;
    size_t len = strlen(name);

    if (len > 3 && strcmp(name + len - 3, ".so") == 0)
        len -= 3;
    return strlen(module) == len && memcmp(name, module, len) == 0;
}
