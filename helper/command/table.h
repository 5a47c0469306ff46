/* Text in aligned columns, for people. */
#ifndef HELPER_TABLE_H
#define HELPER_TABLE_H

#include <stddef.h>

#include "common/base/secret.h"
#include "common/base/text.h"

#define TABLE_COLUMNS_MAX 8

/*
 * Appends the cells, `columns` to a line, each column as wide as its widest cell and two blanks
 * apart, every line indented by two. Width counts characters of UTF-8, and colour sequences as
 * nothing. Returns as ts_secret_append.
 */
int table_print(const struct ts_list *cells, size_t columns, struct ts_secret *ret);

#endif
