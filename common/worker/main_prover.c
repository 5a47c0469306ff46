/*
 * thrivestack-prover: the job `prove` for a token that is there, which needs no network. It does
 * not link libcurl, whose libraries take longer to load than a proof takes to sign.
 */
#include "common/worker/prove.h"
#include "common/worker/serve.h"

int
main(int argc, char **argv)
{
    static const struct ts_program program = {"thrivestack-prover", "Signs one proof",
                                              ts_prove_run};

    return ts_serve(&program, argc, argv);
}
