#!/bin/sh
# `key import`, `key public` and `key check`: what they print, what each mistake gets, and that the
# old key stays whatever happens to an import.
# usage: test-key.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

place=$dir/place
mkdir -m 700 "$place" "$dir/d"
new_key() {
    name=$1
    shift
    "$issuer" key new "$dir/issuer" --out "$dir/d/$name" "$@" >"$dir/d/$name.id" || exit 1
}
id_of() { cat "$dir/d/$1.id"; }

# place_conf [PATH-PREFIX]: as conf, with the key in a folder of its own. What is on stdin is added.
place_conf() {
    conf "${1-}"
    sed -i "s|^key_file = .*|key_file = $place/key.json|" "$dir/conf"
}
reset_place() {
    rm -rf "$place"
    mkdir -m 700 "$place"
    install -m 600 "$dir/key.json" "$place/key.json"
    : | place_conf
}

# The only entry of the folder is the key: no draft was left.
is_alone() { [ "$(ls -A "$place")" = key.json ]; }
# kept: the old key is there as it was, and nothing else.
kept() { cmp -s "$dir/key.json" "$place/key.json" && is_alone; }
# installed NAME: that download is in place, for its owner alone.
installed() {
    cmp -s "$dir/d/$1" "$place/key.json" && [ "$(stat -c %a "$place/key.json")" = 600 ] && is_alone
}
no_secret() {
    ! grep -qE 'PRIVATE|eyJhbG|BEGIN RSA' "$dir/out" "$dir/err" &&
        ! grep -qF "$(jq -r .private_key "$dir/d/$1" | sed -n 12p)" "$dir/out" "$dir/err"
}
import() { run helper key import "$@"; }
# not_imported WHAT CODE: the import failed and the old key stayed.
not_imported() {
    refused "import: $1" "$2"
    check "import: $1, and the old key stays" kept
}

# --- import

new_key new --name 'build server' --expires 2031-05-06 --rotation 30d
chmod 644 "$dir/d/new"
reset_place
run helper token --json
check "the old key works" [ "$(jq -r .key_id "$dir/out")" = "$key_id" ]
count_from_here
import "$dir/d/new"
check "import succeeds" succeeded
check "and puts the download in place" installed new
check "after one request" asked 1
check "and says which key that is" out_has "$(id_of new)"
for text in 'build server' 2031-05-06 30d "$place/key.json" 'key public' "$dir/d/new" 'mode 0644'; do
    check "and tells $text" out_has "$text"
done
check "and prints no secret" no_secret new
check "and leaves the download" [ -s "$dir/d/new" ]
run helper token --json
check "the new key's token is handed out, not the cached one of the old" \
    [ "$(jq -r .key_id "$dir/out")" = "$(id_of new)" ]

reset_place
chmod 600 "$dir/d/new"
import "$dir/d/new"
check "import of a download that is closed to others" installed new
check "which then needs no word about its mode" [ "$(grep -c 'mode 0' "$dir/out")" = 0 ]
reset_place
chmod 644 "$place/key.json"
import "$dir/d/new"
check "import in place of a key file that is too open" installed new
reset_place
rm -rf "$place"
sed -i "s|^key_file = .*|key_file = $place/a/b/key.json|" "$dir/conf"
import "$dir/d/new"
check "import makes the folders that are missing" cmp -s "$dir/d/new" "$place/a/b/key.json"
check "for their owner alone" \
    [ "$(stat -c %a "$place" "$place/a" "$place/a/b" | sort -u)" = 700 ]
reset_place
in_folder() (cd "$dir/d" && helper key import new)
run in_folder
check "import of a relative path" installed new
reset_place
wide_open() (umask 000 && helper key import "$dir/d/new")
run wide_open
check "import under a wide umask" installed new
reset_place
rm "$place/key.json"
mkdir -m 700 "$dir/elsewhere"
install -m 600 "$dir/key.json" "$dir/elsewhere/real.json"
ln -s "$dir/elsewhere/real.json" "$place/key.json"
import "$dir/d/new"
check "import through a link: what it leads to is replaced" cmp -s "$dir/d/new" "$dir/elsewhere/real.json"
check "import through a link: the link stays" [ -L "$place/key.json" ]
reset_place
echo "key_id = $(id_of new)" | place_conf
import "$dir/d/new.pem"
check "import of a bare PEM, with a key_id" cmp -s "$dir/d/new.pem" "$place/key.json"
reset_place
chmod 1777 "$place"
import "$dir/d/new"
check "import into a sticky folder" installed new
# Root with another user's HOME would make files there that shut the user out.
if is_root; then
    reset_place
    chown -R 54321 "$place"
    import "$dir/d/new"
    not_imported "by root over another user's key" 78
    check "and the user is named" err_has "belongs to user 54321: run this as that user (sudo -u '#54321')"
    rm "$place/key.json"
    sed -i "s|^key_file = .*|key_file = $place/a/key.json|" "$dir/conf"
    import "$dir/d/new"
    refused "import: by root into another user's folder" 78
    check "and makes no folder there" [ -z "$(ls -A "$place")" ]
else
    skip "import: by root over another user's key" 'only root can do that'
fi
new_key other
reset_place
two_at_once() {
    helper key import "$dir/d/new" >"$dir/first" 2>&1 &
    first=$!
    helper key import "$dir/d/other"
    second=$?
    wait "$first" && return "$second"
}
run two_at_once
check "two imports at once both succeed" succeeded
check "and one of the keys is in place, whole" eval 'installed new || installed other'

# The download.
reset_place
import "$dir/d/missing"
not_imported "no such file" 66
import "$dir/d"
not_imported "a folder" 66
mkfifo "$dir/d/fifo"
run timeout 10 env -i HOME="$home" ASAN_OPTIONS="${ASAN_OPTIONS-}" \
    "$bin/thrivestack-credential" --config "$dir/conf" key import "$dir/d/fifo"
not_imported "a FIFO" 66
: >"$dir/d/empty"
import "$dir/d/empty"
not_imported "an empty file" 66
echo '<html>sign in</html>' >"$dir/d/page"
import "$dir/d/page"
not_imported "a page of HTML" 66
head -c 100000 /dev/zero >"$dir/d/large"
import "$dir/d/large"
not_imported "a file that is too large" 66
new_key ec --ec
import "$dir/d/ec"
not_imported "a key that is not RSA" 66
new_key short --bits 1024
import "$dir/d/short"
not_imported "a key that is too short" 66
import "$dir/d/new.pub.pem"
not_imported "the public half" 66
import "$dir/d/new.pem"
not_imported "a PEM without a key_id" 66
for mode in 666 664 620; do
    install -m "$mode" "$dir/d/new" "$dir/d/open"
    import "$dir/d/open"
    not_imported "a download that others could have written, $mode" 78
    check "and the chmod that fixes it" err_has chmod
done
import "$place/key.json"
not_imported "the key file itself" 64
ln -s "$place/key.json" "$dir/d/same"
import "$dir/d/same"
not_imported "a link to the key file itself" 64

# The endpoint.
new_key revoked
"$issuer" key revoke "$dir/issuer" "$(id_of revoked)"
import "$dir/d/revoked"
not_imported "a key that was revoked" 77
new_key expired --expires 2020-01-01
import "$dir/d/expired"
not_imported "a key that has expired" 77
check "a key that has expired: to create a new one" err_has 'expired on 2020-01-01: create a new one and import it'
check "a key that has expired: and nothing else" [ "$(grep -c 'scopes\|revoked' "$dir/err")" = 0 ]
new_key narrow --scopes telemetry_apis
import "$dir/d/narrow"
not_imported "a key without the profile's scopes" 77
for row in 'e503 69' 'hang 69' 'html 76' 'bad-signature 76' 'wrong-aud 76' 'redirect-307 76'; do
    : | place_conf "/fault/${row% *}"
    import "$dir/d/new"
    not_imported "the endpoint: ${row% *}" "${row#* }"
done
: | place_conf
sed -i 's|^token_url = .*|token_url = https://localhost:1/api/user/token|' "$dir/conf"
import "$dir/d/new"
not_imported "the endpoint: refuses the connection" 69

# The profile.
echo "key_id = $key_id" | place_conf
import "$dir/d/new"
not_imported "another key than the configured key_id" 78
: | place_conf
sed -i "/^scopes/d" "$dir/conf"
import "$dir/d/new"
not_imported "a profile without scopes" 78
check "and where they go" err_has 'or pass --scope'
: | place_conf
sed -i "s|^key_file = .*|key_command = cat $place/key.json\nkey_id = $(id_of new)|" "$dir/conf"
import "$dir/d/new"
not_imported "a profile with a key_command" 78

# Every error says for which profile, once.
corp() {
    {
        printf '[profile corp]\nkey_file = %s\nscopes = user_management\n' "$place/key.json"
        printf 'token_url = %s\nca_file = %s\n' "$url${1-}/api/user/token" "$dir/issuer/ca.pem"
    } | place_conf
}
names_corp() {
    check "$1" [ "$(grep -o 'profile corp' "$dir/err" | wc -l)" = 1 ]
    check "$1, in front" err_has 'thrivestack-credential: profile corp: '
}
corp
for row in none empty revoked; do
    import --profile corp "$dir/d/$row"
    names_corp "import: $row: the profile"
done
import --profile corp "$place/key.json"
names_corp "import: the key file itself: the profile"
corp /fault/e503
import --profile corp "$dir/d/new"
names_corp "import: the endpoint fails: the profile"
corp
sed -i '/^\[profile corp/,$s/^scopes.*//' "$dir/conf"
import --profile corp "$dir/d/new"
check "import: no scopes: the profile" err_has 'thrivestack-credential: profile corp: '
corp
chmod 644 "$place/key.json"
run helper key public --profile corp
names_corp "public: a key that others can read: the profile"
chmod 600 "$place/key.json"

# The place.
: | place_conf
chmod 777 "$place"
import "$dir/d/new"
not_imported "a folder that others can write to" 78
check "and the chmod that fixes it" err_has 'chmod go-w'
reset_place
rm "$place/key.json"
ln -s nowhere "$place/key.json"
import "$dir/d/new"
refused "import: a link that leads nowhere" 78
check "which stays, and makes no file" [ "$(readlink "$place/key.json")" = nowhere ]
check "and nothing else either" is_alone
for kind in 'mkdir -m 700' 'mkfifo -m 600'; do
    reset_place
    rm "$place/key.json"
    $kind "$place/key.json"
    import "$dir/d/new"
    refused "import: in place of what ${kind%% *} made" 78
    check "which stays" [ ! -f "$place/key.json" ]
    check "and nothing else is there" is_alone
done
reset_place
rm "$dir/elsewhere/real.json"
: >"$dir/elsewhere/file"
sed -i "s|^key_file = .*|key_file = $dir/elsewhere/file/key.json|" "$dir/conf"
import "$dir/d/new"
refused "import: a folder that is a file" 78
# A limit on the size of files is what a full disk is: writing fails half way.
full_disk() (ulimit -f 1 && helper key import "$dir/d/new")
reset_place
run full_disk
not_imported "no room for the file" 71
if is_root; then
    install -m 600 -o 65534 "$dir/d/new" "$dir/d/foreign"
    import "$dir/d/foreign"
    not_imported "a download of another user's" 78
    reset_place
    mkdir "$dir/elsewhere/theirs"
    install -m 600 "$dir/key.json" "$dir/elsewhere/theirs.json"
    rm "$place/key.json"
    ln -s "$dir/elsewhere/theirs.json" "$place/key.json"
    chown -h 65534 "$place/key.json"
    import "$dir/d/new"
    refused "import: a link of another user's" 78
    check "and what it leads to stays" cmp -s "$dir/key.json" "$dir/elsewhere/theirs.json"
    reset_place
    chown 65534 "$place"
    import "$dir/d/new"
    not_imported "a folder of another user's" 78
else
    skip "import: a download, link or folder of another user's" 'only root can give files away'
fi
# Somebody who may read everything there, and write nothing.
reset_place
chmod 555 "$place"
install -m 644 "$dir/d/new" "$dir/d/readable"
chmod 755 "$dir/d" "$dir/issuer"
chmod 644 "$dir/conf" "$dir/issuer/ca.pem"
run nobody env -i HOME=/ "$bin/thrivestack-credential" --config "$dir/conf" key import "$dir/d/readable"
not_imported "a folder that cannot be written to" 78
check "and says so" err_has 'cannot be written'
chmod 700 "$place"

# The import is killed while it waits for the endpoint.
reset_place
: | place_conf /fault/hang
sed -i 's/^timeout = .*/timeout = 60s/' "$dir/conf"
count_from_here
helper key import "$dir/d/new" >"$dir/out" 2>"$dir/err" &
importing=$!
while asked 0 && kill -0 "$importing"; do :; done
kill -9 "$importing"
wait "$importing" 2>/dev/null
check "import: killed half way, and the old key stays" kept

# --- public

new_key named --expires 2031-05-06
reset_place
install -m 600 "$dir/d/named" "$place/key.json"
named=$(id_of named)
in_out() { grep -qxE "$1" "$dir/out"; }
count_from_here
run helper key public
check "public succeeds" succeeded
check "public asks nobody" asked 0
check "public: the section" in_out "\[key $named\]"
check "public: the public half" out_has "public_key   = $(sed /-----/d "$dir/d/named.pub.pem" | tr -d '\n')"
check "public: the user" in_out "users += $(id -un)"
check "public: the scopes" in_out 'scopes += user_management'
check "public: the lifetime" in_out 'max_lifetime += 1h'
check "public: the last day" in_out 'expires += 2031-05-06'
check "public: the service" in_out 'services += sshd'
check "public: nothing private" no_secret named
for row in '90s 90s' '15m 15m' '3600 1h' '1d 1d' '7260 121m'; do
    echo "lifetime = ${row% *}" | place_conf
    run helper key public
    check "public: a lifetime of ${row% *}" in_out "max_lifetime += ${row#* }"
done
: | place_conf
extra="THRIVESTACK_KEY_FILE=$dir/d/new THRIVESTACK_SCOPES=telemetry_apis"
run helper key public
check "public: of a key before it is imported" in_out "\[key $(id_of new)\]"
check "public: scopes from the environment" in_out 'scopes += telemetry_apis'
extra=
jq 'del(.expiry)' "$dir/d/named" >"$place/key.json"
run helper key public
check "public: no last day where none is known" [ "$(grep -c '^expires' "$dir/out")" = 0 ]

pub=$dir/pub/lic
run helper key public --out "$pub"
check "public --out succeeds" succeeded
check "public --out prints what it wrote" \
    [ "$(cat "$dir/out")" = "$(printf '%s\n' "$pub/$named.pem" "$pub/$named.conf")" ]
check "public --out: the PEM" cmp -s "$pub/$named.pem" "$dir/d/named.pub.pem"
check "public --out: the section" grep -qxF "[key $named]" "$pub/$named.conf"
check "public --out: nothing else in it" [ "$(grep -c BEGIN "$pub/$named.conf")" = 0 ]
check "public --out: anyone may read both" [ "$(stat -c %a "$pub"/* | sort -u)" = 644 ]
check "public --out: no more than the two" [ "$(find "$pub" -type f | wc -l)" = 2 ]
echo stale >"$pub/$named.conf"
run helper key public --out "$pub"
check "public --out again replaces them" grep -qxF "[key $named]" "$pub/$named.conf"
{
    printf '[service sshd]\nscopes = user_management\n\n'
    cat "$pub/$named.conf"
} >"$pub/policy.conf"
chmod 755 "$dir/pub" "$pub"
: | place_conf
helper token >"$dir/token"
explain_named() { helper explain --service sshd --user "$(id -un)" --policy "$pub/policy.conf" <"$dir/token"; }
run explain_named
check "public --out: a host with the section accepts the key's token" [ "$(head -n 1 "$dir/out")" = accepted ]
: >"$dir/a-file"
run helper key public --out "$dir/a-file"
refused "public --out: a file" 74
run helper key public --out "$dir/a-file/folder"
refused "public --out: a folder below a file" 74
mkdir "$pub/$named.pem.d" && rm "$pub/$named.pem" && mv "$pub/$named.pem.d" "$pub/$named.pem"
run helper key public --out "$pub"
refused "public --out: where it cannot be written" 74
check "public --out: and no draft is left" [ -z "$(find "$pub" -name '.*.pem.*')" ]
to_full_disk() { helper key public >/dev/full; }
run to_full_disk
refused "public: a full disk at stdout" 74
rm "$place/key.json"
run helper key public
refused "public: no key" 66
install -m 644 "$dir/d/named" "$place/key.json"
run helper key public
refused "public: a key that others can read" 78
chmod 600 "$place/key.json"
sed -i '/^scopes/d' "$dir/conf"
run helper key public
refused "public: no scopes" 78
check "public: and where they go" err_has 'or pass --scope'

# --- check

day() { date -ud "@$(($(date +%s) + $1 * 86400))" +%F; }
# key_with JQ: the key with details changed.
key_with() {
    reset_place
    jq -c "$1" "$dir/d/named" >"$place/key.json"
    chmod 600 "$place/key.json"
}
# found CODE LINE-BEGINNING: the exit code and a line; nothing on stderr.
found() {
    [ "$status" = "$1" ] && [ ! -s "$dir/err" ] && grep -q "^$2" "$dir/out" &&
        [ "$(grep -cvE '^(ok|warn|fail): ' "$dir/out")" = 0 ]
}
check_row() {
    run helper key check
    check "check: $1" found "$2" "$3"
}
key_with .
count_from_here
check_row "nothing to do" 0 "ok: key $named (test key), RSA, 2048 bits"
check "check: asks nobody" asked 0
check "check: nothing but ok" [ "$(grep -cv '^ok: ' "$dir/out")" = 0 ]
check "check: the last day" grep -q '^ok: the key expires on 2031-05-06' "$dir/out"
check "check: when rotation is due" grep -q "^ok: rotation (90d) is due on $(day 90)" "$dir/out"
check "check: owner and mode" grep -q "^ok: $place/key.json is owned by you, mode 0600" "$dir/out"
check "check: nothing private" no_secret named
key_with ".expiry = \"$(day -1)\""
check_row "expired yesterday" 66 "fail: the key expired on $(day -1)"
key_with ".expiry = \"$(day 0)\""
check_row "expires today" 66 "warn: the key expires on $(day 0)"
key_with ".expiry = \"$(day 13)\""
check_row "expires in 13 days" 66 "warn: the key expires on $(day 13)"
key_with ".expiry = \"$(day 20)\""
check_row "expires in 20 days" 0 "ok: the key expires on $(day 20)"
key_with 'del(.expiry)'
check_row "no expiry" 0 'ok: the key does not say when it expires'
key_with '.expiry = "never"'
check_row "an expiry that is no date" 0 "ok: the key expires 'never'"
key_with ".created_at = \"$(day -91)\""
check_row "rotation due" 66 "warn: rotation (90d) was due on $(day -1)"
key_with ".created_at = \"$(day -80)\""
check_row "rotation not yet due" 0 "ok: rotation (90d) is due on $(day 10)"
key_with 'del(.created_at)'
check_row "rotation, but not since when" 0 'ok: whether rotation is due is unknown'
key_with 'del(.rotation_frequency)'
check_row "no rotation" 0 'ok: whether rotation is due is unknown'
key_with .
chmod 640 "$place/key.json"
check_row "a file that others can read" 78 'fail: .*chmod'
key_with .
chmod 770 "$place"
check_row "a folder that others can write to" 78 'fail: folder .*chmod go-w'
key_with ".expiry = \"$(day -1)\""
chmod 770 "$place"
check_row "unsafe counts more than expired" 78 'fail: the key expired'
key_with 'del(.private_key)'
check_row "no private key in it" 66 'fail: .*private_key'
rm "$place/key.json"
check_row "no file" 66 'fail: .*does not exist'
key_with .
echo 'key_id = another' | place_conf
check_row "another key_id configured" 78 'fail: .*key_id another'
: | place_conf
sed -i "s|^key_file = .*|key_command = cat $place/key.json\nkey_id = $named|" "$dir/conf"
check_row "a key_command" 0 "ok: key $named"
check "check: which has no file to look at" [ "$(grep -c mode "$dir/out")" = 0 ]
sed -i "s|^key_command = .*|key_command = exit 3|" "$dir/conf"
check_row "a key_command that fails" 66 'fail: key_command'
echo 'colour = red' | place_conf
run helper key check
refused "check: a configuration that does not parse" 78
if is_root; then
    key_with .
    chown 65534 "$place/key.json"
    check_row "a file of another user's" 78 'fail: .*chown'
    key_with .
    chown 65534 "$place"
    check_row "a folder of another user's" 78 'fail: folder'
else
    skip "check: a file and a folder of another user's" 'only root can give files away'
fi

# --- usage

reset_place
for words in '' 'exports' 'export now' 'import' 'public now' 'check now' 'import a b' 'import a --out b' \
    'check --out b' 'public --all' 'check --json' 'public --out='; do
    # shellcheck disable=SC2086 # A list of words is wanted here.
    run helper key $words
    refused "usage: key $words" 64
done
run helper key --help
check "key --help" out_has 'Usage: thrivestack-credential key [OPTION]... import FILE|public|check'

finish
