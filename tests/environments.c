/*
 * Runs a command as Docker would run it by default, seen from inside: root with fourteen
 * capabilities, and system calls that make or enter a namespace, or mount, refused with EPERM.
 * Usage, as root: as-container COMMAND [ARGUMENT]...
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int kept[] = {
    CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,     CAP_FSETID,  CAP_KILL,
    CAP_SETGID, CAP_SETUID,       CAP_SETPCAP,    CAP_NET_RAW, CAP_NET_BIND_SERVICE,
    CAP_MKNOD,  CAP_AUDIT_WRITE,  CAP_SYS_CHROOT, CAP_SETFCAP,
};

static const unsigned refused[] = {
    SYS_unshare, SYS_setns,   SYS_mount,      SYS_umount2,  SYS_pivot_root,    SYS_open_tree,
    SYS_fsopen,  SYS_fsmount, SYS_move_mount, SYS_fsconfig, SYS_mount_setattr,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NEW_NAMESPACE                                                                              \
    (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |     \
     CLONE_NEWCGROUP)

/* clone3 keeps its flags in memory, where a filter cannot look; libc falls back to clone. */
static int
refuse_calls(void)
{
    struct sock_filter filter[2 * COUNT(refused) + 9];
    unsigned short n = 0;

    filter[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < COUNT(refused); i++) {
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i], 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
    filter[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACE, 0, 1);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = n, .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int
is_kept(int capability)
{
    for (size_t i = 0; i < COUNT(kept); i++)
        if (kept[i] == capability)
            return 1;
    return 0;
}

/* What leaves the bounding set is gone with the next exec. */
static int
drop_capabilities(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        if (!is_kept(capability) && prctl(PR_CAPBSET_DROP, capability) != 0)
            return -1;
    return 0;
}

int
main(int argc, char *argv[])
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: as-container COMMAND [ARGUMENT]...\n");
        return 64;
    }
    if (refuse_calls() != 0 || drop_capabilities() != 0) {
        perror("as-container");
        return 1;
    }
    (void)execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
