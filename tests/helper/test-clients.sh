#!/bin/sh
# The protocols of kubelet, cargo, goauth, bazel, terraform, keyring and npm: their own examples, and bad
# input in each one's own form.
# usage: test-clients.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

conf <<'END'
[host a.example.com]
username = alice
[host b.example.com:8443/team]
auth = bearer
[host *.wild.example.com]
username = alice
[host docker.io]
username = alice
END
is() { jq -e "$1" "$dir/out" >/dev/null; }
basic="Basic $(printf 'alice:%s' "$(helper token)" | base64 -w 0)"
token=$(helper token)
bearer="Bearer $token"
now=$(date +%s)
# By the programs' other names, which take no options of ours.
own() { extra="THRIVESTACK_CONFIG=$dir/conf" clean "$@"; }
own_with() {
    input=$1
    shift
    extra="THRIVESTACK_CONFIG=$dir/conf"
    run_with "$input" clean "$@"
    extra=
}
broken='{ [] {} {"a":1 {"uri":1} \001\002 {"uri":"https://a.example.com","uri":"x"} {"uri":"\\xff"}'
others='https://other.example.com https://a.example.com:444 https://a.example.com.evil.example
    https://b.example.com:8443/other https://wild.example.com http://a.example.com'

# --- bazel
bazel() { run_with "$1" helper bazel get; }
bazel '{"uri":"https://a.example.com/x","more":[1]}'
check "bazel: basic" is ".headers.Authorization == [\"$basic\"] and (.expires | fromdate) > $now + 3000"
check "bazel: whole seconds" is '.expires | test("^[0-9T:-]+Z$")'
bazel '{"uri":"grpcs://b.example.com:8443/team/x"}'
check "bazel: grpcs, bearer" is ".headers.Authorization == [\"$bearer\"]"
for address in $others ftp://a.example.com; do
    bazel "{\"uri\":\"$address\"}"
    check "bazel: an error for $address" [ "$status" -ge 64 ]
    check "bazel: nothing printed for $address" [ ! -s "$dir/out" ]
done
for text in $broken; do
    bazel "$text"
    refused "bazel: not a question: $text" 64
done
bazel "{\"uri\":\"https://a.example.com/$(printf '%70000s' x | tr ' ' x)\"}"
refused "bazel: too long" 64
for arguments in '' set 'get get'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run_with '{}' helper bazel $arguments
    refused "bazel: usage '$arguments'" 64
done

# --- goauth
run helper goauth https://a.example.com/mod/@v/list
check "goauth: a URL" [ "$(cat "$dir/out"; echo .)" = "https://a.example.com

Authorization: $basic

." ]
run helper goauth https://b.example.com:8443/team/mod
check "goauth: a path's section" grep -qx 'https://b.example.com:8443/team' "$dir/out"
run helper goauth
check "goauth: every literal host" [ "$(grep -c '^https://' "$dir/out") $(grep -c '^$' "$dir/out")" = '3 6' ]
cp "$dir/conf" "$dir/whole"
printf '[profile broken]\nkey_file = %s/missing.json\ntoken_url = %s/api/user/token\nscopes = x\n' "$dir" "$url" >>"$dir/conf"
for host in first second; do printf '[host %s.example.com]\nprofile = broken\n' $host >>"$dir/conf"; done
run helper goauth
check "goauth: one broken host does not keep the others from an answer" [ "$status $(grep -c '^https://' "$dir/out")" = '0 3' ]
check "goauth: the broken ones are left out" [ "$(grep -c -e first -e second "$dir/out")" = 0 ]
check "goauth: with a reason each" [ "$(grep -c -e '^thrivestack-credential: host first.example.com: .*missing.json' \
    -e '^thrivestack-credential: host second.example.com: .*missing.json' "$dir/err") $(wc -l <"$dir/err")" = '2 2' ]
cp "$dir/whole" "$dir/conf"
for address in $others; do
    run helper goauth "$address"
    check "goauth: nothing for $address" silent
done
for address in ftp://a.example.com a.example.com https:// ''; do
    run helper goauth "$address"
    refused "goauth: not a URL: '$address'" 64
done

# --- terraform
run_with '' own terraform-credentials-thrivestack get a.example.com
check "terraform: get" is ". == {token: \"$token\"}"
for host in other.example.com a.example.com.evil.example a.example.com:444; do
    run own terraform-credentials-thrivestack get "$host"
    check "terraform: {} for $host" out_is '{}'
done
head -c 300000 /dev/zero >"$dir/in"
run_store() { (cat "$dir/in" && touch "$dir/all-read") | own terraform-credentials-thrivestack store a.example.com; }
run run_store
refused "terraform: store" 64
check "terraform: and reads all of it" [ -e "$dir/all-read" ]
run own terraform-credentials-thrivestack forget a.example.com
check "terraform: forget" silent
for arguments in 'get' 'list a.example.com' 'get https://a.example.com/x' 'get a.example.com b'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run own terraform-credentials-thrivestack $arguments
    refused "terraform: usage: $arguments" 64
done

# --- keyring
ring=$prefix/libexec/thrivestack/keyring
[ -e "$ring" ] || ring=$(find "$prefix" -name keyring -type l)
check "keyring: not in bindir" [ ! -e "$bin/keyring" ]
run own "$ring" --mode=creds --output=json get https://a.example.com/simple/
check "keyring: pip" is ". == {username: \"alice\", password: \"$token\"}"
run own "$ring" --mode=creds --output=json get a.example.com alice
check "keyring: pip, the host" is ".password == \"$token\""
run own "$ring" get https://a.example.com/simple alice
check "keyring: uv and old pip" out_is "$token"
run own "$ring" get https://a.example.com/simple --mode creds
check "keyring: uv, both" [ "$(cat "$dir/out")" = "alice
$token" ]
run helper keyring --mode=creds --output=json get https://a.example.com/simple
check "keyring: options of ours in front of the command" is ".password == \"$token\""
nothing() { [ "$status" = 1 ] && [ ! -s "$dir/out" ] && [ ! -s "$dir/err" ]; }
for address in $others other.example.com; do
    run own "$ring" --mode=creds --output=json get "$address"
    check "keyring: exit 1 and nothing for $address" nothing
done
run own "$ring" get https://a.example.com bob
check "keyring: nothing for another user" nothing
for arguments in '' 'get' 'set a.example.com alice' 'get a b c d' '--mode=x get a.example.com' 'get a.example.com --mode' \
    '--output=xml get a.example.com' '--config x get a' 'get https://alice@a.example.com'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run own "$ring" $arguments
    refused "keyring: usage: $arguments" 64
done

# --- npm
run helper npm
check "npm: the default profile" out_is "$bearer"
run helper npm --host a.example.com
check "npm: a host" out_is "$basic"
run helper npm --host other.example.com
refused "npm: no section" 66
run helper npm get
refused "npm: an argument" 64

# --- kubelet
group=credentialprovider.kubelet.k8s.io
image() { printf '{"apiVersion":"%s/v1","kind":"CredentialProviderRequest","image":"%s"}' $group "$1"; }
kubelet() { run_with "$1" helper kubelet; }
for version in v1 v1beta1; do
    kubelet "$(image a.example.com/team/app | sed "s|/v1\"|/$version\"|")"
    check "kubelet: $version" is ".apiVersion == \"$group/$version\" and .kind == \"CredentialProviderResponse\"
        and .auth == {\"a.example.com\": {username: \"alice\", password: \"$token\"}} and .cacheKeyType == \"Registry\"
        and (.cacheDuration | test(\"^[0-9]{4}s$\"))"
done
kubelet "$(image b.example.com:8443/team/app)"
check "kubelet: a path's section is for the image" is '.cacheKeyType == "Image" and .auth["b.example.com:8443"] != null'
kubelet "$(image library/nginx)"
check "kubelet: Docker Hub" is '.auth["docker.io"].username == "alice"'
for name in other.example.com/x a.example.com:444/x a.example.com.evil.example/x b.example.com:8443/other; do
    kubelet "$(image "$name")"
    check "kubelet: null for $name" is '.auth == null and has("auth") and .cacheDuration == "0s"'
done
for text in $broken "$(image '')" "$(image https://a.example.com/x)" "$(image 'a.example.com/x y')" \
    "$(image a.example.com/x | sed 's|/v1|/v9|')" "$(image a.example.com/x | sed 's|Request|Response|')"; do
    kubelet "$text"
    refused "kubelet: not a question: $(printf %.70s "$text")" 64
done

# --- cargo
cargo() { own_with "$1" cargo-credential-thrivestack --cargo-plugin; }
get() { printf '{"v":1,"kind":"get","operation":"read","registry":{"index-url":"%s","name":"x"},"args":[]}' "$1"; }
answer() { tail -n +2 "$dir/out" | jq -es "$1" >/dev/null; }
cargo "$(get sparse+https://a.example.com/index/)\n$(get https://b.example.com:8443/team)\n"
check "cargo: its version first" [ "$(head -n 1 "$dir/out")" = '{"v":[1]}' ]
check "cargo: two answers" answer "length == 2 and .[0].Ok.token == \"$basic\" and .[1].Ok.token == \"$bearer\"
    and .[0].Ok.cache == \"expires\" and .[0].Ok.expiration > $now and .[0].Ok.operation_independent and .[0].Ok.kind == \"get\""
check "cargo: and no error" succeeded
for address in $others ssh://git@a.example.com registry+https://a.example.com; do
    cargo "$(get "$address")\n"
    check "cargo: url-not-supported for $address" answer '. == [{Err: {kind: "url-not-supported"}}]'
done
for kind in login logout unknown; do
    cargo "$(get https://a.example.com | sed "s/get/$kind/")\n"
    check "cargo: $kind" answer '. == [{Err: {kind: "operation-not-supported"}}]'
done
for text in '{' '[]' '{}' '\001' "$(get https://a.example.com | sed 's/"v":1/"v":2/')" '{"v":1,"kind":"get"}'; do
    cargo "$text\n$(get https://a.example.com)\n"
    check "cargo: an error for $(printf %.40s "$text"), then an answer" \
        answer '.[0].Err.kind == "other" and .[0].Err.message != "" and .[1].Ok.kind == "get"'
done
run_with "$(get https://b.example.com:8443/team)\n" helper --profile=default cargo --cargo-plugin
check "cargo: options of ours in front of the command" answer ".[0].Ok.token == \"$bearer\""
run helper --json cargo --cargo-plugin
refused_saying "cargo: an option that is not for it" 64 "--json does not go with 'cargo'"
run helper --profile cargo npm
refused_saying "cargo: as the value of an option" 78 "profile 'cargo'"
cargo "$(get https://a.example.com)"
check "cargo: a request that is cut" [ "$status $(wc -l <"$dir/out")" = '64 1' ]
cargo "$(printf '%70000s' x)"
check "cargo: too long" [ "$status $(wc -l <"$dir/out")" = '64 1' ]
run own cargo-credential-thrivestack
refused "cargo: without --cargo-plugin" 64

# --- those whose arguments are their client's
for program in 'thrivestack-credential cargo' cargo-credential-thrivestack 'thrivestack-credential keyring' "$ring"; do
    # shellcheck disable=SC2086 # Words are wanted.
    run own $program --version
    check "--version behind ${program##*/}" out_is "$(clean thrivestack-credential --version)"
done

# --- all of them
# shellcheck disable=SC2086 # Words are wanted.
closed() { printf '%s' "$1" | clean sh -c 'thrivestack-credential "$@" >&-' sh --config "$dir/conf" $2; }
for call in 'bazel get' kubelet npm 'goauth https://a.example.com' 'terraform get a.example.com'; do
    text=$(image a.example.com/x | sed 's|{|{"uri":"https://a.example.com",|')
    run closed "$text" "$call"
    refused "a caller that has gone: $call" 74
done
conf /fault/e503 <<'END'
[host a.example.com]
username = alice
END
forget_cache
for call in 'bazel get' kubelet npm 'goauth https://a.example.com' goauth 'terraform get a.example.com'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run_with "$text" helper $call
    refused "no token can be had: $call" 69
done
run own "$ring" get https://a.example.com alice
refused "no token can be had: keyring" 69
cargo "$(get https://a.example.com)\n"
check "no token can be had: cargo" answer '.[0].Err.kind == "other" and (.[0].Err.message | test("503"))'
check "no secret in it" [ "$(grep -c eyJ "$dir/out")" = 0 ]
finish
