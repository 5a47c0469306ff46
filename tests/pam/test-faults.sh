#!/bin/sh
# Every system call and allocation of the module's made to fail in turn, and the process killed at
# each. Needs root. Usage: sh test-faults.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/pam/site.sh
. "$here/site.sh"

# all_hold NAME COMMAND...: it ends well, and says how much it has done
all_hold() {
    what=$1
    shift
    if timeout 300 "$@" >"$scratch/out" 2>&1; then
        ok "$what: $(tail -n 1 "$scratch/out")"
    else
        grep -v '^[a-z0-9_]*: PAM_' "$scratch/out" >"$scratch/wrong"
        bad "$what" 'wrong' "$scratch/wrong"
    fi
}

fail=$build/tests/pam/call-failure
all_hold 'calls fail in a session' "$fail" sshd $user "$scratch/pam.d" good "$scratch/token" "$scratch/later"
all_hold 'calls fail, single use' "$fail" once $user "$scratch/pam.d" good "$scratch/token" "$scratch/later"
all_hold 'calls fail, a forged token' "$fail" once $user "$scratch/pam.d" bad "$scratch/forged" "$scratch/later"
all_hold 'calls fail, source = local' \
    "$fail" --local $user "$uid" su $user "$scratch/pam.d" good "$scratch/token" "$scratch/later"
all_hold 'calls fail in the children of source = local' \
    "$fail" --local $user "$uid" --children su $user "$scratch/pam.d" good "$scratch/token" "$scratch/later"

kill=$build/tests/pam/call-kill
all_hold 'killed in a session' "$kill" sshd $user "$scratch/pam.d" "$scratch/token" "$scratch/later"
all_hold 'killed, single use' "$kill" once $user "$scratch/pam.d" "$scratch/token" "$scratch/later"
all_hold 'killed, source = local' \
    "$kill" --local $user "$uid" su $user "$scratch/pam.d" "$scratch/token" "$scratch/later"
all_hold 'children of source = local killed' \
    "$kill" --local $user "$uid" --children su $user "$scratch/pam.d" "$scratch/token" "$scratch/later"

all_hold 'clocks jump' "$build/tests/pam/clocks"
all_hold 'processes and keys race' "$build/tests/pam/replay-race"
finish
