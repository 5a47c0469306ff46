#!/bin/sh
# Tokens that are bound to a host: `token --for`, and hosts with `bound = yes`.
# usage: test-bound.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

jq -r .private_key "$dir/key.json" >"$dir/key.pem"
openssl pkey -in "$dir/key.pem" -pubout -out "$dir/public.pem"
"$issuer" key new "$dir/issuer" --bits 4096 --out "$dir/long.json" >"$dir/long.id" || exit 1
hosts() {
    cat <<END
[host git.example.com]
username = alice
bound = yes
[host unbound.example.com]
username = alice
askpass = yes
[host bearer.example.com]
auth = bearer
bound = yes
[host *.wild.example.com:8443]
bound = yes
[host ssh.example.com]
askpass = yes
bound = yes
[host other.example.com]
askpass = yes
bound = yes
[host [2001:db8::1]]
askpass = yes
bound = yes
[host long.example.com]
profile = long
askpass = yes
bound = yes
[profile long]
key_file = $dir/long.json
token_url = $url/api/user/token
ca_file = $dir/issuer/ca.pem
scopes = user_management telemetry_apis a_third_scope_for_length
END
}
hosts | conf

base64url() { base64 -w 0 | tr '+/' '-_' | tr -d =; }
decode() { printf '%s' "$1" | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d; }
# part TEXT N: the Nth part of a JWT, decoded.
part() { decode "$(printf '%s' "$1" | cut -d. -f"$2")"; }
token_of() { printf '%s' "${1%%~*}"; }
proof_of() { printf '%s' "${1#*~}"; }
# binds TEXT HOST: TOKEN~PROOF, checked after RFC 9901 with openssl and jq, nothing of the product's.
binds() {
    bound=$1
    token=$(token_of "$bound")
    proof=$(proof_of "$bound")
    is_token "$token" && is_token "$proof" && [ "$bound" = "$token~$proof" ] || return 1
    [ "$(part "$proof" 1 | jq -cS .)" = "{\"alg\":\"RS256\",\"id\":\"${key:-$key_id}\",\"typ\":\"kb+jwt\"}" ] || return 1
    printf '%s' "${proof%.*}" >"$dir/signed"
    decode "${proof##*.}" >"$dir/signature"
    openssl dgst -sha256 -verify "${public:-$dir/public.pem}" -signature "$dir/signature" "$dir/signed" >/dev/null 2>&1 || return 1
    hash=$(printf '%s~' "$token" | openssl dgst -sha256 -binary | base64url)
    now=$(date +%s)
    part "$proof" 2 | jq -e --arg host "$2" --arg hash "$hash" --argjson now "$now" '
        (keys == ["aud", "iat", "nonce", "sd_hash"]) and .aud == $host and .sd_hash == $hash and
        (.nonce | length == 22) and .iat <= $now and .iat >= $now - 60' >/dev/null
}
prints_bound() { succeeded && one_line "$dir/out" && binds "$(cat "$dir/out")" "$1"; }

# --- token --for

token=$(helper token)
count_from_here
run helper token --for build.example.com
check "token --for prints the cached token with a proof" prints_bound build.example.com
extra=THRIVESTACK_LOG=debug helper token --for build.example.com >"$dir/out" 2>"$dir/log"
check "the prover signs it, which has no network" grep -q 'starting .*/thrivestack-prover$' "$dir/log"
check "and the worker is not started" sh -c '! grep -q "starting .*/thrivestack-worker$" "$0"' "$dir/log"
check "of that very token" [ "$(token_of "$(cat "$dir/out")")" = "$token" ]
first=$(proof_of "$(cat "$dir/out")")
run helper token --for build.example.com
check "a second time" prints_bound build.example.com
check "with a proof of its own" [ "$(proof_of "$(cat "$dir/out")")" != "$first" ]
run helper token --for 2001:db8::7
check "for an IPv6 address" prints_bound 2001:db8::7
check "the endpoint was not asked" asked 0
run helper token --for build.example.com --header
check "--header prints a header" [ "$(cut -d' ' -f1,2 "$dir/out")" = 'Authorization: Bearer' ]
check "with the bound token" binds "$(cut -d' ' -f3 "$dir/out")" build.example.com
run helper token --for build.example.com --json
check "--json has the bound token" binds "$(jq -r .token "$dir/out")" build.example.com
check "and the token's expiry" between 3500 "$(jq .expires_in "$dir/out")" 3600
for host in BUILD build:22 '[::1]' 'a b' 'a~b' 2001:DB8::7 2001:db8:0::7 https://build build. .build 'buíld' ''; do
    run helper token --for "$host"
    refused "not a host's name: '$host'" 64
done
forget_cache
count_from_here
run helper token --for build.example.com
check "without a cached token" prints_bound build.example.com
check "one request gets it" asked 1
check "and it is cached without its proof" [ "$(helper token)" = "$(token_of "$(cat "$dir/out")")" ]
check "one request is all" asked 1
run helper token --fresh --for build.example.com
check "--fresh" prints_bound build.example.com
check "asks once more" asked 2
run helper git get --for build.example.com
refused "--for does not go with git" 64

# --- a key that comes on descriptor 3, once
run sh -c 'exec 3<"$1" && shift && exec "$@"' sh "$dir/key.json" env -i "PATH=$bin:/usr/bin:/bin" HOME=/ \
    thrivestack-credential --config "$dir/conf" token --piped-key --for build.example.com
check "--piped-key asks and proves in one job" prints_bound build.example.com

# --- a key_command, called once
cp "$dir/conf" "$dir/conf.saved"
cat >"$dir/conf" <<END
[profile default]
key_command = echo x >>$dir/calls; cat $dir/key.json
key_id = $key_id
token_url = $url/api/user/token
ca_file = $dir/issuer/ca.pem
scopes = user_management
END
run helper token --for build.example.com
check "with a key_command" prints_bound build.example.com
check "which is called once for token and proof" [ "$(wc -l <"$dir/calls")" = 1 ]
cp "$dir/conf.saved" "$dir/conf"

# --- another key's token is not proved
forget_cache
helper token >/dev/null
file=$(ls "$dir"/cache/*.json)
jq -c '.token = "eyJhbGciOiJSUzI1NiIsImlkIjoieCJ9.e30.AA"' "$file" >"$dir/swapped"
cat "$dir/swapped" >"$file"
run helper token --for build.example.com
refused "a cached token that is not by this key" 76
forget_cache

# --- git

git_helper() { clean git-credential-thrivestack --config "$dir/conf" "$@"; }
get() { run_with "$1" git_helper get; }
value() { sed -n "s/^$1=//p" "$dir/out"; }
get 'protocol=https\nhost=Git.Example.com\n\n'
check "git gets TOKEN~PROOF, for the host in lower case" binds "$(value password)" git.example.com
password=$(value password)
check "with the user's name" [ "$(value username)" = alice ]
expiry=$(($(value password_expiry_utc) - $(date +%s)))
check "the expiry is the proof's, which is the first to end" between 200 "$expiry" 300
get 'protocol=https\nhost=git.example.com\n\n'
check "a proof of a moment ago is used again" [ "$(value password)" = "$password" ]
run helper token --for git.example.com
check "not by --for" [ "$(cat "$dir/out")" != "$password" ]
check "which binds all the same" prints_bound git.example.com
# 31 s later, by the file's own record.
for file in "$dir"/cache/proof-*; do
    sed -i -E 's/"wall":([0-9]+)/"wall":'$(($(date +%s) - 31))'/' "$file"
done
get 'protocol=https\nhost=git.example.com\n\n'
check "one that is 31 seconds old is not" binds "$(value password)" git.example.com
check "the next is new" [ "$(value password)" != "$password" ]
password=$(value password)
for file in "$dir"/cache/proof-*; do
    check "the file is private: ${file##*/}" [ "$(stat -c %a "$file")" = 600 ]
    sed -i -E 's/"wall":([0-9]+)/"wall":'$(($(date +%s) + 5))'/' "$file"
done
get 'protocol=https\nhost=git.example.com\n\n'
check "nor one from the future" [ "$(value password)" != "$password" ]
get 'protocol=https\nhost=x.wild.example.com:8443\n\n'
check "a pattern's host: its own name, without the port" binds "$(value password)" x.wild.example.com
get 'protocol=https\nhost=y.wild.example.com:8443\n\n'
check "another host of that pattern has another proof" binds "$(value password)" y.wild.example.com
get 'capability[]=authtype\nprotocol=https\nhost=bearer.example.com\n\n'
check "Bearer" binds "$(value credential)" bearer.example.com
get 'protocol=https\nhost=unbound.example.com\n\n'
check "a host without bound = yes gets the token alone" is_token "$(value password)"

run_with "protocol=https\nhost=git.example.com\nusername=alice\npassword=eyJ.eyJ.x~$(proof_of "$password")\n\n" git_helper erase
count_from_here
get 'protocol=https\nhost=git.example.com\n\n'
check "erase with another token drops nothing" asked 0
run_with "protocol=https\nhost=git.example.com\nusername=alice\npassword=$(value password)\n\n" git_helper erase
check "erase with a bound token" silent
get 'protocol=https\nhost=git.example.com\n\n'
check "drops the token in it" asked 1
check "and the next has a proof again" binds "$(value password)" git.example.com

# --- docker

printf 'git.example.com' >"$dir/in"
status=0
clean docker-credential-thrivestack --config "$dir/conf" get <"$dir/in" >"$dir/out" 2>"$dir/err" || status=$?
check "docker gets TOKEN~PROOF" binds "$(jq -r .Secret "$dir/out")" git.example.com

# --- askpass

ask() { clean env THRIVESTACK_CONFIG="$dir/conf" thrivestack-askpass "$@"; }
sudo_ask() { clean env THRIVESTACK_CONFIG="$dir/conf" thrivestack-sudo-askpass "$@"; }
fnv1a() {
    hash=2166136261
    for byte in $(od -An -v -tu1 "$1"); do
        hash=$((((hash ^ byte) * 16777619) & 4294967295))
    done
    printf '%08x' "$hash"
}
# whole PROGRAM PREFIX NAME: all parts, joined, in $dir/whole.
whole() {
    run "$1" "$2ThriveStack token for $3: "
    [ "$status" = 0 ] || return 1
    head -n 1 "$dir/out" | tr -d '\n' >"$dir/whole"
    while [ "$(head -n 1 "$dir/out" | tr -d '\n' | wc -c)" = 500 ]; do
        run "$1" "$2ThriveStack token, from character $(($(wc -c <"$dir/whole") + 1)) ($(fnv1a "$dir/whole")): "
        [ "$status" = 0 ] || return 1
        head -n 1 "$dir/out" | tr -d '\n' >>"$dir/whole"
    done
}
count_from_here
whole ask '(alice@ssh.example.com) ' ssh.example.com
check "askpass answers a bound prompt in parts" binds "$(cat "$dir/whole")" ssh.example.com
first=$proof
whole ask '(alice@ssh.example.com) ' evil.example.org
check "with a proof for ssh's own host, whatever name the prompt has" binds "$(cat "$dir/whole")" ssh.example.com
check "and a new one for each login" [ "$proof" != "$first" ]
whole ask '(alice@SSH.Example.com) ' SSH.Example.COM
check "in lower case" binds "$(cat "$dir/whole")" ssh.example.com
whole ask '(alice@2001:db8::1) ' 2001:db8::1
check "for an IPv6 address" binds "$(cat "$dir/whole")" 2001:db8::1
whole ask '(alice@unbound.example.com) ' x
check "for a host without bound = yes that asks for one" binds "$(cat "$dir/whole")" unbound.example.com
check "all with one cached token" asked 0
jq -r .private_key "$dir/long.json" | openssl pkey -pubout -out "$dir/long.pem"
key=$(cat "$dir/long.id") public=$dir/long.pem
whole ask '(alice@long.example.com) ' long.example.com
check "with a key of 4096 bits" binds "$(cat "$dir/whole")" long.example.com
unset key public
run ask '(alice@ssh.example.com) ThriveStack token for ssh.example.com (at most 500 characters at a time): '
check "the prompt with its hint" [ "$status" = 0 ]

run ask '(alice@ssh.example.com) ThriveStack token: '
refused_saying "bound = yes: an unbound prompt is not answered" 1 'bound = yes'
run ask '(alice@ssh.example.com) ThriveStack token (at most 500 characters at a time): '
refused_saying "nor with its hint" 1 'bound = yes'
for prompt in 'ThriveStack token for : ' 'ThriveStack token for a b: ' 'ThriveStack token for a~b: ' \
    'ThriveStack token for a:' 'ThriveStack token for a: x' 'ThriveStack token for a.: ' 'ThriveStack tokens for a: '; do
    run ask "(alice@ssh.example.com) $prompt"
    refused "not the module's: '$prompt'" 1
done
# A host that has received the first part may ask on for its own text only: with one cached token, that
# part is the same for every host.
run ask '(alice@ssh.example.com) ThriveStack token for ssh.example.com: '
head -n 1 "$dir/out" | tr -d '\n' >"$dir/part"
run ask '(alice@other.example.com) ThriveStack token for other.example.com: '
check "the first part for two hosts is the same" [ "$(cat "$dir/part")" = "$(head -n 1 "$dir/out")" ]
rm -f "$dir"/cache/parts-*
run ask '(alice@ssh.example.com) ThriveStack token for ssh.example.com: '
run ask "(alice@other.example.com) ThriveStack token, from character 501 ($(fnv1a "$dir/part")): "
refused "another host does not get the rest" 66
run ask "(alice@unbound.example.com) ThriveStack token, from character 501 ($(fnv1a "$dir/part")): "
refused "nor does one without bound = yes" 66
run ask "(alice@ssh.example.com) ThriveStack token, from character 501 ($(fnv1a "$dir/part")): "
check "its own host does" [ "$status" = 0 ]

# --- sudo-askpass: this machine alone
own=$(uname -n | tr '[:upper:]' '[:lower:]')
whole sudo_ask '' "$own"
check "sudo-askpass: a proof for this machine's name" binds "$(cat "$dir/whole")" "$own"
run sudo_ask 'ThriveStack token for elsewhere.example.com: '
refused_saying "not for another machine's" 1 'neither the name of this machine'

# --- a session's token
printf '%s\n' "$(helper token)" >"$dir/session"
chmod 600 "$dir/session"
mv "$dir/key.json" "$dir/away.json"
extra="THRIVESTACK_TOKEN_FILE=$dir/session"
run helper token --for build.example.com
refused_saying "a session's token cannot be bound" 66 'cannot be bound'
get 'protocol=https\nhost=git.example.com\n\n'
check "for git neither" [ "$status$(cat "$dir/out")" = 66quit=1 ]
run helper token
check "it is printed without" prints_token
extra=
mv "$dir/away.json" "$dir/key.json"

# --- the other clients: a host with bound = yes gets a token with a proof, by each protocol
# gets_bound NAME TEXT [HOST]
gets_bound() { check "$1: a bound token" binds "$2" "${3-bearer.example.com}"; }
json() { jq -r "$1" "$dir/out"; }
password_of() { sed 's/^.*Basic //' | base64 -d | cut -d: -f2; }
run clean env KUBERNETES_EXEC_INFO='{"apiVersion":"client.authentication.k8s.io/v1","spec":{"cluster":{"server":"https://bearer.example.com"}}}' \
    thrivestack-credential --config "$dir/conf" kubectl
gets_bound kubectl "$(json .status.token)"
run_with '{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":"git.example.com/x"}' helper kubelet
gets_bound kubelet "$(json '.auth["git.example.com"].password')" git.example.com
run_with '{"v":1,"kind":"get","registry":{"index-url":"sparse+https://bearer.example.com/"}}\n' \
    clean env THRIVESTACK_CONFIG="$dir/conf" cargo-credential-thrivestack --cargo-plugin
gets_bound cargo "$(tail -n 1 "$dir/out" | jq -r '.Ok.token | ltrimstr("Bearer ")')"
run helper goauth https://bearer.example.com/x
gets_bound goauth "$(sed -n 's/^Authorization: Bearer //p' "$dir/out")"
run_with '{"uri":"https://git.example.com/x"}' helper bazel get
gets_bound bazel "$(json '.headers.Authorization[0]' | password_of)" git.example.com
check "bazel: kept no longer than a proof is accepted" jq -e --argjson last $(($(date +%s) + 301)) '.expires | fromdate <= $last' "$dir/out"
run helper terraform get bearer.example.com
gets_bound terraform "$(json .token)"
run clean env THRIVESTACK_CONFIG="$dir/conf" thrivestack-credential keyring get https://git.example.com/simple alice
gets_bound keyring "$(cat "$dir/out")" git.example.com
run helper npm --host bearer.example.com
gets_bound npm "$(cut -d' ' -f2 "$dir/out")"
run helper token --host bearer.example.com
gets_bound 'token --host' "$(cat "$dir/out")"
run helper run --host bearer.example.com -- printenv THRIVESTACK_TOKEN
gets_bound run "$(cat "$dir/out")"

# --- setup --bound, and what status shows
setup() { clean env XDG_CONFIG_HOME="$dir/xdg" thrivestack-credential setup "$@"; }
mkdir "$dir/xdg"
file=$dir/xdg/thrivestack/credential.conf.d/build.example.com.conf
run setup ssh build.example.com --bound --yes
check "setup ssh HOST --bound" [ "$status" = 0 ]
check "writes bound = yes" [ "$(tail -n 2 "$file" | tr '\n' ' ')" = 'askpass = yes bound = yes ' ]
run setup git build.example.com --yes
check "another client of that host" [ "$status" = 0 ]
check "leaves it" grep -qx 'bound = yes' "$file"
run setup git build.example.com --bound --yes
check "once more: nothing to change" out_has 'needs no change'
run setup git git2.example.com --yes
run setup git git2.example.com --bound --yes
check "later, too" grep -qx 'bound = yes' "$dir/xdg/thrivestack/credential.conf.d/git2.example.com.conf"
run setup ssh build.example.com --bound --remove --yes
refused "--bound with --remove" 64
run setup sudo --bound
refused "--bound with sudo" 64
printf '[host edited.example.com]\n' >"$dir/xdg/thrivestack/credential.conf.d/edited.example.com.conf"
run setup git edited.example.com --bound --yes
check "an edited section is left alone" failed_with 78
check "and what is missing is named" err_has 'set bound = yes there yourself'
run setup git x.wild.example.com:8443 --bound --config "$dir/conf" --yes
check "a pattern that is bound serves" [ "$status" = 0 ]
run helper setup docker unbound.example.com --bound --yes
check "with --config: what to add" err_has 'add to'
check "is named" err_has 'bound = yes'
run helper status --json
check "status --json shows what is bound" jq -e '[.hosts[] | select(.bound) | .pattern] | index("git.example.com") and (index("unbound.example.com") | not)' "$dir/out" >/dev/null
run helper status
check "status has a column" grep -qE 'askpass +bound' "$dir/out"

# --- what the host would say
mkdir "$dir/policy"
cat >"$dir/policy/policy.conf" <<END
[service sshd]
scopes = user_management
bound_to = build.example.com
[service git]
scopes = user_management
[key $key_id]
public_key = $(grep -v -- - "$dir/public.pem" | tr -d '\n')
users = root
services = *
scopes = user_management
END
# explained SERVICE TEXT: leaves the verdict in $dir/out.
explained() {
    printf '%s\n' "$2" >"$dir/token"
    run helper explain --policy "$dir/policy/policy.conf" --service "$1" --user root <"$dir/token"
}
verdict() { head -n 1 "$dir/out" | grep -q "^$1"; }
explained sshd "$(helper token --for build.example.com)"
check "explain: a bound token at a bound service" verdict accepted
explained sshd "$(helper token)"
check "explain: a token without proof" verdict 'denied: proof_missing'
explained sshd "$(helper token --for other.example.com)"
check "explain: a proof for another host" verdict 'denied: proof_host'
explained sshd "$(helper token --for build.example.com)~x"
check "explain: two separators" verdict 'denied: proof_malformed'
explained git "$(helper token --for other.example.com)"
check "explain: an unbound service ignores the proof" verdict accepted
run helper policy check "$dir/policy/policy.conf"
check "policy check" [ "$status" = 0 ]

# --- the endpoint is not needed while the token lives
helper token >/dev/null
stop_issuers
run helper token --for build.example.com
check "the endpoint stopped: a bound token all the same" prints_bound build.example.com
get 'protocol=https\nhost=git.example.com\n\n'
check "for git, too" binds "$(value password)" git.example.com
run helper forget --all
check "forget --all" [ "$status" = 0 ]
check "leaves no proof" [ -z "$(ls "$dir/cache")" ]
finish
