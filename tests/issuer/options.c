#include "options.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
number_read(const char *text, int64_t *ret)
{
    /* strtoimax would skip blanks and take a plus sign. */
    size_t sign = text[0] == '-' ? 1 : 0;
    size_t digits = strspn(text + sign, "0123456789");
    if (digits == 0 || text[sign + digits] != '\0')
        return -1;
    errno = 0;
    intmax_t number = strtoimax(text, NULL, 10);
    if (errno != 0)
        return -1;
    *ret = number;
    return 0;
}

static void
print_help(const struct command *command, const struct option_row *rows)
{
    printf("usage: thrivestack-issuer %s%s%s%s\n\n%s\n", command->name,
           *command->operands ? " " : "", command->operands, rows->name ? " [options]" : "",
           command->says);
    if (rows->name)
        printf("\noptions:\n");
    for (; rows->name; rows++) {
        char left[64];
        snprintf(left, sizeof(left), "%s%s%s", rows->name, rows->value ? " " : "",
                 rows->value ? rows->value : "");
        printf("  %-26s %s\n", left, rows->says);
    }
}

/* Finds the row for an argument `--name` or `--name=value`. */
static const struct option_row *
find_row(const struct option_row *rows, const char *argument)
{
    size_t len = strcspn(argument, "=");
    for (; rows->name; rows++) {
        if (strlen(rows->name) == len && strncmp(rows->name, argument, len) == 0)
            return rows;
    }
    return NULL;
}

/* Stores a value where its row says; -1 where it does not fit. */
static int
store_value(const struct option_row *row, const char *value)
{
    struct option_list *list = row->to;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)row->to = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)row->to = value;
        return 0;
    case OPTION_NUMBER:
        return number_read(value, row->to);
    case OPTION_LIST:
        if (list->count == OPTION_LIST_MAX)
            return -1;
        list->items[list->count++] = value;
        return 0;
    }
    return -1;
}

/* Takes one option, and the argument behind it where its value stands there. Returns how many
 * arguments were used, or -1. */
static int
take_option(const struct command *command, const struct option_row *rows, char **argv)
{
    const struct option_row *row = find_row(rows, argv[0]);
    if (!row) {
        warnx("%s: unknown option %s (see --help)", command->name, argv[0]);
        return -1;
    }
    const char *equals = strchr(argv[0], '=');
    bool flag = row->kind == OPTION_FLAG;
    const char *value = equals ? equals + 1 : argv[1];
    if (flag ? equals != NULL : value == NULL) {
        warnx("%s: %s %s", command->name, row->name, flag ? "takes no value" : "needs a value");
        return -1;
    }
    if (store_value(row, value) != 0) {
        warnx("%s: %s does not take '%s'", command->name, row->name, value);
        return -1;
    }
    return flag || equals ? 1 : 2;
}

int
options_read(const struct command *command, char **argv, const struct option_row *rows,
             const char *operands[OPERANDS_MAX])
{
    size_t count = 0;
    bool options = true;
    while (*argv) {
        if (options && strcmp(*argv, "--help") == 0) {
            print_help(command, rows);
            exit(0);
        }
        if (options && strcmp(*argv, "--") == 0) {
            options = false;
            argv++;
        } else if (options && strncmp(*argv, "--", 2) == 0) {
            int used = take_option(command, rows, argv);
            if (used < 0)
                return -1;
            argv += used;
        } else {
            if (count < command->operand_count)
                operands[count] = *argv;
            count++;
            argv++;
        }
    }
    if (count != command->operand_count) {
        warnx("usage: thrivestack-issuer %s %s (see --help)", command->name, command->operands);
        return -1;
    }
    return 0;
}
