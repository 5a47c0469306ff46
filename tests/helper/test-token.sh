#!/bin/sh
# `token`: what it prints, what bad input gets, and that a cache hit costs next to nothing.
# usage: test-token.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

# --- What it prints

run helper token
check "token prints a token and a newline" prints_token
first=$(cat "$dir/out")
count_from_here
run helper token
check "a cached token is the same one" out_is "$first"
check "and nobody is asked for it" asked 0
run helper token --header
check "--header prints a header" out_is "Authorization: Bearer $first"
run helper --config "$dir/conf" token --json
check "--json has its members in order" out_is "$(jq -c '{token,expires_at,expires_in,scopes,key_id,response_id}' "$dir/out")"
check "--json holds the same token" [ "$(jq -r .token "$dir/out")" = "$first" ]
check "--json names the key" [ "$(jq -r .key_id "$dir/out")" = "$key_id" ]
check "--json lists the scopes" [ "$(jq -c .scopes "$dir/out")" = '["user_management"]' ]
check "--json has a response_id" [ "$(jq -r '.response_id | length' "$dir/out")" = 36 ]
in=$(jq -r .expires_in "$dir/out")
check "--json counts the seconds left" between 3500 "$in" 3600
at=$(date -ud "$(jq -r .expires_at "$dir/out")" +%s)
off=$((at - in - $(date +%s)))
check "--json's expires_at agrees with them" between -3 "$off" 3
run helper token --json --lifetime 90
check "--lifetime asks for that long" [ "$(jq .expires_in "$dir/out")" -le 90 ]
run helper token --json --scope b --scope='a c'
check "--scope may be repeated and hold several" \
    [ "$(jq -c '.scopes | sort' "$dir/out")" = '["a","b","c"]' ]
run helper token --fresh
fresh=$(cat "$dir/out")
check "--fresh prints a token that was not printed before" [ "$fresh" != "$first" ]
run helper token
check "which replaces the cached one" out_is "$fresh"

# --- Usage

refuse_usage() {
    what=$1
    shift
    run helper "$@"
    refused "$what" 64
}
refuse_usage "no command"
check "with a hint at --help" err_has "try 'thrivestack-credential --help'"
refuse_usage "an option of no command" --scop a
check "with what may be meant and a hint at --help, too" err_has "'--scop'; did you mean '--scope'?; try 'thrivestack-credential --help'"
refuse_usage "an option that is misspelt" token --scop a
check "with a hint at where the options are" err_has "'--scop'; did you mean '--scope'?; try 'thrivestack-credential token --help'"
refuse_usage "another command's option" status --fresh
check "with a hint at the command's own" err_has "try 'thrivestack-credential status --help'"
refuse_usage "an argument that setup does not know" setup subversion
check "with the same hint" err_has "try 'thrivestack-credential setup --help'"
run clean git-credential-thrivestack --scop
refused_saying "another name's option" 64 "try 'thrivestack-credential git --help'"
run helper docker --scop
check "docker's caller is told on standard output" out_has "try 'thrivestack-credential docker --help'"
refuse_usage "an unknown command" tokens
refuse_usage "an argument too many" token now
refuse_usage "an unknown option" token --nonsense
refuse_usage "an option of another command" token --all
refuse_usage "--json with --header" token --json --header
refuse_usage "a flag with a value" token --json=yes
refuse_usage "an option without its value" token --scope
refuse_usage "a lifetime of nothing" token --lifetime 0
refuse_usage "a lifetime over a day" token --lifetime 86401s
refuse_usage "a lifetime that is none" token --lifetime soon
refuse_usage "a negative --min-valid" token --min-valid=-1
refuse_usage "an empty scope" token --scope=
refuse_usage "a scope with a quote" token --scope 'a"b'
refuse_usage "a scope with a control character" token --scope "$(printf 'a\033b')"
run helper --version
check "--version" out_is "thrivestack-credential $(clean thrivestack-credential --version | cut -d' ' -f2)"
for command in token git docker askpass sudo-askpass forget status; do
    run helper "$command" --help
    check "$command --help" out_has "Usage: thrivestack-credential $command"
done
helper --help >"$dir/help"
for words in -h help '-h nonsense'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run helper $words
    check "$words is --help" cmp "$dir/out" "$dir/help"
    check "$words succeeds" succeeded
done
helper token --help >"$dir/help"
for words in 'token -h' '-h token' 'help token'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run helper $words
    check "$words is --help of the command" cmp "$dir/out" "$dir/help"
done
run clean git-credential-thrivestack --help
check "--help of another name" out_has "git-credential-thrivestack [OPTION]..."

# --- stdout

to_full_disk() { helper token >/dev/full; }
run to_full_disk
refused "a full disk at stdout" 74
to_nowhere() { helper token >&-; }
run to_nowhere
refused "a closed stdout" 74
mkfifo "$dir/gone"
# Both ends are opened, then the reading one is closed, so that nobody reads what is written.
# shellcheck disable=SC2094 # A pipe, opened at both ends.
to_nobody() { helper token 3<>"$dir/gone" 4>"$dir/gone" 3<&- >&4; }
run to_nobody
refused "a reader who went away" 74
from_nowhere() { helper token <&- 2>&-; }
run from_nowhere
check "closed stdin and stderr do no harm" prints_token

# --- The endpoint

forget_cache
fault() {
    conf "/fault/$2" </dev/null
    helper forget
    run helper token
    refused "the endpoint: $2" "$1"
}
for name in e429 e500 e503 hang drip cut reset; do
    fault 69 "$name"
done
for name in e400 e401 e403 e404 e418 error-text; do
    count_from_here
    fault 77 "$name"
    check "which is asked only once" asked 1
    check "whose status is told" err_has "HTTP 4"
    rm -rf "$dir/cache/"*
done
for name in redirect-301 redirect-302 redirect-307 redirect-308 html empty empty-object \
    truncated-json trailing-json dup-key-json nested big-body endless no-token token-null \
    token-number token-object token-empty token-newline token-cr token-nul token-two-parts \
    token-four-parts token-padded token-plain-base64 expired exp-before-iat no-exp no-iat \
    exp-string exp-float too-long wrong-aud no-aud aud-number aud-prefix wrong-iss no-iss wrong-id \
    no-id alg-none alg-hs256 alg-rs512 foreign-key bad-signature; do
    fault 76 "$name"
done
fault 77 echo-key
check "a private key in a message is not repeated" [ "$(grep -c PRIVATE "$dir/err")" = 0 ]
fault 77 message-control
check "control characters in a message are dropped" \
    [ "$(LC_ALL=C tr -d '\n' <"$dir/err" | LC_ALL=C grep -c '[[:cntrl:]]')" = 0 ]
rm -rf "$dir/cache/"*
fault 77 message-long
check "a long message is cut" [ "$(wc -c <"$dir/err")" -lt 500 ]
for name in aud-array aud-spaces flaky-503 slow-200ms date-ahead-2h date-behind-2h no-date; do
    rm -rf "$dir/cache/"*
    conf "/fault/$name" </dev/null
    run helper token
    check "the endpoint: $name is right" prints_token
done
rm -rf "$dir/cache/"*
: | conf
sed -i 's|^token_url = .*|token_url = https://localhost:1/api/user/token|' "$dir/conf"
run helper token
refused "the endpoint: refuses the connection" 69
: | conf
sed -i '/^ca_file/d' "$dir/conf"
run helper token
refused "the endpoint: a certificate of nobody's" 69
echo 'pinned_public_key = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' | conf
run helper token
refused "the endpoint: another key than the pinned one" 69
echo "pinned_public_key = $(cat "$dir/issuer/server.pin")" | conf
run helper token
check "the endpoint: the pinned key" prints_token
main_url=$url
serve wronghost --cert wronghost
: | conf
run helper token
refused "the endpoint: a certificate of another host" 69
serve minutes --expiry-unit minutes
: | conf
run helper token --fresh
refused_saying "minutes where seconds were meant" 76 expiry_unit
echo 'expiry_unit = minutes' | conf
run helper token --json --fresh
check "minutes where minutes were meant" [ "$(jq .expires_in "$dir/out")" = 3600 ]
url=$main_url
: | conf
run helper token --min-valid 2h
refused "--min-valid longer than any token lives" 76

# --- The key

forget_cache
key_case() {
    run timeout 5 env -i HOME="$home" THRIVESTACK_CACHE_DIR="$dir/cache" \
        "$bin/thrivestack-credential" --config "$dir/keyconf" token
    refused "a key file: $1" "$2"
    check "which is named" err_has "$dir/k/$1"
}
mkdir "$dir/k"
make_key_conf() { sed "s|^key_file.*|key_file = $dir/k/$1|" "$dir/conf" >"$dir/keyconf"; }
for name in missing folder fifo empty not-json no-id ec large; do
    make_key_conf "$name"
    case $name in
    missing) ;;
    folder) mkdir -m 700 "$dir/k/folder" ;;
    fifo) mkfifo -m 600 "$dir/k/fifo" ;;
    empty) : >"$dir/k/empty" ;;
    not-json) echo 'key' >"$dir/k/not-json" ;;
    no-id) jq 'del(.key_id)' "$dir/key.json" >"$dir/k/no-id" ;;
    ec) "$issuer" key new "$dir/issuer" --ec --out "$dir/k/ec" >"$dir/ec.id" ;;
    large) head -c 67108864 /dev/zero >"$dir/k/large" ;;
    esac
    [ ! -f "$dir/k/$name" ] || chmod 600 "$dir/k/$name"
    key_case "$name" 66
done
rm -f "$dir/k/large"
for mode in 0644 0640 0604; do
    cp "$dir/key.json" "$dir/k/mode-$mode"
    chmod "$mode" "$dir/k/mode-$mode"
    make_key_conf "mode-$mode"
    key_case "mode-$mode" 78
    check "and the chmod that fixes it" err_has "chmod"
done
if is_root; then
    install -m 600 "$dir/key.json" "$dir/k/foreign"
    chown 65534 "$dir/k/foreign"
    make_key_conf foreign
    key_case foreign 78
    check "and the chown that fixes it" err_has "chown"
else
    skip "a key file: foreign" 'only root can give files away'
fi
ln -s "$dir/key.json" "$dir/k/link"
make_key_conf link
run clean thrivestack-credential --config "$dir/keyconf" token
check "a key file: a symlink is followed" prints_token
sed "s|^key_file.*|key_command = cat $dir/key.json\nkey_id = $key_id|" "$dir/conf" >"$dir/keyconf"
run clean thrivestack-credential --config "$dir/keyconf" token
check "a key command" prints_token
sed "s|^key_file.*|key_command = exit 3\nkey_id = $key_id|" "$dir/conf" >"$dir/keyconf"
forget_cache
run clean thrivestack-credential --config "$dir/keyconf" token
refused "a key command that fails" 66

# --- The configuration

bad_conf() {
    : | conf
    # shellcheck disable=SC2059 # The escapes in it are wanted.
    printf "$2" >>"$dir/conf"
    run helper token
    refused "configuration: $1" 78
    check "with file and line" err_has "$dir/conf:$(wc -l <"$dir/conf")"
}
bad_conf "unknown key" 'colour = red\n'
bad_conf "unknown section" '[colour red]\n'
bad_conf "bad duration" 'min_valid = soon\n'
bad_conf "lifetime over a day" 'lifetime = 25h\n'
bad_conf "host twice" '[host a.example]\n[host A.example]\n'
bad_conf "NUL" 'proxy = a\0b\n'
bad_conf "line of 5,000 bytes" "# $(printf '%5000s' '')\n"
: | conf
chmod 666 "$dir/conf"
run helper token
refused_saying "configuration: writable by others" 78 "$dir/conf"
chmod 644 "$dir/conf"
run clean thrivestack-credential --config "$dir/nowhere" token
refused "configuration: a file that is not there" 78
run helper --profile nobody token
refused "configuration: an unknown profile" 78
extra="THRIVESTACK_TOKEN_URL=$url/api/user/token"
run clean thrivestack-credential token
refused "a token_url in the environment alone" 78
extra="$extra THRIVESTACK_KEY_FILE=$dir/key.json THRIVESTACK_CA_FILE=$dir/issuer/ca.pem THRIVESTACK_SCOPES=user_management"
run clean thrivestack-credential token
check "the environment alone, key and all" prints_token
extra=

# --- The cache

forget_cache
run helper token
first=$(cat "$dir/out")
cached=$(find "$dir/cache" -type f -size +0 | head -n 1)
check "the cache folder is private" [ "$(stat -c %a "$dir/cache")" = 700 ]
check "its files are, too" [ "$(find "$dir/cache" -type f ! -perm 600 | wc -l)" = 0 ]
# spoil NAME COMMAND...: a token all the same, though not from that file.
spoil() {
    what=$1
    shift
    "$@"
    run helper token
    check "the cache: $what" prints_token
}
spoil "junk in the file" sh -c 'echo junk >"$0"' "$cached"
spoil "a file that ends too early" truncate -s 100 "$cached"
spoil "an empty file" truncate -s 0 "$cached"
spoil "a huge file" truncate -s 100M "$cached"
run helper token
sed -i 's/eyJ[A-Za-z0-9_-]*/eyJzdG9sZW4iOjF9/' "$cached"
chmod 666 "$cached"
run helper token
check "the cache: a file too open is not believed" prints_token
check "nor its token returned" [ "$(grep -c eyJzdG9sZW4iOjF9 "$dir/out")" = 0 ]
if is_root; then
    sed -i 's/eyJ[A-Za-z0-9_-]*/eyJzdG9sZW4iOjF9/' "$cached"
    chown 65534 "$cached"
    run helper token
    check "the cache: a foreign file is not believed" prints_token
    check "nor its token returned" [ "$(grep -c eyJzdG9sZW4iOjF9 "$dir/out")" = 0 ]
else
    skip "the cache: a foreign file" 'only root can give files away'
fi
cp "$cached" "$dir/elsewhere" && rm -f "$cached" && ln -s "$dir/elsewhere" "$cached"
spoil "a symlink" true
check "which is replaced, not followed" [ ! -h "$cached" ]
second_id=$("$issuer" key new "$dir/issuer" --out "$dir/second.json")
cp "$dir/second.json" "$dir/key.json.new" && chmod 600 "$dir/key.json.new"
cp -p "$dir/key.json" "$dir/key.json.old"
mv "$dir/key.json.new" "$dir/key.json"
run helper token --json
check "the cache: another key gets its own token" [ "$(jq -r .key_id "$dir/out")" = "$second_id" ]
mv "$dir/key.json.old" "$dir/key.json"
extra="THRIVESTACK_CACHE_DIR=$dir/afile"
: >"$dir/afile"
run helper token
check "the cache: a file in the folder's place" prints_token
mkdir -m 700 "$dir/real" && ln -s "$dir/real" "$dir/link"
extra="THRIVESTACK_CACHE_DIR=$dir/link"
run helper token
check "the cache: a symlink in the folder's place" prints_token
mkdir "$dir/open" && chmod 777 "$dir/open"
extra="THRIVESTACK_CACHE_DIR=$dir/open"
run helper token
check "the cache: a folder open to all" prints_token
check "in which no token is left" [ "$(grep -rl eyJ "$dir/open" | wc -l)" = 0 ]
extra=
without_disk() { (ulimit -f 0 && helper token) | cat; }
extra="THRIVESTACK_CACHE_DIR=$dir/full"
run without_disk
extra=
check_uncounted "the cache: a disk that takes no file" prints_token
run env -i "$bin/thrivestack-credential" --config "$dir/conf" token
check "no HOME, no variable at all" prints_token
mkdir "$dir/user" && cp "$dir/key.json" "$dir/conf" "$dir/issuer/ca.pem" "$dir/user"
sed -i "s|^key_file.*|key_file = $dir/user/key.json|; s|^ca_file.*|ca_file = $dir/user/ca.pem|" \
    "$dir/user/conf"
mkdir -m 555 "$dir/readonly"
give 65534 "$dir/user" "$dir/readonly"
run nobody env -i HOME="$dir/readonly" ASAN_OPTIONS=detect_leaks=0 \
    "$bin/thrivestack-credential" --config "$dir/user/conf" token
check "a home that cannot be written" prints_token
run nobody env -i ASAN_OPTIONS=detect_leaks=0 THRIVESTACK_CACHE_DIR="$dir/readonly" \
    "$bin/thrivestack-credential" --config "$dir/user/conf" token
check "the cache: a folder that cannot be written" prints_token

# --- An endpoint that takes its time to fail

# The token still does when the helper asks for another, and no longer when that has failed. Made to
# live just long enough; should the helper be slower than that, the answer is the same.
forget_cache
: | conf
run helper token
cached=$(find "$dir/cache" -type f -size +0 -name '*.json' | head -n 1)
lived=$((3600 - 300))
jq -c ".received_wall -= $lived | .received_boot_ms = ([.received_boot_ms - $lived * 1000, 0] | max)" \
    "$cached" >"$dir/aged" && cat "$dir/aged" >"$cached"
# shellcheck disable=SC2086 # All of them.
kill -STOP $issuer_pids
run helper token
# shellcheck disable=SC2086
kill -CONT $issuer_pids
refused "a token that falls below min_valid while the endpoint hangs" 69

# --- A hit, seen from outside

: | conf
run helper token
trace() {
    run env -i HOME="$home" THRIVESTACK_CACHE_DIR="$dir/cache" ASAN_OPTIONS=detect_leaks=0 \
        strace -f -o "$dir/trace" "$bin/thrivestack-credential" --config "$dir/conf" token
}
traced() { [ "$status" = 0 ] && grep -q 'write(1, "eyJ' "$dir/trace"; }
absent() { ! grep -qE "$1" "$dir/trace"; }
trace
if can_look_inside; then
    check "a hit can be traced" traced
else
    skip "a hit can be traced" 'what the program writes cannot be read here'
fi
check "a hit starts no process" absent '(fork|clone3?|vfork)\('
check_uncounted "a hit takes no lock" absent 'flock\(|F_(OFD_)?SETLK'
check "a hit loads neither libcurl nor libcrypto" absent 'libcurl|libcrypto|libssl'
check "a hit does not open the key" absent 'open[a-z0-9]*\([^)]*key\.json'
check "a hit asks no name service" absent 'nsswitch|/etc/passwd|socket\('
needed=$(readelf -d "$bin/thrivestack-credential" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
case $needed in
*libasan* | *libubsan*) ;;
*)
    check_uncounted "a hit has under 90 lines of strace" [ "$(wc -l <"$dir/trace")" -lt 90 ]
    # The dynamic linker is there in any case; json-c is in the program where its archive is installed.
    needed=$(echo "$needed" | grep -v '^ld-linux')
    check "the program needs libc alone" [ "${needed%.so*}" = libc ]
    ;;
esac
finish
