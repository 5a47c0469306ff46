#!/bin/sh
# Each allocation of the helper made to fail in turn, and each with all after it, with a token in the
# cache and without; and those of the worker and the prover, run by themselves with the job that the helper
# would give them (as each starts from an empty environment, it takes no preloaded library from the helper).
# Usage: sh tests/fault/test-memory.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/fault/lib.sh
. "$(dirname "$0")/lib.sh"

for kind in memory drought; do
    for cache in warm cold; do
        of="$kind, $cache cache"
        step=$([ $cache = warm ] && echo 2 || echo 19)
        survives "token, $of" "$kind" token nothing.in $cache "$step" "$program" --config "$dir/conf" token
        survives "git get, $of" "$kind" git git.in $cache "$step" "$program" --config "$dir/conf" git get
        survives "docker get, $of" "$kind" docker docker.in $cache "$step" \
            "$program" --config "$dir/conf" docker get
        survives "status, $of" "$kind" status nothing.in $cache 41 \
            "$program" --config "$dir/conf" status --json
        survives "forget, $of" "$kind" forget nothing.in $cache 5 "$program" --config "$dir/conf" forget
        survives "forget --all, $of" "$kind" forget nothing.in $cache 5 \
            "$program" --config "$dir/conf" forget --all
    done
    survives "worker, $kind" "$kind" worker job.in cold 1499 "$worker"
    # Where it reads its job, each one in any case.
    fault_options='--last 80'
    survives "worker, $kind, its job" "$kind" worker job.in cold 1 "$worker"
    fault_options=
    survives "prover, $kind" "$kind" prover prove.in cold 37 "$prover"
done

finish
