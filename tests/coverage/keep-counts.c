/* Linked into every program and module of the build that counts lines, nowhere else: lets the
 * counts reach the disk although a process forbids itself files, or ends by _exit. The linker's
 * --wrap puts two functions in place of libc's. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

void save_counts(void) __asm__("__gcov_dump");
void real_exit(int status) __asm__("__real__exit") __attribute__((noreturn));
void wrapped_exit(int status) __asm__("__wrap__exit") __attribute__((noreturn));
int real_setrlimit(int resource, const struct rlimit64 *limit) __asm__("__real_setrlimit64");
int wrapped_setrlimit(int resource, const struct rlimit64 *limit) __asm__("__wrap_setrlimit64");

/* Where the counts cannot be saved, libgcov would say so on stderr, where the tests expect what the
 * program says. */
__attribute__((destructor)) static void
allow_files(void)
{
    struct rlimit64 limit;

    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setenv("GCOV_ERROR_FILE", "/dev/null", 1);
    if (getrlimit64(RLIMIT_FSIZE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)real_setrlimit(RLIMIT_FSIZE, &limit);
}

void
wrapped_exit(int status)
{
    allow_files();
    save_counts();
    real_exit(status);
}

/* The worker's limit on files holds, but can be raised again at the end. */
int
wrapped_setrlimit(int resource, const struct rlimit64 *limit)
{
    struct rlimit64 kept = *limit;
    struct rlimit64 old;

    if (resource == RLIMIT_FSIZE && getrlimit64(resource, &old) == 0)
        kept.rlim_max = old.rlim_max;
    return real_setrlimit(resource, &kept);
}
