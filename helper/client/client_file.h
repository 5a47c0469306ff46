/*
 * Clients that find this program by a line in a file of their own (client_edit.h): one row each in
 * client_file.c, from which `setup` and `doctor` work. A client that cannot give arguments to the
 * program it starts gets a script of one line.
 */
#ifndef HELPER_CLIENT_FILE_H
#define HELPER_CLIENT_FILE_H

#include "helper/client/client_edit.h"
#include "helper/setup/setup_file.h"

struct ts_config;

struct client_file {
    const struct client_format *format;
    struct setup_kind kind;
    /* Where the file is: in this variable; else `name` in the folder of that one; else in the home
     * folder. NULL: no such variable. */
    const char *variable;
    const char *folder_variable;
    const char *name;
    const char *in_home;
    const char *program; /* what the client starts, in bindir; NULL: the script */
    const char *in_path; /* NULL, or the name by which the client looks for it in PATH */
    /* NULL, or the script: below the home folder, or, with `%s` for the host's file name, below
     * our own folder of configuration. `command` is what it calls this program with. */
    const char *script;
    const char *command;
    bool for_all;      /* one setting for all hosts, which stays while any of them needs it */
    const char *needs; /* NULL, or what else is needed, a note after `setup` */
    const char *hint;  /* NULL, or how to try it */
};

extern const struct client_file client_file_bazel;
extern const struct client_file client_file_cargo;
extern const struct client_file client_file_go;
extern const struct client_file client_file_npm;
extern const struct client_file client_file_pip;
extern const struct client_file client_file_terraform;

/* The client's file; *ret is the caller's to free. 0, TS_ERR_CONFIG (no home) or TS_ERR_NOMEM. */
int client_file_path(const struct client_file *file, char **ret, struct ts_err *err);

/* What the client is to start for a host: a program, or the script's path. Returns as above. */
int client_file_program(const struct client_file *file, const struct ts_config *config,
                        const char *host, char **ret, struct ts_err *err);

/* Appends the script for a host. Returns as ts_secret_append, or TS_ERR_NOMEM. */
int client_file_script(const struct client_file *file, const char *host, struct ts_secret *ret,
                       struct ts_err *err);

#endif
