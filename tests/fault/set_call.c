#include "set_call.h"

#include <elf.h>
#include <err.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined(__x86_64__)

void
set_call(pid_t pid, int number)
{
    if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), (long)number) !=
        0)
        err(2, "cannot change a system call");
}

void
set_result(pid_t pid, long result)
{
    if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), result) != 0)
        err(2, "cannot change a result");
}

#elif defined(__aarch64__)

#define NT_SYSTEM_CALL 0x404

void
set_call(pid_t pid, int number)
{
    struct iovec vector = {&number, sizeof(number)};

    if (ptrace(PTRACE_SETREGSET, pid, (void *)NT_SYSTEM_CALL, &vector) != 0)
        err(2, "cannot change a system call");
}

void
set_result(pid_t pid, long result)
{
    struct user_regs_struct regs;
    struct iovec vector = {&regs, sizeof(regs)};

    if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &vector) != 0)
        err(2, "cannot read a result");
    regs.regs[0] = (unsigned long long)result;
    if (ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &vector) != 0)
        err(2, "cannot change a result");
}

#else
#error "system calls of this architecture cannot be made to fail yet"
#endif
