#!/bin/sh
# Runs the worker by itself, with jobs in JSON, against the local issuer: every way in which an
# endpoint or a key file can be wrong, one table line each.
# usage: test-worker.sh PREFIX ISSUER BUILD
set -u

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

requests() {
    wc -l <"$log"
}

# is_sound: what holds for every answer: one line of JSON with one member, and the key nowhere. Sets
# $code, the exit code that the answer tells.
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
    elif [ "$took" -gt $((timeout + 1500)) ]; then
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
start_server --cert wronghost && wronghost=$url
start_server --cert expired && expired=$url
start_server --cert untrusted && untrusted=$url
start_server --expiry-unit minutes && minutes=$url
start_server --http && http=$url
start_server

jq -n --arg dir "$dir" --arg url "$url$token_path" '{
    job: "token", key_on_fd: false, key_file: ($dir + "/key.json"), token_url: $url,
    ca_file: ($dir + "/i/ca.pem"), allow_http: false, expiry_in_minutes: false,
    verify_signature: true, timeout_ms: 8000, scopes: ["user_management"], lifetime: 3600,
    debug: false}' >"$dir/job"
pin=$(cat "$dir/i/server.pin")
export wronghost expired untrusted minutes http pin

echo '# right answers'
rows <<'ROWS'
plain|0|"grant"|1|.
two-scopes|0|"scopes":["a","b"]|1|.scopes = ["a", "b"]
right-pin|0|"grant"|1|.pinned_public_key = $ENV.pin
flaky-503|0|"grant"|2|.token_url = $url + "/fault/flaky-503" + $path
http-loopback|0|"grant"|1|.token_url = $ENV.http + $path | .allow_http = true
http-loopback-no-proxy|0|"grant"|1|.token_url = $ENV.http + $path | .allow_http = true | .proxy = "http://127.0.0.1:1"
minutes-unit|0|"grant"|1|.token_url = $ENV.minutes + $path | .expiry_in_minutes = true
no_proxy|0|"grant"|1|.proxy = "http://127.0.0.1:1" | .no_proxy = "localhost"
ROWS
faults <<'ROWS'
aud-array|0|"grant"|1
aud-spaces|0|"scopes":["a","b"]|1|.scopes = ["a", "b"]
set-cookie|0|"grant"|1
slow-200ms|0|"grant"|1
no-date|0|"grant"|1
flaky-503-2|0|"grant"|3
foreign-key|0|"grant"|1|.verify_signature = false
ROWS

echo '# lives'
row life '.' 0 grant 1
check 'life is exp less Date' grant '.life >= 3590 and .life <= 3600 and .age <= 1'
for fault in date-ahead-2h date-behind-2h; do
    row $fault ".token_url = \$url + \"/fault/$fault\" + \$path" 0 grant 1
    check "$fault: life" grant '.life >= 3590 and .life <= 3600 and .age <= 1'
done
row iat-old '.token_url = $url + "/fault/iat-old" + $path' 0 grant 1
check 'iat-old: age' grant '.age >= 1000 and .age <= 1002 and .life >= 3590 and .life <= 3600'
row minutes '.token_url = $ENV.minutes + $path | .expiry_in_minutes = true | .lifetime = 150' 0 grant 1
check 'minutes: 150 s ask for 2 minutes' grant '.life >= 115 and .life <= 120'
row short-minutes '.token_url = $ENV.minutes + $path | .expiry_in_minutes = true | .lifetime = 5' 0 grant 1
check 'minutes: 5 s ask for 1 minute' grant '.life >= 55 and .life <= 60'
row slow-3s '.token_url = $url + "/fault/slow-3s" + $path' 0 grant 1
check 'a slow answer: counted from before the request' grant '.life <= 3597 and .life >= 3590 and .age >= 3'
row slow-1s '.token_url = $url + "/fault/slow-1s" + $path | .lifetime = 1' 76 expired 1
row identity '.' 0 grant 1
check 'grant names key and response' grant ".key_id == \"$id\" and (.response_id | length) == 36 and .scopes == [\"user_management\"]"

# What others can write decides which server gets the key.
install -m 620 "$dir/i/ca.pem" "$dir/open.pem"
: >"$dir/none.pem"
echo '# not reachable, not to be trusted, not in time'
rows <<'ROWS'
refused|69|localhost: cannot be reached|0|.token_url = "https://localhost:1/"
unknown-host|69|cannot be found|0|.token_url = "https://no-such-host.invalid/"
proxy-refused|69|localhost: the proxy 127.0.0.1:1 cannot be reached: check proxy|0|.proxy = "http://127.0.0.1:1"
proxy-of-a-variable|69|the proxy 127.0.0.1:1 cannot be reached: check https_proxy|0|.proxy = "127.0.0.1:1" | .proxy_variable = "https_proxy"
proxy-unknown|69|the proxy no-such-proxy.invalid:3128 cannot be found|0|.proxy = "http://no-such-proxy.invalid:3128"
proxy-refuses|69|refused to connect (HTTP 4|1|.proxy = $ENV.http
proxy-untrusted|69|cannot be trusted: its TLS certificate could not be verified: check proxy|0|.proxy = $url
proxy-does-not-speak-tls|69|does not speak TLS|0|.proxy = ($ENV.http | sub("http:"; "https:"))
proxy-not-for-this-host|69|localhost: TLS: the server's certificate could not be verified|0|.proxy = $url | .no_proxy = "localhost" | .token_url = $ENV.untrusted + $path
no-proxy-and-refused|69|localhost: cannot be reached|0|.proxy = "http://127.0.0.1:2" | .no_proxy = "localhost" | .token_url = "https://localhost:1/"
no-proxy-for-another|69|the proxy 127.0.0.1:1 cannot be reached|0|.proxy = "http://127.0.0.1:1" | .no_proxy = "example.com"
wrong-ca|69|TLS|0|.ca_file = $dir + "/i/other-ca.pem"
system-ca|69|TLS|0|del(.ca_file)
wrong-certificate|69|TLS|0|.token_url = $ENV.untrusted + $path
wrong-host-name|69|TLS|0|.token_url = $ENV.wronghost + $path
expired-certificate|69|expired|0|.token_url = $ENV.expired + $path
wrong-pin|69|pinned|0|.pinned_public_key = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
pin-is-no-pin|78|sha256//|0|.pinned_public_key = $dir + "/i/server.pin"
ca-file-missing|78|ca_file: |0|.ca_file = $dir + "/missing.pem"
ca-file-empty|78|ca_file: /dev/null is not a regular file|0|.ca_file = "/dev/null"
ca-file-of-nothing|78|is empty|0|.ca_file = $dir + "/none.pem"
ca-file-junk|78|ca_file cannot be used|0|.ca_file = $dir + "/key-lines"
ca-file-open|78|writable by group or others (mode 0620): chmod go-w|0|.ca_file = $dir + "/open.pem"
http-not-allowed|78|plain http|0|.token_url = $ENV.http + $path
http-not-loopback|78|plain http|0|.allow_http = true | .token_url = "http://192.0.2.1/"
https-spoken-to-http|69|TLS|0|.token_url = ($ENV.http | sub("http:"; "https:")) + $path
ftp|78|not https|0|.token_url = "ftp://localhost/"
file-url|78|token_url|0|.token_url = "file:///etc/passwd"
no-url|78|token_url|0|.token_url = "://"
user-in-url|78|has a user name in it|0|.token_url = "https://me:secret@localhost/"
ROWS
faults <<'ROWS'
hang|69|timeout|1|.timeout_ms = 700
drip|69|timeout|1|.timeout_ms = 1200
slow-3s|69|timeout|1|.timeout_ms = 700
cut|69|connection broke|1
reset|69|connection broke|1
e429|69|HTTP 429|4
e429-retry-after|69|HTTP 429|4
e429-retry-long|69|HTTP 429|1
e500|69|HTTP 500|4
e503|69|response_id|4
ROWS
# The password of a proxy is not shown, also where libcurl takes a part of it for the host.
for proxy in 'http://alice:s3cret@127.0.0.1:1' 'http://alice:s3@cret@127.0.0.1:1' \
    'http://alice:s3#cret@127.0.0.1:1' 'http://alice:s3cret@no-such-proxy.invalid:1'; do
    row "proxy $proxy" ".proxy = \"$proxy\"" 69 'check proxy' 0
    check "proxy $proxy: no password" sh -c '! printf %s "$1" | grep -q -e s3 -e cret' sh "$answer"
done
# The limit of row() would let the whole timeout pass; here it must end at once.
row retry-long-at-once '.token_url = $url + "/fault/e429-retry-long" + $path' 69 429 1
check 'Retry-After beyond the deadline ends it at once' [ "$took" -lt 1500 ]
row retry-after '.token_url = $url + "/fault/e429-retry-after" + $path' 69 429 4
check 'Retry-After is waited for' [ "$took" -ge 3000 ]
row retry-cut-short '.token_url = $url + "/fault/e429-retry-after" + $path | .timeout_ms = 2900' 69 429 3
row refused-debug '.token_url = "https://localhost:1/" | .debug = true' 69 reached 0
check 'a refused connection is tried four times' grep -q 'attempt 4 of 4' "$dir/err"

echo '# refusals'
faults <<'ROWS'
e400|77|HTTP 400|1
e401|77|is not revoked|1
e403|77|HTTP 403|1
e404|77|HTTP 404|1
e418|77|HTTP 418|1
error-text|77|HTTP 403: |1
echo-key|77|(message withheld: it quotes a secret)|1
message-token|77|(message withheld: it quotes a secret)|1
message-control|77|HTTP 403: |1
message-long|77|HTTP 403: |1
ROWS
row e401 '.token_url = $url + "/fault/e401" + $path' 77 "$id" 1
check 'refusal tells status and response_id' \
    jq -e '.error.http_status == 401 and (.error.response_id | length) == 36' <<EOT
$answer
EOT
row message-control '.token_url = $url + "/fault/message-control" + $path' 77 403 1
check 'no control or bidi character is left' jq -e '.error.text |
    (test("[\\x00-\\x1f\\x7f-\\x9f\\x{061c}\\x{200b}-\\x{200f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]") | not)' <<EOT
$answer
EOT
row message-long '.token_url = $url + "/fault/message-long" + $path' 77 403 1
check 'a long message is cut' [ "$(printf '%s' "$answer" | wc -c)" -lt 600 ]

echo '# answers that are no token'
faults <<'ROWS'
redirect-301|76|redirects|1
redirect-302|76|redirects|1
redirect-307|76|redirects|1
redirect-308|76|redirects|1
html|76|not valid JSON|1
empty|76|empty|1
empty-object|76|holds no token|1
truncated-json|76|not valid JSON|1
trailing-json|76|not valid JSON|1
dup-key-json|76|one key twice|1
nested|76|larger than|1
big-body|76|larger than 65536 bytes|1
endless|76|larger than 65536 bytes|1
no-token|76|holds no token|1
token-null|76|holds no token|1
token-number|76|holds no token|1
token-object|76|holds no token|1
token-empty|76|three parts|1
token-newline|76|base64url|1
token-cr|76|base64url|1
token-nul|76|not valid JSON|1
token-two-parts|76|three parts|1
token-four-parts|76|three parts|1
token-padded|76|base64url|1
token-plain-base64|76|base64url|1
expired|76|has expired|1
exp-before-iat|76|exp is not after its iat|1
no-exp|76|exp is missing|1
no-iat|76|iat is missing|1
exp-string|76|exp is missing|1
exp-float|76|exp is missing|1
too-long|76|expiry_unit|1
minutes|76|expiry_unit|1
wrong-aud|76|aud lacks a scope|1
no-aud|76|aud|1
aud-number|76|aud|1
aud-prefix|76|aud lacks a scope|1
wrong-iss|76|iss is not ThriveStack|1
no-iss|76|iss|1
wrong-id|76|another key|1
no-id|76|key id|1
alg-none|76|three parts|1
alg-hs256|76|alg is not RS256|1
alg-rs512|76|alg is not RS256|1
foreign-key|76|not by this key|1
bad-signature|76|not by this key|1
ROWS
row minutes-of-a-day '.token_url = $ENV.minutes + $path' 76 expiry_unit 1
row expired-id '.token_url = $url + "/fault/expired" + $path' 76 '(response_id ' 1
check 'a redirect is never followed' [ "$(grep -c /stolen "$log")" = 0 ]
check 'no cookie is ever sent' [ "$(grep -c '"cookie":true' "$log")" = 0 ]

echo '# keys'
mkdir "$dir/folder"
mkfifo -m 600 "$dir/fifo"
touch "$dir/empty" && chmod 600 "$dir/empty"
(umask 077 && truncate -s 64M "$dir/huge" && echo hello >"$dir/junk" &&
    jq -c 'del(.key_id)' "$dir/key.json" >"$dir/no-id" &&
    jq -c 'del(.private_key)' "$dir/key.json" >"$dir/no-key")
"$issuer" key new "$dir/i" --ec --out "$dir/ec" >/dev/null
"$issuer" key new "$dir/i" --pkcs8 --out "$dir/pkcs8" >/dev/null
cp "$dir/key.json" "$dir/open" && chmod 640 "$dir/open"
cp "$dir/key.json" "$dir/foreign" && chmod 600 "$dir/foreign" && chown 65534 "$dir/foreign"
ln -s key.json "$dir/link"
revoked=$("$issuer" key new "$dir/i" --out "$dir/revoked") && "$issuer" key revoke "$dir/i" "$revoked"
export id
rows <<'ROWS'
link|0|grant|1|.key_file = $dir + "/link"
pkcs8|0|grant|1|.key_file = $dir + "/pkcs8"
pem|0|grant|1|.key_file = $dir + "/key.json.pem" | .key_id = $ENV.id
pem-without-id|66|key_id|0|.key_file = $dir + "/key.json.pem"
missing|66|/none does not exist|0|.key_file = $dir + "/none"
folder|66|not a regular file|0|.key_file = $dir + "/folder"
fifo|66|not a regular file|0|.key_file = $dir + "/fifo"
empty|66|/empty is empty|0|.key_file = $dir + "/empty"
junk|66|neither JSON nor PEM|0|.key_file = $dir + "/junk"
huge|66|larger than 65536|0|.key_file = $dir + "/huge"
no-key-id|66|key_id|0|.key_file = $dir + "/no-id"
no-private-key|66|private_key|0|.key_file = $dir + "/no-key"
ec|66|EC key|0|.key_file = $dir + "/ec"
open|78|chmod go=|0|.key_file = $dir + "/open"
foreign|78|chown|0|.key_file = $dir + "/foreign"
disagree|78|configured|0|.key_id = "another"
revoked|77|HTTP 403|1|.key_file = $dir + "/revoked"
nothing-on-fd|66|empty|0|del(.key_file) | .key_on_fd = true
ROWS
key_fd=$dir/key.json
row key-on-fd 'del(.key_file) | .key_on_fd = true' 0 grant 1
key_fd=$dir/huge
row huge-on-fd 'del(.key_file) | .key_on_fd = true' 66 'more than 65536' 0
key_fd=
exec 9<>"$dir/fifo"
key_fd=/dev/fd/9
row silent-fd 'del(.key_file) | .key_on_fd = true | .timeout_ms = 500' 66 'within the timeout' 0
key_fd=
exec 9<&-
row key-info '.job = "key"' 0 '"rotation_days":90' 0
check 'key info' jq -e --arg id "$id" '.key | .key_id == $id and .name == "Ann" and .bits == 2048 and
    .expiry == "2031-05-06" and .expires == 1935878399 and .created > 0' <<EOT
$answer
EOT
printf '%s' "$answer" | jq -r .key.public_key >"$dir/public"
check 'key info holds the public half' diff -B "$dir/public" "$dir/key.json.pub.pem"

echo '# the environment has no effect'
printf 'openssl_conf = broken\n[broken]\nssl_conf = none\n' >"$dir/openssl.cnf"
hostile() {
    run "$1" env SSLKEYLOGFILE="$dir/keylog" SSL_CERT_FILE="$dir/i/ca.pem" \
        SSL_CERT_DIR="$dir" CURL_CA_BUNDLE="$dir/i/ca.pem" OPENSSL_CONF="$dir/openssl.cnf" \
        https_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1 \
        HOME="$dir" CURL_HOME="$dir"
}
printf 'machine localhost login mallory password x\n' >"$dir/.netrc"
hostile "$(jq -c . "$dir/job")"
check 'hostile environment: a grant' is_sound
check 'hostile environment: a grant' grant '.life > 0'
hostile "$(jq -c 'del(.ca_file)' "$dir/job")"
check 'hostile environment: its CA is not trusted' jq -e '.error.exit_code == 69' <<EOT
$answer
EOT
check 'hostile environment: no key log' [ ! -e "$dir/keylog" ]
SSLKEYLOGFILE=$dir/control curl -s --cacert "$dir/i/ca.pem" "$url/" >/dev/null
check 'control: curl does write a key log' [ -s "$dir/control" ]

echo '# the process'
exits() {
    wanted=$1
    shift
    "$@" >"$dir/out" 2>"$dir/err" </dev/null
    got=$?
    [ "$got" = "$wanted" ] || { echo "exit $got instead of $wanted: $(cat "$dir/err")"; return 1; }
}
check 'no job' exits 64 "$worker"
check 'an argument' exits 64 "$worker" token
check '--help' exits 0 "$worker" --help
check '--version' exits 0 "$worker" --version
check 'version line' grep -qE '^thrivestack-worker [0-9.]+$' "$dir/out"
for filter in '.job = "steal"' 'del(.job)' '.extra = 1' '.timeout_ms = 0' '.lifetime = 86401' \
    '.scopes = []' '.scopes = ["a b"]' 'del(.key_file)' '.key_on_fd = true' 'del(.token_url)' \
    '.scopes = "a"' '.debug = 1'; do
    run "$(jq -c "$filter" "$dir/job")"
    check "job with $filter" [ "$status,$answer" = 64, ]
done
run "$(printf '%70000s' ' ')$(cat "$dir/job")"
check 'a job too large' [ "$status,$answer" = 64, ]
check 'stdout full' exits 74 sh -c '"$1" <"$dir/job" >/dev/full' sh "$worker"
check 'stdout closed' exits 74 sh -c '"$1" <"$dir/job" >&-' sh "$worker"

# hanging: starts a worker that waits for an answer, as a child of a shell, and sets $parent, $child.
hanging() {
    before=$(requests)
    jq -c --arg url "$url/fault/hang$token_path" '.token_url = $url | .timeout_ms = 60000' "$dir/job" \
        >"$dir/hang-job"
    sh -c '"$1" <"$dir/hang-job" >/dev/null & echo $! >"$dir/child"; wait' sh "$worker" 2>/dev/null &
    parent=$!
    pids="$pids $parent"
    while [ "$(requests)" = "$before" ] && kill -0 "$parent"; do :; done
    child=$(cat "$dir/child")
}
hanging
check 'no new privileges' grep -q '^NoNewPrivs:.1' "/proc/$child/status"
check 'no core' grep -qE '^Max core file size +0 +0' "/proc/$child/limits"
# Not where the build counts its lines (tests/coverage), which ends with files.
if nm "$worker" 2>/dev/null | grep -q ' __gcov_dump$'; then
    skip 'no files of its own' 'this build counts its lines'
else
    check 'no files of its own' grep -qE '^Max file size +0 +0' "/proc/$child/limits"
fi
check 'few descriptors' grep -qE '^Max open files +64 ' "/proc/$child/limits"
check 'not dumpable' [ "$(stat -c %u "/proc/$child/mem")" = 0 ]
kill -9 "$parent"
check 'it dies with its parent' timeout 10 tail --pid="$child" -f /dev/null
readelf -d "$worker" >"$dir/elf"
check 'it links libcurl' grep -q 'NEEDED.*libcurl' "$dir/elf"
check 'full RELRO' grep -q -e BIND_NOW -e 'FLAGS_1.*NOW' "$dir/elf"

echo '# the prover'
run "$(cat "$dir/job")"
token=$(printf '%s' "$answer" | jq -r .grant.token)
worker=$1/libexec/thrivestack/thrivestack-prover
jq -c --arg token "$token" '. + {job: "prove", host: "build.example.com", token: $token}' "$dir/job" >"$dir/prove"
before=$(requests)
run "$(cat "$dir/prove")"
check 'it signs a proof for a token' \
    sh -c 'printf "%s" "$0" | jq -e ".proof.proof | test(\"^[^.]+[.][^.]+[.][^.]+$\")"' "$answer"
check 'and asks nobody' [ "$(requests)" = "$before" ]
for filter in '.job = "token" | del(.host, .token)' '.job = "key" | del(.host, .token)' '.token = ""'; do
    run "$(jq -c "$filter" "$dir/prove")"
    check "it does nothing else: $filter" [ "$(printf '%s' "$answer" | jq .error.exit_code)" = 64 ]
done
check 'and still asks nobody' [ "$(requests)" = "$before" ]
check 'its version' sh -c '"$0" --version | grep -qE "^thrivestack-prover [0-9.]+$"' "$worker"
readelf -d "$worker" >"$dir/elf"
check 'it does not link libcurl' sh -c '! grep -q "NEEDED.*libcurl" "$0"' "$dir/elf"
check 'full RELRO of the prover' grep -q -e BIND_NOW -e 'FLAGS_1.*NOW' "$dir/elf"
check 'it cannot be read' [ "$(stat -c %a "$worker")" = 711 ]

finish
