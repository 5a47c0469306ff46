/*
 * Edits of the text of git's configuration that leave everything else in it as it is, byte by
 * byte. `setup git` appends one block, where git reads it after every other helper of the file,
 * and finds it again by its first line:
 *
 *     # thrivestack-credential setup git git.example.com
 *     [credential "https://git.example.com"]
 *     	helper =
 *     	helper = /usr/bin/git-credential-thrivestack
 *
 * The empty value makes git forget the helpers before it, so that none of them is given a token to
 * store.
 */
#ifndef HELPER_GIT_EDIT_H
#define HELPER_GIT_EDIT_H

#include <stdbool.h>

#include "common/base/secret.h"

struct git_block {
    const char *host;   /* git.example.com, or git.example.com:8443/team */
    const char *helper; /* the value of `helper` */
    bool sends_path;    /* also set useHttpPath */
};

/* Appends to `ret` what the block looks like in the file. Returns as ts_secret_append. */
int git_edit_print(const struct git_block *block, struct ts_secret *ret);

/* Appends to `ret` the text with the block at its end. A block for the same host that is there
 * already is moved. Returns as ts_secret_append. */
int git_edit_add(const struct ts_secret *text, const struct git_block *block,
                 struct ts_secret *ret);

/* Appends to `ret` the text without the block for the host. Lines that were added to the block
 * since stay, under its header. Returns as ts_secret_append. */
int git_edit_remove(const struct ts_secret *text, const char *host, struct ts_secret *ret);

/* Whether any block written by git_edit_add is in the text. */
bool git_edit_has_block(const struct ts_secret *text);

#endif
