#!/bin/sh
# A host with many threads; tests/pam/tsan runs this again in a build that watches them. Needs root.
# Usage: sh test-threads.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/pam/site.sh
. "$here/site.sh"

if timeout 500 "$build/tests/pam/threads" $user "$scratch/pam.d" "$scratch/token" "$scratch/forged" \
    >"$scratch/out" 2>&1 </dev/null && ! grep 'ThreadSanitizer' "$scratch/out"; then
    ok "threads: $(tail -n 1 "$scratch/out")"
else
    bad 'threads' 'wrong' "$scratch/out"
fi
finish
