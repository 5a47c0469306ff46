#!/bin/sh
# Keys that can and cannot be used, an environment that has no effect, and what the process may do.
# Usage: sh test-keys.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/worker/lib.sh
. "$(dirname "$0")/lib.sh"

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
disagree|78|configured|0|.key_id = "another"
revoked|77|HTTP 403|1|.key_file = $dir + "/revoked"
nothing-on-fd|66|empty|0|del(.key_file) | .key_on_fd = true
ROWS
if is_root; then
    cp "$dir/key.json" "$dir/foreign" && chmod 600 "$dir/foreign" && chown 65534 "$dir/foreign"
    rows <<'ROWS'
foreign|78|chown|0|.key_file = $dir + "/foreign"
ROWS
else
    skip foreign 'only root can give files away'
fi
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

asked_again() { [ "$(requests)" -gt "$before" ]; }
# hanging: starts a worker that waits for an answer, as a child of a shell, and sets $parent, $child.
hanging() {
    before=$(requests)
    jq -c --arg url "$url/fault/hang$token_path" '.token_url = $url | .timeout_ms = 60000' "$dir/job" \
        >"$dir/hang-job"
    sh -c '"$1" <"$dir/hang-job" >/dev/null & echo $! >"$dir/child"; wait' sh "$worker" 2>/dev/null &
    parent=$!
    pids="$pids $parent"
    await 60 asked_again
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

finish
