#!/bin/sh
# The helper, its child or the worker killed at each system call of a refresh: the next caller gets
# a token, no lock stays, no file is half-written, and a draft goes with the next refresh.
# Usage: sh tests/fault/test-kill.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/fault/lib.sh
. "$(dirname "$0")/lib.sh"

survives "killed, cold cache" kills token nothing.in cold 13 "$program" --config "$dir/conf" token
survives "killed, cached token spent" kills token nothing.in spent 17 \
    "$program" --config "$dir/conf" token
survives "killed in git get" kills git git.in cold 97 "$program" --config "$dir/conf" git get
survives "killed in forget" kills forget nothing.in warm 3 "$program" --config "$dir/conf" forget

finish
