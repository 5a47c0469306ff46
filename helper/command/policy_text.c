#include "helper/command/policy_text.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/config/ini.h"
#include "common/base/cleanup.h"

enum line_kind { LINE_BLANK, LINE_COMMENT, LINE_HEAD, LINE_OTHER };

static enum line_kind
kind_of(const char *line, size_t len, struct ts_ini_head *ret_head)
{
    size_t start = 0;

    if (ts_ini_read_head(line, len, ret_head))
        return LINE_HEAD;
    while (start < len && memchr(" \t\r", line[start], 3) != NULL)
        start++;
    if (start == len)
        return LINE_BLANK;
    return line[0] == '#' || line[0] == ';' ? LINE_COMMENT : LINE_OTHER;
}

static int
add_block(struct policy_blocks *blocks, const struct ts_ini_head *head,
          const struct policy_block *place)
{
    struct policy_block *items = ts_array_grow(blocks->items, blocks->len, sizeof(*items));

    if (items == NULL)
        return TS_ERR_NOMEM;
    blocks->items = items;
    struct policy_block *block = &items[blocks->len++];
    *block = *place;
    block->is_key = head->kind_len == 3 && memcmp(head->kind, "key", 3) == 0;
    if (block->is_key && head->name_len < sizeof(block->id))
        memcpy(block->id, head->name, head->name_len);
    if (!ts_text_is_key_id(block->id))
        block->id[0] = '\0';
    return 0;
}

static size_t
line_end(const char *text, size_t len, size_t start)
{
    const char *newline = memchr(text + start, '\n', len - start);

    return newline != NULL ? (size_t)(newline - text) + 1 : len;
}

int
policy_text_scan(const char *text, size_t len, struct policy_blocks *ret)
{
    size_t comment = 0, end;
    bool has_comment = false;
    unsigned line = 0;
    int rc = 0;

    for (size_t start = 0; start < len && rc == 0; start = end) {
        struct ts_ini_head head = {.kind = NULL};

        end = line_end(text, len, start);
        enum line_kind kind =
            kind_of(text + start, end - start - (text[end - 1] == '\n' ? 1 : 0), &head);
        line++;
        if (kind == LINE_HEAD) {
            const struct policy_block place = {
                .comment = has_comment ? comment : start, .head = start, .end = end, .line = line};
            rc = add_block(ret, &head, &place);
        } else if (kind == LINE_OTHER && ret->len > 0) {
            ret->items[ret->len - 1].end = end;
        }
        if (kind == LINE_COMMENT && !has_comment)
            comment = start;
        has_comment = kind == LINE_COMMENT;
    }
    return rc;
}

void
policy_blocks_release(struct policy_blocks *blocks)
{
    free(blocks->items);
    *blocks = (struct policy_blocks){NULL, 0};
}

void
policy_text_comment(const char *text, const struct policy_block *block, char *ret, size_t size)
{
    size_t end;

    ret[0] = '\0';
    for (size_t start = block->comment; start < block->end && ret[0] == '\0'; start = end) {
        end = line_end(text, block->end, start);
        if (text[start] == '#' || text[start] == ';')
            ts_text_clean(ret, size, text + start + 1, end - start - 1);
        if (ret[0] == ' ')
            memmove(ret, ret + 1, strlen(ret));
    }
}

/* Where two blank lines would be left around a gap, one is enough. */
static size_t
skip_blank_line(const char *text, size_t len, size_t head, size_t end)
{
    const bool blank_before = head == 0 || (head >= 2 && text[head - 2] == '\n');

    return blank_before && end < len && text[end] == '\n' ? end + 1 : end;
}

int
policy_text_without(const char *text, size_t len, const struct policy_blocks *blocks,
                    const char *id, struct ts_secret *ret)
{
    size_t from = 0;
    int rc = 0;

    for (size_t i = 0; i < blocks->len && rc == 0; i++) {
        const struct policy_block *block = &blocks->items[i];

        if (!block->is_key || strcmp(block->id, id) != 0)
            continue;
        rc = ts_secret_append(ret, text + from, block->head - from);
        from = skip_blank_line(text, len, block->head, block->end);
    }
    return rc < 0 ? rc : ts_secret_append(ret, text + from, len - from);
}
