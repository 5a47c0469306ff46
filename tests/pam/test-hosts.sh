#!/bin/sh
# Hosts that ignore or reap children, have many descriptors or few processes, or come and go. Needs
# root. Usage: sh test-hosts.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/pam/site.sh
. "$here/site.sh"

# host NAME: what it printed is out
host() {
    if timeout 120 "$build/tests/pam/odd-hosts" "$1" $user "$uid" "$scratch/pam.d" "$scratch/token" \
        >"$scratch/out" 2>&1 </dev/null; then
        ok "host $1"
    else
        bad "host $1" 'wrong' "$scratch/out"
    fi
}

host ignores_children
host reaps_children
host waits_in_a_thread

# This helper says which descriptors it was given: its own three, the key's, and the folder that ls reads.
mkdir "$scratch/seen"
chmod 777 "$scratch/seen"
helper_stand_in "ls /proc/self/fd >$scratch/seen/fds; exec cat $scratch/token"
host many_descriptors
if [ "$(tr '\n' ' ' <"$scratch/seen/fds")" = '0 1 2 3 4 ' ]; then
    ok 'many_descriptors: the helper gets its own'
else
    bad 'many_descriptors: the helper gets its own' 'others' "$scratch/seen/fds"
fi

host few_processes
# Where even exec is refused, or where the helper itself can start no worker: it depends on the kernel.
if grep -q '^log notice .*reason=local_helper' "$scratch/out"; then
    ok 'few_processes: the log says so'
else
    bad 'few_processes: the log says so' 'it does not' "$scratch/out"
fi

host comes_and_goes
finish
