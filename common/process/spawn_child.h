/*
 * The children's half of spawn.h: what runs between clone and exec, in a copy of a host that may
 * have been in the middle of anything. Only system calls that need no lock, no memory and no other
 * thread; everything they need was prepared before the clone.
 *
 * There are two processes. The kernel gives every process that calls exec SIGCHLD as its exit
 * signal, whatever clone was told, and a host that ignores SIGCHLD or waits for any child would
 * then swallow its status. So the host's child is a supervisor that never calls exec and thus keeps
 * exit signal 0; the program is the supervisor's child, and the supervisor ends the way that one
 * did.
 */
#ifndef TS_SPAWN_CHILD_H
#define TS_SPAWN_CHILD_H

#include "common/process/spawn.h"

#define TS_SPAWN_FDS 4 /* stdin, stdout, stderr and the extra one */

enum ts_spawn_step {
    TS_STEP_SETUP,
    TS_STEP_DESCRIPTORS,
    TS_STEP_CLONE,
    TS_STEP_GROUPS,
    TS_STEP_GID,
    TS_STEP_UID,
    TS_STEP_VERIFY,
    TS_STEP_FOLDER,
    TS_STEP_EXEC,
};

/* What a child that cannot go on writes to its status pipe; one that can closes it by exec. */
struct ts_spawn_failure {
    enum ts_spawn_step step;
    int error;
};

struct ts_spawn_plan {
    const struct ts_spawn *spec;
    int fds[TS_SPAWN_FDS]; /* what becomes descriptors 0 to 3; -1 for none, the last one only */
    int status_fd;
    pid_t host;         /* whose death is the end of everything */
    gid_t *groups_read; /* room for as many groups as the identity has */
};

/* clone(2) with just these flags; `ret_pidfd` is for CLONE_PIDFD, else NULL. 0 in the child. */
pid_t ts_spawn_clone(unsigned long flags, int *ret_pidfd);

/* What getdents64(2) fills a buffer with: a folder is read so where only system calls may be made.
 */
struct ts_spawn_dirent {
    uint64_t inode;
    int64_t offset;
    unsigned short len; /* of this entry, up to the next */
    unsigned char type;
    char name[];
};

/* Closes every descriptor from `first` on. Only system calls. Returns whether it could. */
bool ts_spawn_close_others(int first);

/* The supervisor; never returns. */
void ts_spawn_supervise(const struct ts_spawn_plan *prepared) __attribute__((noreturn));

#endif
