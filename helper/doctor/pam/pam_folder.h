/* The files of /etc/pam.d: which of them are services, and what they hold. */
#ifndef HELPER_PAM_FOLDER_H
#define HELPER_PAM_FOLDER_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

#define PAM_FOLDER "/etc/pam.d"

/* Whether a file of that name is a service's: not one that only others include (common-auth), nor
 * one that editors, package managers or `setup` keep as a copy. */
bool pam_folder_is_service(const char *name);

/* The services, sorted. 0, TS_ERR_CONFIG (the folder cannot be read) or TS_ERR_NOMEM. */
int pam_folder_list(struct ts_list *ret, struct ts_err *err);

/* Reads a file by its name, which may be absolute, too: root's, writable by nobody else. For struct
 * pam_files; `context` is not used. Returns as ts_file_read. */
int pam_folder_read(void *context, const char *name, struct ts_secret *ret, struct ts_err *err);

#endif
