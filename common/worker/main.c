/*
 * thrivestack-worker: every job (PROTOCOL.md). Started by thrivestack-credential, not by people.
 */
#include "common/worker/jobs.h"
#include "common/worker/serve.h"

int
main(int argc, char **argv)
{
    static const struct ts_program program = {"thrivestack-worker", "Does one job", ts_jobs_run};

    return ts_serve(&program, argc, argv);
}
