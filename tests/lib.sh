# shellcheck shell=sh disable=SC2034,SC2154 # Its users use and set what looks unused or unset.
# What every test script shares: counting, skipping, waiting, and starting the issuer. Sourced by the
# lib.sh of each folder, or by a script itself.
#
#   ok "what it is"                    passed
#   bad "what it is" WHY [FILE]        failed; the file's lines are shown
#   skip "what it is" WHY              this environment cannot do it
#   finish                             the closing line and the exit status
#
# The closing line is `N passed, N failed`, with `, N skipped` where anything was.
passed=0
failed=0
skipped=0

ok() {
    passed=$((passed + 1))
    echo "ok $1"
}

bad() {
    failed=$((failed + 1))
    echo "FAILED $1: $2"
    [ -z "${3-}" ] || sed 's/^/    /' "$3"
}

skip() {
    skipped=$((skipped + 1))
    echo "skipped $1: $2"
}

closing_line() {
    printf '%s passed, %s failed' "$passed" "$failed"
    [ "$skipped" = 0 ] || printf ', %s skipped' "$skipped"
    echo
}

# A script that has tested nothing has not passed.
finish() {
    closing_line
    [ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
    exit
}

# skip_rest "what it is" WHY: ends the script there.
skip_rest() {
    skip "$@"
    finish
}

# Whether kubectl is here and can write its configuration: Debian 12's ends with a panic. If not, says why.
can_kubectl() {
    kubectl_file=$(mktemp -u)
    kubectl_why='kubectl is not installed'
    command -v kubectl >/dev/null || return 1
    kubectl_why='kubectl cannot write its configuration here'
    kubectl config set-credentials a --username=a --kubeconfig "$kubectl_file" >/dev/null 2>&1
    kubectl_status=$?
    rm -f "$kubectl_file"
    return "$kubectl_status"
}

# await [SECONDS] COMMAND...: until it succeeds, ten seconds at most or those given. The files it looks
# at come without an event that a shell could wait for.
await() {
    case $1 in
    *[!0-9]*) await_limit=10 ;;
    *) await_limit=$1 && shift ;;
    esac
    await_limit=$(($(date +%s) + await_limit))
    until "$@"; do
        [ "$(date +%s)" -le "$await_limit" ] || return 1
        sleep 0.02
    done
}

# serve_issuer FOLDER NAME [option of `serve`]...: a server for that folder, whose log is
# $scratch/NAME.log. It has begun to listen when this returns with $url and $issuer_pid set; the pid is
# in $issuer_pids, too, for stop_issuers.
issuer_pids=
serve_issuer() {
    issuer_folder=$1
    issuer_name=$2
    shift 2
    rm -f "$scratch/$issuer_name.ready"
    mkfifo "$scratch/$issuer_name.ready"
    "$issuer" serve "$issuer_folder" "$@" >"$scratch/$issuer_name.ready" 2>"$scratch/$issuer_name.log" &
    issuer_pid=$!
    issuer_pids="$issuer_pids $issuer_pid"
    read -r word url <"$scratch/$issuer_name.ready"
    [ "$word" = ready ] || {
        echo "the issuer does not start: $(cat "$scratch/$issuer_name.log")" >&2
        exit 1
    }
}

stop_issuers() {
    for issuer_pid in $issuer_pids; do
        kill "$issuer_pid" 2>/dev/null && wait "$issuer_pid" 2>/dev/null
    done
    issuer_pids=
}

# ---- what this environment can do

is_root() { [ "$(id -u)" = 0 ]; }
# Its own mounts: root, and nothing that refuses it.
can_mount() { unshare --mount --propagation private mount -t tmpfs none /mnt 2>/dev/null; }
# A process and network namespace of its own, with mounts, as tests/e2e needs.
can_leave_host() {
    unshare --mount --net --pid --fork --mount-proc --propagation private mount -t tmpfs none /mnt 2>/dev/null
}
# Whether root can look into a process that does not want it: CAP_SYS_PTRACE, bit 19.
can_look_inside() {
    [ $((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> 19 & 1)) = 1 ]
}
# With want_mounts=yes in front of this file, a script starts again with mounts of its own, where they can
# be had; has_mounts says whether they were.
has_mounts() { [ "${OWN_MOUNTS-no}" = yes ]; }
if [ "${want_mounts-no}" = yes ] && ! has_mounts && can_mount; then
    OWN_MOUNTS=yes exec unshare --mount --propagation private sh "$0" "$@"
fi
