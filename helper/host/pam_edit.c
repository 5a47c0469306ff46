#include "helper/host/pam_edit.h"

#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/doctor/pam/pam_simulate.h"
#include "helper/doctor/pam/pam_kind.h"

#define MODULE "pam_thrivestack"
#define MODULE_FILE MODULE ".so"
#define SESSION_LINE "session optional " MODULE_FILE "\n"
#define LINE_NAME "line" /* no file of /etc/pam.d is asked for by it: see read_piece */

/* What pam_edit_add writes, as a removal finds it again. */
static const char *const our_lines[] = {
    "auth " PAM_EDIT_TOKEN_ONLY " " MODULE_FILE "\n",
    "auth " PAM_EDIT_TOKEN_OR_ELSE " " MODULE_FILE "\n",
    "auth " PAM_EDIT_TOKEN_INSTEAD " " MODULE_FILE PAM_EDIT_SKIP_UNKNOWN "\n",
    SESSION_LINE,
};

/* One line of the file with its continuations. */
struct piece {
    const char *text;
    size_t len; /* with the newline, where there is one */
    unsigned number;
};

static struct piece
next_piece(const struct ts_secret *text, const struct piece *before)
{
    const char *end = ts_secret_string(text) + text->len;
    struct piece piece = {.text = before->text + before->len, .number = before->number + 1};
    const char *at = piece.text;

    for (const char *c = before->text; c < piece.text; c++)
        piece.number += *c == '\n' && c + 1 < piece.text;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline != NULL ? newline : end;
        bool goes_on = line_end > at && line_end[-1] == '\\' &&
                       memchr(at, '#', (size_t)(line_end - at)) == NULL;

        at = newline != NULL ? newline + 1 : end;
        if (!goes_on)
            break;
    }
    piece.len = (size_t)(at - piece.text);
    return piece;
}

/* Serves one piece as a file of its own, and what it includes from where that is. */
struct one_piece {
    const struct pam_edit *edit;
    const struct piece *piece;
    bool is_read;
};

static int
read_piece(void *context, const char *name, struct ts_secret *ret, struct ts_err *err)
{
    struct one_piece *one = context;
    const struct pam_files *files = one->edit->files;

    if (one->is_read)
        return files->read(files->context, name, ret, err);
    one->is_read = true;
    return ts_secret_append(ret, one->piece->text, one->piece->len) < 0 ? ts_err_nomem(err) : 0;
}

/* What a piece adds to one type of the stack. */
static int
read_lines(const struct pam_edit *edit, const struct piece *piece, enum pam_stack_type type,
           struct pam_stack *ret, struct ts_err *err)
{
    struct one_piece one = {edit, piece, false};
    const struct pam_files files = {read_piece, &one};
    int rc = pam_stack_read(&files, LINE_NAME, type, ret, err);

    if (rc != TS_ERR_SYNTAX)
        return rc;
    /* The text begins with the place in the piece. */
    const char *why = strstr(err->text, ": ");
    const struct ts_err problem = *err;
    return ts_err_set(err, TS_ERR_CONFIG, "%s:%u: Linux-PAM does not accept this line: %.400s",
                      edit->file, piece->number,
                      why != NULL ? problem.text + (why + 2 - err->text) : problem.text);
}

/* Where the line goes: before the piece at `offset`. */
struct place {
    bool found;
    size_t offset;
    bool has_ours;    /* exactly our line is there */
    bool is_included; /* an included file names the module */
};

struct search {
    const struct pam_edit *edit;
    enum pam_stack_type type;
    const char *our_line;
    struct place place;
    long furthest_jump; /* of the lines so far: how many modules from here on it passes over */
};

static bool
is_piece(const struct piece *piece, const char *line)
{
    return strlen(line) == piece->len && memcmp(piece->text, line, piece->len) == 0;
}

static int
refuse_place(const struct search *search, const struct piece *piece, const char *why,
             struct ts_err *err)
{
    return ts_err_set(err, TS_ERR_CONFIG, "%s:%u: %s", search->edit->file, piece->number, why);
}

/* How far the jumps of lines that were passed reach, once this line is passed, too. */
static void
pass_line(struct search *search, const struct pam_line *line)
{
    if (line->level > 0)
        return;
    if (search->furthest_jump > 0)
        search->furthest_jump--;
    for (size_t i = 0; i < PAM_STACK_CODES; i++)
        if (line->actions[i] > search->furthest_jump)
            search->furthest_jump = line->actions[i];
}

static int
note_place(struct search *search, const struct piece *piece, size_t offset,
           const struct pam_stack *lines, struct ts_err *err)
{
    size_t modules = 0;

    for (size_t i = 0; i < lines->len; i++)
        modules += lines->lines[i].level == 0;
    if (search->type == PAM_STACK_AUTH && modules != 1 &&
        strcmp(search->edit->control, PAM_EDIT_TOKEN_INSTEAD) == 0)
        return refuse_place(search, piece,
                            "more than one module checks passwords here, so it is not known how "
                            "many a token takes the place of: add the module's line by hand",
                            err);
    if (search->furthest_jump > 0)
        return refuse_place(
            search, piece,
            "a line above jumps over this one; the module's line would change where the "
            "jump ends: add it by hand",
            err);
    search->place.found = true;
    search->place.offset = offset;
    return 0;
}

/* One line of the auth stack: does the module's line go before the piece that it is in? */
static int
visit_auth(struct search *search, const struct piece *piece, const struct pam_line *line,
           bool *ret_here, struct ts_err *err)
{
    switch (pam_kind_of(line)) {
    case PAM_KIND_SECRET:
        *ret_here = true;
        return 0;
    case PAM_KIND_CONDITION:
        return 0;
    default:
        return ts_err_set(err, TS_ERR_CONFIG,
                          "%s:%u: it is not known whether %.100s checks a secret; add the line "
                          "'%.*s' by hand where it belongs",
                          search->edit->file, piece->number, line->module,
                          (int)strcspn(search->our_line, "\n"), search->our_line);
    }
}

static int
visit_piece(struct search *search, const struct piece *piece, size_t offset, struct ts_err *err)
{
    TS_CLEANUP(pam_stack_release) struct pam_stack lines = {NULL, 0};
    bool here = false;

    if (is_piece(piece, search->our_line)) {
        search->place.has_ours = true;
        return 0;
    }
    int rc = read_lines(search->edit, piece, search->type, &lines, err);
    const struct pam_line *module = rc == 0 ? pam_stack_find_module(&lines) : NULL;
    if (module != NULL && strcmp(module->file, LINE_NAME) != 0) {
        search->place.is_included = true;
        return 0;
    }
    if (module != NULL)
        rc = refuse_place(
            search, piece,
            "the module is named here already, in another form: remove that line first", err);
    if (rc < 0 || search->place.found || lines.len == 0)
        return rc;
    if (search->type == PAM_STACK_SESSION) {
        /* One line of its own or an include: only the latter is the place. */
        here = lines.len > 1;
    } else {
        for (size_t i = 0; i < lines.len && rc == 0 && !here; i++)
            if (lines.lines[i].module != NULL)
                rc = visit_auth(search, piece, &lines.lines[i], &here, err);
    }
    if (rc == 0 && here)
        return note_place(search, piece, offset, &lines, err);
    for (size_t i = 0; i < lines.len; i++)
        pass_line(search, &lines.lines[i]);
    return rc;
}

static int
find_place(struct search *search, const struct ts_secret *text, struct ts_err *err)
{
    struct piece piece = {.text = ts_secret_string(text)};
    int rc = 0;

    for (;;) {
        size_t offset = 0;

        piece = next_piece(text, &piece);
        if (piece.len == 0 || rc < 0)
            return rc;
        offset = (size_t)(piece.text - ts_secret_string(text));
        rc = visit_piece(search, &piece, offset, err);
    }
}

static int
find_auth_line(const struct ts_secret *text, struct search *search, struct ts_err *err)
{
    int rc = find_place(search, text, err);

    if (rc < 0 || search->place.found || search->place.has_ours || search->place.is_included)
        return rc;
    return ts_err_set(err, TS_ERR_CONFIG, "%s: no auth line checks a secret", search->edit->file);
}

/* Without a session line that includes others, the end of the file. */
static int
find_session_line(const struct ts_secret *text, struct search *search, struct ts_err *err)
{
    int rc = search->edit->with_session ? find_place(search, text, err) : 0;

    if (rc == 0 && !search->place.found)
        search->place.offset = text->len;
    return rc;
}

/* Appends the text from *at up to the place, and the line unless it is there already. */
static int
append_up_to(const struct ts_secret *text, const struct search *search, bool is_wanted, size_t *at,
             struct ts_secret *ret)
{
    const struct place *place = &search->place;

    if (!is_wanted || place->has_ours || place->is_included)
        return 0;
    int rc = ts_secret_append(ret, ts_secret_string(text) + *at, place->offset - *at);
    *at = place->offset;
    return rc < 0 ? rc : ts_secret_append_string(ret, search->our_line);
}

int
pam_edit_add(const struct ts_secret *text, const struct pam_edit *edit, struct ts_secret *ret,
             struct ts_err *err)
{
    char auth_line[160];
    struct search auth = {.edit = edit, .type = PAM_STACK_AUTH, .our_line = auth_line};
    struct search session = {.edit = edit, .type = PAM_STACK_SESSION, .our_line = SESSION_LINE};
    size_t at = 0;

    if (text->len > 0 && text->data[text->len - 1] != '\n')
        return ts_err_set(err, TS_ERR_CONFIG, "%s: the last line has no newline: add one",
                          edit->file);
    (void)snprintf(auth_line, sizeof(auth_line), "auth %s " MODULE_FILE "%s\n", edit->control,
                   edit->arguments);
    int rc = find_auth_line(text, &auth, err);
    if (rc == 0)
        rc = find_session_line(text, &session, err);
    if (rc < 0)
        return rc;
    session.place.is_included |= auth.place.is_included;
    bool auth_first = auth.place.offset <= session.place.offset;
    if (append_up_to(text, &auth, auth_first, &at, ret) < 0 ||
        append_up_to(text, &session, edit->with_session, &at, ret) < 0 ||
        append_up_to(text, &auth, !auth_first, &at, ret) < 0 ||
        ts_secret_append(ret, ts_secret_string(text) + at, text->len - at) < 0)
        return ts_err_nomem(err);
    return 0;
}

/* Without comment, whether the line has the module's name in it. */
static bool
mentions_module(const struct piece *piece)
{
    const char *comment = memchr(piece->text, '#', piece->len);
    size_t len = comment != NULL ? (size_t)(comment - piece->text) : piece->len;

    return memmem(piece->text, len, MODULE, strlen(MODULE)) != NULL;
}

static bool
is_module_line(const struct piece *piece)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(our_lines); i++)
        if (is_piece(piece, our_lines[i]))
            return true;
    return false;
}

int
pam_edit_remove(const struct ts_secret *text, struct ts_secret *ret, unsigned *ret_left,
                struct ts_err *err)
{
    struct piece piece = {.text = ts_secret_string(text)};

    *ret_left = 0;
    for (;;) {
        piece = next_piece(text, &piece);
        if (piece.len == 0)
            return 0;
        if (is_module_line(&piece))
            continue;
        if (*ret_left == 0 && mentions_module(&piece))
            *ret_left = piece.number;
        if (ts_secret_append(ret, piece.text, piece.len) < 0)
            return ts_err_nomem(err);
    }
}
