#!/bin/sh
# `explain`: each rule in order, the reason codes of the module for tokens that are wrong in one
# place, and policies that are no policy.
# usage: test-explain.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

rules=29
me=$(id -un)
host=$dir/host
mkdir -m 755 "$host" "$host/keys"
key2=$("$issuer" key new "$dir/issuer" --out "$dir/key2.json") || exit 1
key3=$("$issuer" key new "$dir/issuer" --out "$dir/key3.json") || exit 1
"$issuer" key new "$dir/issuer" --ec --out "$dir/ec.json" >"$dir/ec.id"
cp "$dir/key.json.pub.pem" "$host/keys/1.pem"
cp "$dir/key2.json.pub.pem" "$host/keys/2.pem"
cp "$dir/key3.json.pub.pem" "$host/keys/3.pem"

# What a real host would have; rows below change a copy of it.
cat >"$host/policy.conf" <<END
[service sshd]
scopes = user_management
max_age = 5m

[service sudo]
scopes = user_management

[service login]
scopes = user_management
single_use = yes

[key $key_id]
public_key = keys/1.pem
users = $me
services = sshd login
scopes = user_management telemetry_apis
max_lifetime = 1h

[key $key2]
public_key = keys/2.pem
users = bob
services = sudo
scopes = user_management

[key $key3]
public_key = keys/3.pem
users = $me
services = sshd
scopes = user_management
expires = 2020-01-31
END
chmod 644 "$host/policy.conf" "$host/keys"/*

policy=$host/policy.conf
service=sshd
user=$me
explain() {
    helper explain --service "$service" --user "$user" --policy "$policy" <"$dir/token"
}
now=$(date +%s)
sign() {
    "$issuer" sign "$dir/key.json" "$@" >"$dir/token" || exit 1
}

count_rules() { grep -cE "^($1) +[a-z_]+ +[a-z]" "$dir/out"; }
tells_no_token() { ! grep -qE 'eyJ[A-Za-z0-9_-]{16}' "$dir/out" "$dir/err"; }
is_accepted() {
    succeeded && [ "$(head -n 1 "$dir/out")" = accepted ] && [ "$(count_rules pass)" = "$rules" ] &&
        tells_no_token
}
# is_denied CODE [RULE]: that code's rule failed, or the one named, all before it passed, and none behind it
# was reached.
is_denied() {
    [ "$status" = 77 ] && [ ! -s "$dir/err" ] && tells_no_token &&
        head -n 1 "$dir/out" | grep -q "^denied: $1: [a-z/].*" &&
        [ "$(count_rules FAIL)" = 1 ] && grep -qE "^FAIL +${2-$1} +[^:]+: [a-z/]" "$dir/out" &&
        [ "$(($(count_rules pass) + 1 + $(count_rules -)))" = "$rules" ] &&
        sed -n '/^FAIL/,$p' "$dir/out" | sed 1d | grep -qvE '^(pass|FAIL)'
}
denied() {
    run explain
    check "$1 is denied: $2" is_denied "$2"
}

# --- accepted

sign
run explain
check "a right token is accepted" is_accepted
check "the section is named" grep -qxF "note  section [service sshd] of $policy" "$dir/out"
check "the key is named" grep -qxF "note  the token names key $key_id" "$dir/out"
check "the expiry is named" grep -qE '^note  the token expires at 20..-..-..T..:..:..Z$' "$dir/out"
printf '%s' "$(cat "$dir/token")" >"$dir/bare" && mv "$dir/bare" "$dir/token"
run explain
check "without a newline as well" is_accepted
sign --aud user_management --aud telemetry_apis
run explain
check "a token with two scopes is accepted" is_accepted
service=SSHD
run explain
check "a service in capitals is the same" is_accepted
service=remote
run explain
check "remote is login" is_accepted
check "single_use is pointed out" grep -q '^note  single_use: ' "$dir/out"
run explain
check "and not spent by that" is_accepted
helper token >"$dir/token"
service=sshd
run explain
check "what token prints is accepted" is_accepted
in_folder() (cd "$host" && policy=policy.conf && explain)
run in_folder
check "a policy named by a relative path" is_accepted

# --- denied, one rule at a time, in the rules' order

sign
service=cron
denied "a service without a section" no_service
service=sshd
user=mallory
denied "a user whom no key names" unknown_user
user=$me
: >"$dir/token"
denied "nothing" token_empty
echo >"$dir/token"
denied "a newline" token_empty
head -c 8193 /dev/zero | tr '\0' x >"$dir/token"
denied "8193 characters" token_too_long
head -c 16384 /dev/zero | tr '\0' x >"$dir/token"
denied "16384 characters" token_too_long
for length in 511 400 100; do
    sign
    cut -c "1-$length" "$dir/token" >"$dir/cut" && mv "$dir/cut" "$dir/token"
    denied "a token cut at $length" token_cut
done
for text in hunter2 a.b.c.d 'a.b' '.eyJ.' 'e30.e30.A'; do
    printf '%s' "$text" >"$dir/token"
    denied "'$text'" token_malformed
done
printf 'a\000b.c' >"$dir/token"
denied "a NUL" token_malformed
printf '\377\376.\200.\300' >"$dir/token"
denied "bytes that are not UTF-8" token_malformed
sign
sed 's/$/ /' "$dir/token" >"$dir/blank" && mv "$dir/blank" "$dir/token"
denied "a blank behind the token" token_malformed
for alg in none RS512 PS256; do
    sign --alg "$alg"
    # Without a signature it is none of the parts that a token has.
    [ "$alg" != none ] || sed -i 's/\.$/.AAAA/' "$dir/token"
    denied "alg $alg" header
done
sign --alg HS256 --hmac-key "$host/keys/1.pem"
denied "HS256 by the public key" header
sign --header "{\"alg\":\"RS256\",\"id\":\"$key_id\",\"crit\":[\"x\"]}"
denied "a header with crit" header
sign --header '{"alg":"RS256","id":"../1"}'
denied "a key id that is a path" header
sign --id stranger
denied "a key without a section" unknown_key
sign --id "$key2"
denied "a token by another key" signature
sign --payload '{}'
denied "a payload without claims" payload
sign --payload "{\"iss\":\"ThriveStack\",\"aud\":\"user_management\",\"iat\":$now,\"exp\":\"$now\"}"
denied "an exp that is a string" payload
sign --iss Thrivestack
denied "another issuer" issuer
sign --iat $((now - 200)) --exp $((now - 61))
denied "a token that ended 61 seconds ago" expired
sign --iat $((now + 600)) --exp $((now + 900))
denied "a token from the future" not_yet_valid
sign --exp $((now + 3700)) --iat "$now"
denied "a token that lives longer than the key may" lifetime
sign --iat $((now - 400)) --exp $((now + 400))
denied "a token older than max_age" too_old
sign --aud telemetry_apis
denied "a token without the service's scope" scope_missing
sign --aud user_management --aud admin
denied "a scope that the key may not carry" scope_not_allowed
"$issuer" sign "$dir/key2.json" >"$dir/token"
service=sudo
denied "a token of another's key" user
sign
denied "a key that is not for the service" service
service=sudo-i
denied "sudo-i, as sudo" service
service=sshd
"$issuer" sign "$dir/key3.json" >"$dir/token"
denied "a key past its last day" key_expired
now=$(date +%s)
sign --iat "$now" --exp "$now"
denied "a token that ends as it begins" lifetime

# --- no policy

sign
# broken WHAT TEXT: the policy does not work, and stderr says what is wrong.
broken() {
    run explain
    refused "a policy $1" 78
    check "a policy $1, and says so" err_has "$2"
}
policy=$host/missing.conf
broken "that does not exist" "$policy"
policy=$dir/../$(basename "$dir")/host/policy.conf
broken "behind .." '..'
policy=$host
broken "that is a folder" "$host"
policy=$host/other.conf
# changed SED: a changed copy.
changed() {
    sed "$1" "$host/policy.conf" >"$policy"
    chmod 644 "$policy"
}
changed 's/^max_age.*/max_age = soon/'
broken "with a value that does not parse" "$policy:3"
changed 's/^max_age.*/colour = red/'
broken "with an unknown key" "$policy:3"
changed '0,/^scopes.*/s///'
broken "with a section that is incomplete" "$policy:"
changed ''
for mode in 666 664; do
    chmod "$mode" "$policy"
    broken "with mode $mode" chmod
done
changed ''
if is_root; then
    chown 65534 "$policy"
    broken "of another user's" chown
    # The same file, for that user: theirs passes, as it does for a module that runs as them.
    chmod 755 "$host"
    as_them() {
        nobody env -i "$bin/thrivestack-credential" explain --service sshd --user "$me" \
            --policy "$policy" <"$dir/token"
    }
    run as_them
    check "a user's own policy is good for that user" is_accepted
else
    skip "a policy of another user's" 'only root can give files away'
fi
rm -f "$policy"
default() {
    clean thrivestack-credential explain --service sshd --user "$me" <"$dir/token"
}
if [ ! -e "$prefix/etc/thrivestack/policy.conf" ]; then
    run default
    refused "the host's own policy, where there is none" 78
    check "which is named" err_has '/thrivestack/policy.conf'
fi

# --- a public key that cannot be used: it costs that key's tokens, and no others

policy=$host/other.conf
changed 's|keys/3.pem|keys/4.pem|'
run explain
check "the public key of another section is missing" is_accepted
# no_public_key WHAT TEXT: the token is denied as by a mistake in the policy; the answer says what is wrong.
no_public_key() {
    run explain
    check "a public key $1" is_denied policy signature
    check "a public key $1, and says so" out_has "$2"
}
changed 's|keys/1.pem|keys/4.pem|'
no_public_key "that is missing" "$policy:13: public_key: $host/keys/4.pem"
changed 's|keys/1.pem|keys/ec.pem|'
cp "$dir/ec.json.pub.pem" "$host/keys/ec.pem"
chmod 644 "$host/keys/ec.pem"
no_public_key "that is not RSA" "$policy:13: public_key: keys/ec.pem: not an RSA key"
cp "$dir/key.json.pem" "$host/keys/ec.pem"
no_public_key "that is a private key" "$policy:13: public_key: keys/ec.pem: a private key"
changed ''
chmod 777 "$host/keys"
no_public_key "in a folder that others can write to" "chmod go-w $host/keys"
chmod 755 "$host/keys"
rm -f "$policy"

# --- usage

policy=$host/policy.conf
usage() {
    # shellcheck disable=SC2086 # A list of words is wanted here.
    helper explain $1 <"$dir/token"
}
for words in '' '--service sshd' '--user bob' '--service sshd --user bob now' \
    '--service= --user bob' '--service sshd --user bob --json' '--service sshd --user bob --policy='; do
    run usage "$words"
    refused "usage: explain $words" 64
done
user=$(printf 'b\344r')
run explain
refused "usage: a user that is not UTF-8" 64
user=$me
head -c 16385 /dev/zero >"$dir/token"
run explain
refused "usage: more than any token has" 64
sign
from_nowhere() { helper explain --service sshd --user "$me" --policy "$policy" <&-; }
run from_nowhere
check "a closed stdin is nothing" is_denied token_empty
to_full_disk() { explain >/dev/full; }
run to_full_disk
refused "a full disk at stdout" 74
without_config() {
    clean thrivestack-credential --config "$dir/none" explain --service sshd --user "$me" \
        --policy "$policy" <"$dir/token"
}
run without_config
check "explain reads no configuration" is_accepted

finish
