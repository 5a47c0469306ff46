#!/bin/sh
# `api_key_file`: a private API key, a secret that has no tokens. usage: test-api-key.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

secret=tsk_0123456789abcdefABCDEF
file=$dir/api.key
profile() {
    cat >"$dir/conf" <<END
[profile default]
api_key_file = $file
[host git.example.com]
profile = default
username = alice
[host bearer.example.com]
profile = default
auth = bearer
[host unnamed.example.com]
username = alice
[host bound.example.com]
profile = default
bound = yes
[host ssh.example.com]
profile = default
askpass = yes
END
}
put() {
    # shellcheck disable=SC2059 # The escapes in it are wanted.
    printf "$1" >"$file"
    chmod 600 "$file"
}
profile
put "$secret\n"
count_from_here

run helper token
check "token prints the key" out_is "$secret"
run helper token --header
check "--header has the scheme Token" out_is "Authorization: Token $secret"
run helper token --out "$dir/written"
check "--out writes it" [ "$(cat "$dir/written")" = "$secret" ]
check "for its owner alone" [ "$(stat -c %a "$dir/written")" = 600 ]
for option in --fresh --json --scope=x --lifetime=1h --min-valid=1m --for=git.example.com; do
    run helper token "$option"
    refused_saying "no $option" 64 "profile default: ${option%=*} does not go with 'api_key_file'"
done

# --- hosts
ask_git() { run_with "protocol=https\nhost=$1\n\n" helper git get; }
ask_git git.example.com
check "git: a host whose section names the profile" out_is "username=alice
password=$secret"
run_with "capability[]=authtype\nprotocol=https\nhost=bearer.example.com\n\n" helper git get
check "git: the scheme Token" out_has 'authtype=Token'
check "and no expiry" sh -c "! grep -q expiry $dir/out"
run helper token --host git.example.com
check "token for that host" out_is "$secret"
for host in unnamed bound; do
    ask_git $host.example.com
    check "git: not for [host $host]" [ "$status $(cat "$dir/out")" = '78 quit=1' ]
    run_with $host.example.com helper docker get
    check "docker: not for [host $host]" [ "$status" = 1 ]
    check "docker: and says why" out_has 'private API key'
    check "docker: and never the key" sh -c "! grep -q $secret $dir/out"
done
run_with git.example.com helper docker get
check "docker: a host whose section names the profile" [ "$(jq -r .Secret "$dir/out")" = "$secret" ]
run helper --profile default token --host unnamed.example.com
refused_saying "--profile is no section" 78 '[host unnamed.example.com]'
for operation in store erase; do
    run_with "protocol=https\nhost=git.example.com\nusername=alice\npassword=$secret\n\n" helper git $operation
    check "git $operation" silent
done
run_with git.example.com helper docker erase
check "docker erase" silent
run helper askpass '(alice@ssh.example.com) ThriveStack token: '
refused_saying "askpass: a prompt for a token" 78 'no key for tokens'
for command in 'npm' 'key check' 'key public' 'key export' 'run -- true'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run helper $command
    check "no key for tokens: $command" [ "$status" = 78 ]
    check "never the key: $command" sh -c "! grep -q $secret $dir/out $dir/err"
done
run helper forget
check "forget has nothing to drop" silent
check "all of that without the endpoint" asked 0
check "and without the cache" [ -z "$(ls -A "$dir/cache")" ]

# --- people
run helper status
check "status names the file" out_has "$file"
check "status says neither scopes nor tokens" sh -c "! grep -Eq 'scopes|token' $dir/out"
run helper status --json
check "status --json" [ "$(jq -r '.profiles[0].key | .api_key_file + " " + (.error // "-")' "$dir/out")" = "$file -" ]
check "status: never the key" sh -c "! grep -q $secret $dir/out"
printf '[profile default]\napi_key_file = %s\n' "$file" >"$dir/conf"
run helper doctor
check "doctor: a private API key" out_has 'a private API key, from'
check "doctor: no endpoint, no scopes" sh -c "! grep -Eq 'endpoint|scopes' $dir/out"

# --- the file
wrong() {
    run helper token
    refused_saying "$1" "$2" "$3"
    check "$1: never the key" sh -c "! grep -q tsk_ $dir/err"
    run helper doctor
    check "doctor: $1" out_has "$3"
}
chmod 640 "$file"
wrong "readable by the group" 78 'chmod'
run helper status --json
check "status: and why it cannot be used" sh -c "jq -r '.profiles[0].key.error' $dir/out | grep -q chmod"
mkfifo "$dir/fifo"
rm "$file"
wrong "missing" 66 "$file"
ln -s "$dir/fifo" "$file"
wrong "a FIFO behind a link" 66 "$file"
rm "$file"
put ''
wrong "empty" 66 'empty'
put '\n'
wrong "only a newline" 66 'empty'
put 'tsk_a\ntsk_b\n'
wrong "two lines" 66 'one line'
put 'tsk_a b\n'
wrong "a blank" 66 'one line'
put 'tsk_\0003\n'
wrong "NUL" 66 'one line'
put 'tsk_\303\244\n'
wrong "not ASCII" 66 'one line'
cp "$dir/key.json" "$file"
wrong "a key pair" 66 'name it with key_file'
head -c 5000 /dev/zero | tr '\0' x >"$file"
wrong "5000 characters" 66 'longer than 4096'
head -c 70000 /dev/zero | tr '\0' x >"$file"
wrong "over 64 KiB" 66 "$file"
head -c 4096 /dev/zero | tr '\0' x >"$file"
run helper token
check "4096 characters" [ "$(wc -c <"$dir/out")" = 4097 ]
put "$secret\r\n"
check "with a CR before its newline" [ "$(helper token)" = "$secret" ]
put "$secret"
check "without a newline" [ "$(helper token)" = "$secret" ]
mv "$file" "$dir/elsewhere" && ln -s "$dir/elsewhere" "$file"
check "a link is followed" [ "$(helper token)" = "$secret" ]
if is_root; then
    chown 12345 "$dir/elsewhere"
    run helper token
    refused "another user's file" 78
    chown 0:65534 "$dir/elsewhere" && chmod 440 "$dir/elsewhere"
    mkdir -m 755 "$dir/credentials" && cp -p "$dir/elsewhere" "$dir/credentials/api"
    chmod 440 "$dir/credentials/api"
    printf '[profile default]\napi_key_file = %s\n' "$dir/credentials/api" >"$dir/conf"
    chmod 644 "$dir/conf"
    extra="CREDENTIALS_DIRECTORY=$dir/credentials"
    run helper token
    check "root's 0440 in CREDENTIALS_DIRECTORY" out_is "$secret"
    extra=
else
    skip "owners of the file" 'needs root'
fi

# --- the configuration
for other in "key_file = $dir/key.json" 'key_command = true'; do
    printf '[profile default]\napi_key_file = %s\n%s\n' "$file" "$other" >"$dir/conf"
    run helper token
    refused_saying "beside ${other%% *}" 78 'only one of them'
done
printf '[profile default]\napi_key_file = %s\nscopes = a\n' "$file" >"$dir/conf"
extra="THRIVESTACK_KEY_FILE=$dir/key.json THRIVESTACK_TOKEN_URL=$url/api/user/token THRIVESTACK_CA_FILE=$dir/issuer/ca.pem"
run helper token
check "THRIVESTACK_KEY_FILE is in place of it" prints_token
extra=
finish
