#include "helper/client/sudo_conf.h"

#include <string.h>

#include "common/base/cleanup.h"

#define MARK "# thrivestack-credential setup sudo\n"

/* The first `Path askpass` that is no comment, or NULL; *ret_len is the line's length, its newline
 * not counted. */
static const char *
find_askpass(const char *text, size_t *ret_len)
{
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        size_t blank = strspn(line, " \t");

        if (blank < len && strncmp(line + blank, "Path", 4) == 0) {
            blank += 4;
            size_t gap = strspn(line + blank, " \t");

            if (gap > 0 && strncmp(line + blank + gap, "askpass", 7) == 0) {
                *ret_len = len;
                return line;
            }
        }
        line += len + (line[len] == '\n');
    }
    return NULL;
}

int
sudo_conf_add(const struct ts_secret *text, const char *file, const char *line,
              struct ts_secret *ret, struct ts_err *err)
{
    size_t len = 0;
    const char *there = find_askpass(ts_secret_string(text), &len);
    int rc = ts_secret_append(ret, ts_secret_string(text), text->len);

    if (there != NULL && (len != strlen(line) || memcmp(there, line, len) != 0))
        return ts_err_set(err, TS_ERR_CONFIG, "%s has another line 'Path askpass'", file);
    if (there != NULL)
        return rc < 0 ? ts_err_nomem(err) : 0;
    if (rc == 0 && ret->len > 0 && ret->data[ret->len - 1] != '\n')
        rc = ts_secret_append_string(ret, "\n");
    if (rc == 0)
        rc = ts_secret_append_format(ret, MARK "%s\n", line);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

/* The line with the mark above it; without a mark, it is not ours to take. */
int
sudo_conf_remove(const struct ts_secret *text, const char *line, struct ts_secret *ret,
                 struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret ours = TS_SECRET_INIT(4096);
    const char *start = ts_secret_string(text);

    if (ts_secret_append_format(&ours, MARK "%s\n", line) < 0)
        return ts_err_nomem(err);
    const char *at = strstr(start, ours.data);
    while (at != NULL && at != start && at[-1] != '\n')
        at = strstr(at + 1, ours.data);
    size_t before = at != NULL ? (size_t)(at - start) : text->len;
    size_t behind = at != NULL ? before + ours.len : text->len;
    if (ts_secret_append(ret, start, before) < 0 ||
        ts_secret_append(ret, start + behind, text->len - behind) < 0)
        return ts_err_nomem(err);
    return 0;
}
