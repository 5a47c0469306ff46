/* Runs every file of a corpus through a fuzz target once: the corpus as an ordinary test. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>

#include "common/base/cleanup.h"
#include "common/base/secret.h"

static int inputs;

static int
replay(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret input = TS_SECRET_INIT(1 << 20);

    (void)st;
    (void)ftw;
    if (type != FTW_F)
        return type == FTW_D ? 0 : -1;
    TS_CLEANUP(ts_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ts_secret_read_fd(&input, fd) < 0)
        return -1;
    inputs++;
    fprintf(stderr, "%s\n", path);
    return LLVMFuzzerTestOneInput((const uint8_t *)ts_secret_string(&input), input.len);
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (nftw(argv[i], replay, 16, FTW_PHYS) != 0) {
            fprintf(stderr, "%s cannot be read\n", argv[i]);
            return 1;
        }
    printf("%d inputs\n", inputs);
    /* A corpus that was not found has tested nothing. */
    return inputs > 0 ? 0 : 1;
}
