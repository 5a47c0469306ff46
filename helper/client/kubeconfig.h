/*
 * A kubeconfig as kubectl itself reads and changes it: each call works on a copy in a folder of our
 * own, so that what comes of it is known before the file is touched.
 */
#ifndef HELPER_KUBECONFIG_H
#define HELPER_KUBECONFIG_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/scratch.h"
#include "common/base/secret.h"

struct ts_json;

struct kubeconfig {
    char *kubectl; /* the program */
    struct ts_scratch
        scratch; /* the copy's folder; without one, it is the file itself, only read */
    char *copy;
};

#define KUBECONFIG_INIT ((struct kubeconfig){NULL, TS_SCRATCH_INIT, NULL})

/* The file that kubectl changes: KUBECONFIG, which has to name one, else ~/.kube/config. *ret is
 * the caller's to free. 0, TS_ERR_CONFIG or TS_ERR_NOMEM. */
int kubeconfig_path(char **ret, struct ts_err *err);

/* Finds kubectl and makes the copy's folder, in `cache_dir`. TS_ERR_NOT_FOUND where there is no
 * kubectl, TS_ERR_CONFIG, TS_ERR_NOMEM. *ret is released in every case. */
int kubeconfig_open(const char *cache_dir, struct kubeconfig *ret, struct ts_err *err);

/* The same to read a file alone, without a copy. */
int kubeconfig_open_file(const char *path, struct kubeconfig *ret, struct ts_err *err);
void kubeconfig_release(struct kubeconfig *kubeconfig);

/* The text that the copy begins as, and the one that it has become. Return 0, TS_ERR_CONFIG or
 * TS_ERR_NOMEM. */
int kubeconfig_write(const struct kubeconfig *kubeconfig, const struct ts_secret *text,
                     struct ts_err *err);
int kubeconfig_read(const struct kubeconfig *kubeconfig, struct ts_secret *ret, struct ts_err *err);

/* `kubectl config` on the copy, with these words more, up to a NULL. TS_ERR_CONFIG where it fails.
 */
int kubeconfig_run(const struct kubeconfig *kubeconfig, const char *const *words,
                   struct ts_err *err);

/* All of the copy as an object, which is the caller's to put. */
int kubeconfig_view(const struct kubeconfig *kubeconfig, struct ts_json **ret, struct ts_err *err);

/* What is in the entry of that name of the list: `clusters`, `contexts` or `users`; or NULL. */
struct ts_json *kubeconfig_entry(struct ts_json *view, const char *list, const char *name);

/* Whether an element of `contexts` is for a cluster whose server is at that host. */
bool kubeconfig_context_is_at(struct ts_json *view, struct ts_json *context, const char *host);

#endif
