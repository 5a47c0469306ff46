/* What each command does; struct command in options.h says how they are called. */
#ifndef ISSUER_COMMANDS_H
#define ISSUER_COMMANDS_H

#include "options.h"

int command_init(const struct command *command, char **argv);
int command_key_new(const struct command *command, char **argv);
int command_key_revoke(const struct command *command, char **argv);
int command_key_expire(const struct command *command, char **argv);
int command_key_list(const struct command *command, char **argv);
int command_sign(const struct command *command, char **argv);
int command_serve(const struct command *command, char **argv);
int command_faults(const struct command *command, char **argv);

#endif
