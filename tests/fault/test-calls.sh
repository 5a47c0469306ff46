#!/bin/sh
# Each system call of the helper, of its children, of the worker and of the prover made to fail in turn,
# each with up to three errors, with a token in the cache and without.
# Usage: sh tests/fault/test-calls.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/fault/lib.sh
. "$(dirname "$0")/lib.sh"

token() { survives "token, $1 cache" errors token nothing.in "$1" "$2" "$program" --config "$dir/conf" token; }
git_get() { survives "git get, $1 cache" errors git git.in "$1" "$2" "$program" --config "$dir/conf" git get; }
docker_get() {
    survives "docker get, $1 cache" errors docker docker.in "$1" "$2" \
        "$program" --config "$dir/nameless/conf" docker get
}
status_of() {
    survives "status, $1 cache" errors status nothing.in "$1" "$2" \
        "$program" --config "$dir/nameless/conf" status --json
}
forget() {
    survives "forget, $1 cache" errors forget nothing.in "$1" "$2" "$program" --config "$dir/conf" forget
    survives "forget --all, $1 cache" errors forget nothing.in "$1" "$2" \
        "$program" --config "$dir/conf" forget --all
}

for command in token git_get docker_get status_of forget; do
    step=1
    [ $command != status_of ] || step=61
    $command warm $step
done
token cold 29
# A token in the cache leaves the prover alone, and without one the worker does it all.
bound() {
    survives "token --for, $1 cache" errors bound nothing.in "$1" "$2" \
        "$program" --config "$dir/conf" token --for build.example.com
}
bound warm 6
bound cold 97
for command in git_get docker_get status_of; do
    $command cold 97
done
forget cold 9
token spent 41
git_get spent 211
docker_get spent 211

# Another name than the user's own is no answer where that could not be looked up.
extra=LOGNAME=somebody-else
fault_options="--error 1"
docker_get warm 1

finish
