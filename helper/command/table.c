#include "helper/command/table.h"

static size_t
width_of(const char *text)
{
    size_t width = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\033') {
            while (*p != '\0' && *p != 'm')
                p++;
            if (*p == '\0')
                break;
            continue;
        }
        /* A continuation byte of UTF-8 belongs to the character before it. */
        width += ((unsigned char)*p & 0xc0) != 0x80;
    }
    return width;
}

static int
print_cell(const char *text, size_t width, struct ts_secret *ret)
{
    int rc = ts_secret_append_string(ret, text);

    for (size_t i = width_of(text); i < width && rc == 0; i++)
        rc = ts_secret_append(ret, " ", 1);
    return rc;
}

int
table_print(const struct ts_list *cells, size_t columns, struct ts_secret *ret)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    int rc = 0;

    for (size_t i = 0; i < cells->len; i++) {
        size_t width = width_of(cells->items[i]);

        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
    for (size_t i = 0; i < cells->len && rc == 0; i++) {
        bool last = i % columns == columns - 1 || i + 1 == cells->len;

        rc = ts_secret_append_string(ret, "  ");
        /* The last column is not padded: no line ends in blanks. */
        if (rc == 0)
            rc = print_cell(cells->items[i], last ? 0 : widths[i % columns], ret);
        if (rc == 0 && last)
            rc = ts_secret_append(ret, "\n", 1);
    }
    return rc;
}
