#!/bin/sh
# What the helper and the worker have in their memory when they end, and what THRIVESTACK_LOG=debug
# says: neither token nor key. Needs root.
# usage: test-memory.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
can_look_inside || skip_rest 'what is left in memory' "other processes' memory cannot be read here"
memory=$3/tests/pam/memory
[ "$(nm -D "$bin/thrivestack-credential" | grep -c __asan_init)" = 0 ] || {
    echo '1 passed, 0 failed: not under ASan'
    exit
}

# --- What is looked for

mkdir "$dir/secrets"
status=0
# The PEM's base64 without its line ends: a line is four times as long as what is searched for. Its
# first 448 characters are the public half.
jq -r .private_key "$dir/key.json" >"$dir/key.pem"
grep -v -e '-----' "$dir/key.pem" | tr -d '\n' | tail -c +449 >"$dir/secrets/pem"
openssl rsa -in "$dir/key.pem" -noout -text 2>/dev/null |
    awk -v folder="$dir/secrets/" '/^[a-z]/ { name = $1; sub(/:.*/, "", name); next }
        { gsub(/[ :]/, ""); sub(/^00/, "", $0); if (name ~ /^(privateExponent|prime[12]|exponent[12]|coefficient)$/) printf "%s", $0 > (folder name ".hex") }'
for number in privateExponent prime1 prime2 exponent1 exponent2 coefficient; do
    perl -ne 'print pack("H*", $_)' "$dir/secrets/$number.hex" >"$dir/secrets/$number"
done
mv "$dir/secrets/privateExponent.hex" "$dir/exponent.hex"
rm "$dir"/secrets/*.hex
check "the key has all its numbers" [ "$(find "$dir/secrets" -type f -size +100c | wc -l)" = 7 ]
# Its stretches, for the logs: base64 and hexadecimal digits.
{ fold -w 16 "$dir/secrets/pem" && fold -w 16 "$dir/exponent.hex"; } | grep -E '.{16}' >"$dir/stretches"

# take_token TOKEN: from here on it is looked for as well
take_token() {
    printf '%s' "$1" >"$dir/secrets/token"
    printf '%s' "${1##*.}" >"$dir/secrets/signature"
    { tr '_-' '/+' <"$dir/secrets/signature" && echo '=='; } | openssl base64 -d -A >"$dir/secrets/bytes"
    fold -w 16 "$dir/secrets/token" | grep -E '.{16}' >"$dir/token.stretches"
}

patterns() {
    for secret in "$dir"/secrets/*; do printf '%s=%s ' "${secret##*/}" "$secret"; done
}

# remembers PROGRAMS...: whether what was dumped of them holds a secret
remembers() {
    mkdir -p "$dir/looked"
    rm -f "$dir"/looked/*
    for program in "$@"; do find "$dir/dump" -name "$program.*" -exec mv {} "$dir/looked" \;; done
    # shellcheck disable=SC2046 # A list of words is wanted.
    ! "$memory" search "$dir/looked" $(patterns) >"$dir/finds" 2>&1
}

# A program that keeps the key is found out.
mkdir "$dir/dump"
# shellcheck disable=SC2016 # The inner shell is to expand it.
"$memory" dump "$dir/dump" sh -c 'x=$(cat "$1"); :' sh "$dir/key.pem"
check "a key that is there is found" remembers sh
check "in every form that it has there" grep -q 'found pem' "$dir/finds"

# --- What is run

# traced [VARIABLE=VALUE]... COMMAND...: with what is on standard input
traced() {
    rm -rf "$dir/dump"
    mkdir "$dir/dump"
    status=0
    extra="THRIVESTACK_LOG=debug ${extra-}" clean "$memory" dump "$dir/dump" "$@" >"$dir/out" 2>"$dir/err" || status=$?
}

forgotten() {
    ! remembers 'thrivestack*' 'git-cred*' 'docker-cr*' || {
        head -n 20 "$dir/finds" >&2
        return 1
    }
}

logs_nothing() {
    grep -q debug: "$dir/err" && ! grep -qFf "$dir/stretches" "$dir/err" &&
        { [ ! -e "$dir/token.stretches" ] || ! grep -qFf "$dir/token.stretches" "$dir/err"; }
}

# forgets WHAT STATUS COMMAND...
forgets() {
    run_of=$1 wanted=$2
    shift 2
    traced "$@" </dev/null
    check "$run_of: ends as it should" [ "$status" = "$wanted" ]
    found=$(sed -n 's/.*\(eyJ[A-Za-z0-9_.-]*\).*/\1/p' "$dir/out" | head -n 1)
    [ -z "$found" ] || take_token "$found"
    check "$run_of: nothing stays in memory" forgotten
    check "$run_of: $(tail -n 1 "$dir/finds")" [ "$(find "$dir/looked" -type f | wc -l)" -ge 1 ]
    check "$run_of: nothing is in the log" logs_nothing
}
tool() { printf '%s' "thrivestack-credential --config $dir/conf"; }

# shellcheck disable=SC2046 # Lists of words are wanted here.
{
    forgets "a fresh token" 0 $(tool) token --fresh
    forgets "a token from the cache" 0 $(tool) token
    forgets "a token as JSON" 0 $(tool) token --json
    forgets "the key is checked" 0 $(tool) key check
    forgets "its public half is printed" 0 $(tool) key public
    forgets "what is configured" 0 $(tool) status
    for fault in e401 e503 hang cut bad-signature expired wrong-aud trailing-json token-four-parts; do
        "$issuer" faults | grep -q "^$fault " || continue
        forget_cache
        : | conf "/fault/$fault"
        traced $(tool) token </dev/null
        check "$fault: it fails" [ "$status" -gt 60 ]
        check "$fault: nothing stays in memory" forgotten
        check "$fault: nothing is in the log" logs_nothing
    done
    : | conf
    sed -i "s|^key_file.*|key_command = cat $dir/key.json\nkey_id = $key_id|" "$dir/conf"
    forgets "a key from a command, in JSON" 0 $(tool) token --fresh
    sed -i "s|^key_command.*|key_command = cat $dir/key.pem|" "$dir/conf"
    forgets "a key from a command, in PEM" 0 $(tool) token --fresh
}
finish
