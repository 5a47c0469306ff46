# shellcheck shell=sh disable=SC2034,SC2119,SC2120,SC2154 # The suites set and use what looks unused or unset.
# Shared by the helper's suites, which source it with their own arguments:
#   sh tests/helper/test-NAME.sh PREFIX ISSUER [BUILD]
# PREFIX is where the program is installed, ISSUER the thrivestack-issuer program.
#
#   run helper token          leaves $status, $dir/out and $dir/err behind
#   check "what it is" CONDITION...
#   refused "what it is" 66   $status, nothing on stdout, one line on stderr

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

prefix=$1
issuer=$2
bin=$prefix/bin
dir=$(mktemp -d "${TMPDIR:-/tmp}/helper.XXXXXX")
chmod 755 "$dir"
home=$dir/home
mkdir "$home" "$dir/cache"
chmod 700 "$dir/cache"
scratch=$dir
trap 'stop_issuers; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP PIPE

# serve NAME [options]: starts the issuer for $dir/issuer, and sets $url.
serve() {
    serve_issuer "$dir/issuer" "$@"
    last_issuer=$issuer_pid
}

# A program of ours in an environment that is built, not inherited. $extra holds VARIABLE=VALUE
# words more.
clean() {
    # shellcheck disable=SC2086 # A list of words is wanted here.
    env -i PATH="$bin:/usr/bin:/bin:/usr/sbin:/sbin" HOME="$home" LC_ALL=C \
        THRIVESTACK_CACHE_DIR="$dir/cache" ASAN_OPTIONS="${ASAN_OPTIONS-}" \
        UBSAN_OPTIONS="${UBSAN_OPTIONS-}" $extra "$@"
}
extra=

helper() {
    clean thrivestack-credential --config "$dir/conf" "$@"
}

# as_user UID COMMAND...: with the rights of that user, where root runs this; anybody else is who they are.
# LeakSanitizer would have to trace a process that does not let itself be traced.
as_user() {
    become="setpriv --reuid=$1 --regid=$1 --clear-groups"
    is_root || become=
    shift
    # shellcheck disable=SC2086 # A list of words is wanted here.
    ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" $become "$@"
}
# Runs with the rights of a user who is not root.
nobody() { as_user 65534 "$@"; }
# give UID FILE...: to the user whom as_user becomes; what anybody but root makes is theirs already.
give() {
    new_owner=$1
    shift
    ! is_root || chown -hR "$new_owner:$new_owner" "$@"
}

# conf [PATH-PREFIX]: a configuration whose token_url lies under that path (a fault's, say); what
# stands on stdin is added.
conf() {
    cat >"$dir/conf" <<END
[profile default]
key_file = $dir/key.json
token_url = $url${1-}/api/user/token
ca_file = $dir/issuer/ca.pem
scopes = user_management
timeout = 2s
END
    cat >>"$dir/conf"
}

forget_cache() {
    rm -rf "$dir/cache"
    mkdir -m 700 "$dir/cache"
}

run() {
    status=0
    "$@" >"$dir/out" 2>"$dir/err" || status=$?
}

# run_with TEXT COMMAND...: the text, as printf understands it, is its input.
run_with() {
    # shellcheck disable=SC2059 # The escapes in it are wanted.
    printf "$1" >"$dir/in"
    shift
    status=0
    "$@" <"$dir/in" >"$dir/out" 2>"$dir/err" || status=$?
}

check() {
    what=$1
    shift
    if "$@"; then
        ok "$what"
    else
        bad "$what" "status $status"
        cut -c 1-200 "$dir/out" | head -n 5 | sed 's/^/  out: /'
        cut -c 1-500 "$dir/err" | head -n 5 | sed 's/^/  err: /'
    fi
}

# A build that counts its lines (tests/coverage) writes files at the end of a process, or before it
# execs. A check of just such things is left out there, visibly.
check_uncounted() {
    if nm "$bin/thrivestack-credential" 2>/dev/null | grep -q ' __gcov_dump$'; then
        skip "$1" 'this build counts its lines'
    else
        check "$@"
    fi
}

succeeded() { [ "$status" = 0 ] && [ ! -s "$dir/err" ]; }
silent() { succeeded && [ ! -s "$dir/out" ]; }
one_line() { [ "$(wc -l <"$1")" = 1 ] && [ "$(wc -c <"$1")" -gt 10 ]; }
failed_with() { [ "$status" = "$1" ] && [ ! -s "$dir/out" ] && one_line "$dir/err"; }
# between LOW NUMBER HIGH
between() { [ "$1" -le "$2" ] && [ "$2" -le "$3" ]; }
# err_has / out_has TEXT: a fixed text.
err_has() { grep -qF -- "$1" "$dir/err"; }
out_has() { grep -qF -- "$1" "$dir/out"; }
out_is() { [ "$(cat "$dir/out")" = "$1" ]; }
is_token() { printf '%s\n' "$1" | grep -qE '^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$'; }
prints_token() { succeeded && one_line "$dir/out" && is_token "$(cat "$dir/out")"; }

refused() {
    check "$1" failed_with "$2"
}

# refused_saying WHAT CODE TEXT
refused_saying() {
    check "$1" failed_with "$2"
    check "$1, and says so" err_has "$3"
}

# How many requests the issuer has seen in all.
requests() {
    if [ -e "$dir/issuer/requests.log" ]; then
        wc -l <"$dir/issuer/requests.log"
    else
        echo 0
    fi
}

# asked COUNT: whether there were that many since the last `count_from_here`.
count_from_here() { requests_before=$(requests); }
asked() { [ $(($(requests) - requests_before)) = "$1" ]; }

for tool in jq curl strace setpriv git; do
    command -v "$tool" >/dev/null || {
        echo "$tool is needed" >&2
        exit 1
    }
done
"$issuer" init "$dir/issuer" || exit 1
key_id=$("$issuer" key new "$dir/issuer" --name laptop --rotation 90d --out "$dir/key.json") || exit 1
serve main
: | conf
