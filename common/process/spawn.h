/*
 * Children: the one place that starts processes, for the helper and inside hosts of the PAM module,
 * which may be multi-threaded, hold ten thousand descriptors and treat SIGCHLD as they like.
 *
 * A child starts from nothing: an absolute path, a fixed argv, a built environment, descriptors 0
 * to 2 and those named here, default signals, an empty signal mask. It is created without SIGCHLD
 * as its exit signal, so that a host's SIGCHLD disposition and wait(2) loops neither see nor eat
 * it. Between clone and exec only async-signal-safe calls run.
 */
#ifndef TS_SPAWN_H
#define TS_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/base/secret.h"

/* Whom to become, for good: supplementary groups, then gid, then uid, checked afterwards. */
struct ts_spawn_identity {
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t groups_len;
};

struct ts_spawn {
    const char *path;        /* absolute */
    const char *const *argv; /* NULL-terminated */
    const char *const *envp; /* NULL-terminated */
    const char *folder;      /* working directory, or NULL: as it is */
    int stdin_fd;            /* -1: /dev/null */
    int stdout_fd;           /* -1: /dev/null */
    int stderr_fd;           /* -1: /dev/null; 2: as it is */
    int extra_fd;            /* becomes descriptor 3, or -1 */
    int64_t start_by_ms;     /* CLOCK_BOOTTIME: when exec must be done; 0: in ten seconds */
    /* Stay in this process's group, so that it may ask on the terminal as this process may, and
     * gets ^C and ^Z with it. What it starts is then not killed with it. */
    bool share_group;
    const struct ts_spawn_identity *identity; /* or NULL: as it is */
};

struct ts_child {
    pid_t pid;         /* leader of its process group; 0 where there is none */
    int pidfd;         /* -1 where there is none */
    bool shares_group; /* it leads none */
};

#define TS_CHILD_INIT ((struct ts_child){.pidfd = -1})

/* Starts a child. Returns 0; TS_ERR_SYSTEM, where the text says whether clone, setresuid or exec
 * failed; or TS_ERR_TIMEOUT where exec was not done in time. */
int ts_spawn_start(const struct ts_spawn *spec, struct ts_child *ret, struct ts_err *err);

/*
 * Waits until the child ends or `deadline_ms` (CLOCK_BOOTTIME) passes; then kills it and its
 * process group. In every case the child is reaped and *child reset. *ret_status is the exit status
 * as wait(2) gives it. Returns 0, TS_ERR_TIMEOUT, or TS_ERR_SYSTEM.
 */
int ts_child_wait(struct ts_child *child, int64_t deadline_ms, int *ret_status, struct ts_err *err);

/* Kills it and its process group, and reaps it, where there is one. For TS_CLEANUP. */
void ts_child_release(struct ts_child *child);

/*
 * Starts a child with pipes at stdin and stdout (those members of `spec` are ignored), writes
 * `input`, appends what it prints to `output` (its maximum caps it), until it ends or the deadline
 * passes. Neither direction can block the other. Returns 0 with *ret_status set, TS_ERR_TIMEOUT,
 * TS_ERR_TOO_LARGE, TS_ERR_NOMEM or TS_ERR_SYSTEM; the child is gone in every case.
 */
int ts_spawn_exchange(const struct ts_spawn *spec, const struct ts_secret *input,
                      struct ts_secret *output, int64_t deadline_ms, int *ret_status,
                      struct ts_err *err);

#endif
