#include "calls.h"

#include <errno.h>
#include <sys/syscall.h>

#define CALL(name) SYS_##name, #name

static const struct fault_call calls[] = {
    {CALL(openat), OBJECT_PATH, 1, {EMFILE, EACCES, EIO}, 0},
    {CALL(read), OBJECT_FD, 0, {EIO, EINTR, ENOMEM}, 0},
    {CALL(write), OBJECT_FD, 0, {ENOSPC, EINTR, EIO}, 0},
    /* Linux closes the descriptor whatever it returns. */
    {CALL(close), OBJECT_FD, 0, {EIO, EINTR}, 1},
    {CALL(lseek), OBJECT_FD, 0, {EINVAL}, 0},
    {CALL(getdents64), OBJECT_FD, 0, {EIO, ENOMEM}, 0},
    {CALL(newfstatat), OBJECT_PATH, 1, {EIO, EACCES, ENOMEM}, 0},
    {CALL(fstat), OBJECT_FD, 0, {EIO, ENOMEM}, 0},
    {CALL(renameat), OBJECT_PATH, 1, {ENOSPC, EROFS, EIO}, 0},
    {CALL(renameat2), OBJECT_PATH, 1, {ENOSPC, EROFS, EIO}, 0},
    {CALL(unlinkat), OBJECT_PATH, 1, {EROFS, EIO}, 0},
    {CALL(mkdirat), OBJECT_PATH, 1, {ENOSPC, EROFS, EACCES}, 0},
#ifdef SYS_open
    {CALL(open), OBJECT_PATH, 0, {EMFILE, EACCES, EIO}, 0},
    {CALL(stat), OBJECT_PATH, 0, {EIO, EACCES}, 0},
    {CALL(access), OBJECT_PATH, 0, {EIO}, 0},
    {CALL(readlink), OBJECT_PATH, 0, {EIO}, 0},
    {CALL(rename), OBJECT_PATH, 0, {ENOSPC, EROFS, EIO}, 0},
    {CALL(unlink), OBJECT_PATH, 0, {EROFS, EIO}, 0},
    {CALL(mkdir), OBJECT_PATH, 0, {ENOSPC, EROFS, EACCES}, 0},
    {CALL(pipe), OBJECT_NONE, 0, {EMFILE}, 0},
    {CALL(dup2), OBJECT_FD, 0, {EMFILE}, 0},
    {CALL(fork), OBJECT_NONE, 0, {EAGAIN, ENOMEM}, 0},
    {CALL(vfork), OBJECT_NONE, 0, {EAGAIN, ENOMEM}, 0},
    {CALL(poll), OBJECT_NONE, 0, {ENOMEM, EINTR}, 0},
#endif
    {CALL(ppoll), OBJECT_NONE, 0, {ENOMEM, EINTR}, 0},
    {CALL(fsync), OBJECT_FD, 0, {EIO, ENOSPC}, 0},
    {CALL(fchmod), OBJECT_FD, 0, {EPERM, EROFS}, 0},
    {CALL(flock), OBJECT_FD, 0, {EINTR, ENOLCK}, 0},
    {CALL(fcntl), OBJECT_FD, 0, {EINVAL, EMFILE}, 0},
    {CALL(dup3), OBJECT_FD, 0, {EMFILE}, 0},
    {CALL(pipe2), OBJECT_NONE, 0, {EMFILE, ENFILE}, 0},
    {CALL(clone), OBJECT_NONE, 0, {EAGAIN, ENOMEM}, 0},
    {CALL(clone3), OBJECT_NONE, 0, {EAGAIN, ENOMEM}, 0},
    {CALL(execve), OBJECT_PATH, 0, {ENOMEM, EACCES, ENOENT}, 0},
    {CALL(wait4), OBJECT_NONE, 0, {ECHILD, EINTR}, 0},
    {CALL(waitid), OBJECT_NONE, 0, {ECHILD, EINTR}, 0},
    {CALL(chdir), OBJECT_PATH, 0, {EACCES}, 0},
    {CALL(getcwd), OBJECT_NONE, 0, {ENOENT}, 0},
    {CALL(setpgid), OBJECT_NONE, 0, {EPERM}, 0},
    {CALL(prctl), OBJECT_NONE, 0, {EPERM, EINVAL}, 0},
    {CALL(prlimit64), OBJECT_NONE, 0, {EPERM}, 0},
    {CALL(close_range), OBJECT_NONE, 0, {ENOSYS, EPERM}, 0},
    {CALL(setitimer), OBJECT_NONE, 0, {EINVAL}, 0},
    {CALL(mmap), OBJECT_NONE, 0, {ENOMEM}, 0},
    {CALL(mprotect), OBJECT_NONE, 0, {ENOMEM}, 0},
    {CALL(getrandom), OBJECT_NONE, 0, {ENOSYS, EINTR, EAGAIN}, 0},
    {CALL(clock_gettime), OBJECT_NONE, 0, {EINVAL}, 0},
    {CALL(clock_nanosleep), OBJECT_NONE, 0, {EINTR}, 0},
    {CALL(socket), OBJECT_NONE, 0, {EMFILE, EAFNOSUPPORT}, 0},
    {CALL(socketpair), OBJECT_NONE, 0, {EMFILE}, 0},
    {CALL(eventfd2), OBJECT_NONE, 0, {EMFILE}, 0},
    {CALL(connect), OBJECT_FD, 0, {ECONNREFUSED, ENETUNREACH, EINTR}, 0},
    {CALL(getsockopt), OBJECT_FD, 0, {ENOBUFS}, 0},
    {CALL(setsockopt), OBJECT_FD, 0, {ENOBUFS}, 0},
    {CALL(getsockname), OBJECT_FD, 0, {ENOBUFS}, 0},
    {CALL(getpeername), OBJECT_FD, 0, {ENOBUFS}, 0},
    {CALL(sendto), OBJECT_FD, 0, {ECONNRESET, EPIPE, EINTR}, 0},
    {CALL(sendmmsg), OBJECT_FD, 0, {ECONNRESET}, 0},
    {CALL(recvfrom), OBJECT_FD, 0, {ECONNRESET, EINTR, ENOMEM}, 0},
};

const struct fault_call *
fault_call_find(long number)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}
