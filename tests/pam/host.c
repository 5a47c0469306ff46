#include "host.h"

#include <dirent.h>
#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

size_t
host_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    if (folder == NULL)
        err(2, "/proc/self/fd");
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 3; /* `.`, `..` and the one that reads this */
}

size_t
host_reap(void)
{
    size_t count = 0;
    siginfo_t info = {.si_pid = 0};

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) == 0) {
        if (info.si_pid == 0)
            errx(1, "a child runs on");
        count++;
        info.si_pid = 0;
    }
    return count;
}

size_t
host_memory(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[256];
    char *resident = NULL;

    /* All pages, then those that are resident. */
    if (file == NULL || fgets(line, sizeof(line), file) == NULL ||
        (resident = strchr(line, ' ')) == NULL)
        err(2, "/proc/self/statm");
    fclose(file);
    return strtoul(resident, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static size_t files;

static int
count_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)path;
    (void)st;
    (void)where;
    files += kind == FTW_D ? 0 : 1;
    return 0;
}

size_t
host_files(const char *folder)
{
    files = 0;
    (void)nftw(folder, count_file, 8, FTW_PHYS);
    return files;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

void
host_remove(const char *folder)
{
    (void)nftw(folder, remove_one, 8, FTW_PHYS | FTW_DEPTH);
}
