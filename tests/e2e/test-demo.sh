#!/bin/sh
# The demo's laptop and host: its steps, and its shell with somebody at the keyboard.
# usage: test-demo.sh PREFIX ISSUER BUILDDIR
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
is_root || skip_rest demo 'only root can mount and start servers'
can_leave_host || skip_rest demo 'no namespaces of its own can be had here'
here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cc -D_GNU_SOURCE -o "$scratch/with-terminal" "$here/../helper/with-terminal.c" -lutil || exit 1

# said NAME TEXT: the output has it.
said() {
    if grep -qF -- "$2" "$scratch/out"; then ok "$1"; else bad "$1" "no '$2'" "$scratch/out"; fi
}
ended() {
    if [ "$2" = 0 ]; then ok "$1"; else bad "$1" "status $2" "$scratch/out"; fi
}

code=0
step_number=11 sh "$here/demo-machines.sh" "$@" >"$scratch/out" 2>&1 </dev/null || code=$?
ended 'the steps' "$code"
said 'the steps: numbered from where the demo was' '12. The laptop'
said 'the steps: ssh logs in' 'pam_thrivestack(sshd:auth): result=accepted reason=ok user=alice'
said 'the steps: so does sudo' 'pam_thrivestack(sudo:auth): result=accepted reason=ok user=alice'
said 'the steps: a key that was removed does not' 'Permission denied'

code=0
# What is typed too early is ssh's: each waits for the shell's own prompt.
# shellcheck disable=SC2016 # For that shell.
"$scratch/with-terminal" "The way out is 'exit'" '' 'alice@laptop $ ' 'ssh build.example.com echo at-$(id -un)' \
    "$(printf 'at-alice\r\nalice@laptop $ ')" 'echo as-$(sudo id -un)' \
    "$(printf 'as-root\r\nalice@laptop $ ')" 'thrivestack-credential init --remove --yes' \
    "$(printf 'profile.\r\nalice@laptop $ ')" 'exit' -- sh -c 'exec 3<&0; exec sh "$@"' sh "$here/demo-machines.sh" "$@" shell \
    >"$scratch/out" 2>&1 || code=$?
ended 'the shell' "$code"
said 'the shell: ssh, sudo and the removal work' 'Changes that undo it:'
folder=$(grep -oE '/tmp/thrivestack-e2e\.[A-Za-z0-9]+' "$scratch/out" | head -n 1)
if [ -n "$folder" ] && [ ! -e "$folder" ]; then ok 'nothing is left'; else bad 'nothing is left' "$folder"; fi
finish
