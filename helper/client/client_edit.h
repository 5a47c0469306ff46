/*
 * Edits of the configuration of clients that find this program by a line in a text file:
 *
 *     ~/.bazelrc              common --credential_helper=HOST=PROGRAM
 *     ~/.cargo/config.toml    credential-provider = "PROGRAM", below the `index` of a registry
 *     ~/.config/go/env        GOAUTH=PROGRAM goauth; netrc
 *     ~/.npmrc                //HOST/:tokenHelper=PROGRAM
 *     ~/.config/pip/pip.conf  keyring-provider = subprocess, in [global]
 *     ~/.terraformrc          credentials_helper "thrivestack" {}
 *
 * Every other line stays as it is, byte by byte.
 */
#ifndef HELPER_CLIENT_EDIT_H
#define HELPER_CLIENT_EDIT_H

#include "common/base/error.h"
#include "helper/setup/text_lines.h"

/* Whom a setting is for, and what it names. */
struct client_place {
    const char *host;    /* name or name:port, in lower case; NULL: whichever */
    const char *path;    /* "/team", or "" */
    const char *program; /* absolute */
};

/* How one client writes it; see client_formats.c. */
struct client_format;

extern const struct client_format client_format_bazel;
extern const struct client_format client_format_cargo;
extern const struct client_format client_format_go;
extern const struct client_format client_format_npm;
extern const struct client_format client_format_pip;
extern const struct client_format client_format_terraform;

/* Appends to `ret` the text with the setting in it. TS_ERR_CONFIG where that cannot be done,
 * because of a setting of somebody else, say; TS_ERR_TOO_LARGE or TS_ERR_NOMEM. */
int client_edit_add(const struct client_format *format, const struct ts_secret *text,
                    const struct client_place *place, struct ts_secret *ret, struct ts_err *err);

/* Appends to `ret` the text without what client_edit_add wrote for the place. Returns as
 * ts_secret_append. */
int client_edit_remove(const struct client_format *format, const struct ts_secret *text,
                       const struct client_place *place, struct ts_secret *ret);

/* The value that counts for the place, whoever wrote it; a span of NULL where there is none. */
struct text_span client_edit_find(const struct client_format *format, const struct ts_secret *text,
                                  const struct client_place *place);

/* Whether anything that client_edit_add writes is in the text. */
bool client_edit_has_ours(const struct client_format *format, const struct ts_secret *text);

#endif
