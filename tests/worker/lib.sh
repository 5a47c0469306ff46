# shellcheck shell=sh disable=SC2034,SC2119,SC2120,SC2154 # Its users use and set what looks unused or unset.
# Sourced by the scripts here. They are called with three arguments: the prefix that the project is
# installed to, the issuer, and the build folder (not used). They run the worker by itself, with jobs in
# JSON, against the local issuer: one table line for each way in which something can be wrong.

worker=$1/libexec/thrivestack/thrivestack-worker
issuer=$2
dir=$(mktemp -d)
pids=
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
scratch=$dir

clean_up() {
    for pid in $pids $issuer_pids; do
        kill "$pid" 2>/dev/null
    done
    rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP PIPE

token_path=/api/user/token
log=$dir/i/requests.log
export dir

# check NAME COMMAND...: the command must succeed.
check() {
    name=$1
    shift
    if "$@" >"$dir/check" 2>&1; then ok "$name"; else bad "$name" "$(head -c 300 "$dir/check")"; fi
}

# start_server [options of serve]: sets $url.
start_server() {
    serve_issuer "$dir/i" server "$@"
}

# run JOB [command before the worker]: sets $status, $answer, $took (ms); stderr is in $dir/err.
run() {
    job=$1
    shift
    begin=$(date +%s%3N)
    answer=$(printf '%s' "$job" | "$@" "$worker" 2>"$dir/err" 3<"${key_fd:-/dev/null}")
    status=$?
    took=$(($(date +%s%3N) - begin))
}

between() { [ "$1" -le "$2" ] && [ "$2" -le "$3" ]; }

requests() {
    wc -l <"$log"
}

# is_sound: what holds for every answer: one line of JSON with one member, and the key nowhere. Sets
# $code, the exit code in the answer.
is_sound() {
    if [ "$status" != 0 ]; then
        problem="exit status $status: $(cat "$dir/err")"
        return 1
    fi
    code=$(printf '%s' "$answer" |
        jq -r 'if length == 1 then .error.exit_code // 0 else error("too much") end' 2>&1) || {
        problem="not an answer: $answer"
        return 1
    }
    if printf '%s' "$answer" | grep -q -F -f "$dir/key-lines" || grep -q -e PRIVATE -e eyJ "$dir/err"; then
        problem="a secret is in answer or stderr"
        return 1
    fi
}

# row NAME FILTER CODE FRAGMENT COUNT: the filter makes the job out of the base job. The answer has
# that exit code (0: a grant), holds that text, and cost that many requests ("-": any number).
row() {
    before=$(requests)
    jq -c --arg url "$url" --arg path "$token_path" --arg dir "$dir" "$2 | ., .timeout_ms" \
        "$dir/job" >"$dir/job-and-timeout"
    { read -r job && read -r timeout; } <"$dir/job-and-timeout"
    run "$job"
    count=$(($(requests) - before))
    if ! is_sound; then
        bad "$1" "$problem"
    elif [ "$code" != "$3" ]; then
        bad "$1" "code $code instead of $3: $answer"
    elif ! printf '%s' "$answer" | grep -q -F -e "$4"; then
        bad "$1" "no '$4' in $answer"
    elif [ "$5" != - ] && [ "$count" != "$5" ]; then
        bad "$1" "$count requests instead of $5"
    elif [ "$took" -gt $((timeout + 5000)) ]; then
        bad "$1" "took $took ms"
    else
        ok "$1"
    fi
}

# faults: rows NAME|CODE|FRAGMENT|COUNT[|FILTER] of the issuer's faults, from stdin.
faults() {
    while IFS='|' read -r name code fragment count filter; do
        row "$name" ".token_url = \$url + \"/fault/$name\" + \$path ${filter:+| $filter}" \
            "$code" "$fragment" "$count"
    done
}

# rows: rows NAME|CODE|FRAGMENT|COUNT|FILTER, from stdin.
rows() {
    while IFS='|' read -r name code fragment count filter; do
        row "$name" "$filter" "$code" "$fragment" "$count"
    done
}

# grant FILTER: the last answer's grant has that property.
grant() {
    printf '%s' "$answer" | jq -e ".grant | $1" >/dev/null || { echo "$1: $answer"; return 1; }
}

"$issuer" init "$dir/i" || exit 1
touch "$log"
id=$("$issuer" key new "$dir/i" --out "$dir/key.json" --name 'Ann' --expires 2031-05-06 --rotation 90d)
grep -v -e BEGIN -e END "$dir/key.json.pem" >"$dir/key-lines"
start_server

jq -n --arg dir "$dir" --arg url "$url$token_path" '{
    job: "token", key_on_fd: false, key_file: ($dir + "/key.json"), token_url: $url,
    ca_file: ($dir + "/i/ca.pem"), allow_http: false, expiry_in_minutes: false,
    verify_signature: true, timeout_ms: 8000, scopes: ["user_management"], lifetime: 3600,
    debug: false}' >"$dir/job"
