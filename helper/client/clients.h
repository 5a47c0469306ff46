/* What the table in helper/clients.c takes from the files of each client. */
#ifndef HELPER_CLIENT_CLIENTS_H
#define HELPER_CLIENT_CLIENTS_H

#include "common/base/error.h"
#include "common/base/secret.h"
#include "helper/client/client_file.h"

struct helper;
struct setup;
struct doctor;

/* The commands of clients; see struct command. */
int command_git(struct helper *helper);
int command_docker(struct helper *helper);
int command_docker_fail(const struct helper *helper, const struct ts_err *err);
int command_askpass(struct helper *helper);
int command_sudo_askpass(struct helper *helper);
int command_askpass_fail(const struct helper *helper, const struct ts_err *err);
int command_cargo(struct helper *helper);
int command_keyring(struct helper *helper);

/* Answers that main prints; see struct command. */
int client_kubectl(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int client_kubelet(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int client_goauth(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int client_bazel(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int client_terraform(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int client_npm(struct helper *helper, struct ts_secret *answer, struct ts_err *err);

/* The plan of `setup CLIENT`. */
int setup_git(struct setup *setup, struct ts_err *err);
int setup_docker(struct setup *setup, struct ts_err *err);
int setup_ssh(struct setup *setup, struct ts_err *err);
int setup_sudo(struct setup *setup, struct ts_err *err);
int setup_kubectl(struct setup *setup, struct ts_err *err);

/* The same, and the check of `doctor`, for the clients of client_file.h. */
int setup_client(struct setup *setup, const char *client, const struct client_file *file,
                 struct ts_err *err);
int doctor_client(struct doctor *doctor, const char *client, const struct client_file *file,
                  struct ts_err *err);

#endif
