#!/bin/sh
# Login events: one file per decision in the spool, and a spool that is full, slow, missing, read-only or
# somebody else's, which changes neither a decision nor its time. Needs root.
# Usage: sh test-spool.sh PREFIX ISSUER BUILD
set -u
want_mounts=yes
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
make_site
# shellcheck source=tests/pam/site.sh
. "$(dirname "$0")/site.sh"
spool=$state/spool
rm -rf "$spool"
notes=$run/thrivestack/events
trap 'rm -rf "$spool" "$scratch"' EXIT
printf '\n[events]\nlogins = yes\n' >>"$scratch/etc/policy.conf"
cp "$scratch/etc/policy.conf" "$scratch/with-events"
sed '/^\[events\]/,$d' "$scratch/with-events" >"$scratch/without-events"

make_spool() {
    rm -rf "$spool" "$notes"
    mkdir -m 700 "$spool"
}
# login TOKEN [USER [SERVICE]]: a decision; what was returned is $result, the log is $scratch/out. With
# $ruid, as a setuid program that this user has started. In this script's process group: the kernel lets
# processes go on that are stopped in a group that loses its last parent.
login() {
    # shellcheck disable=SC2086 # $with is a list of words.
    env ${with-} timeout --foreground 60 "$driver" ${ruid:+--ruid "$ruid"} --answer "$scratch/$1" "${3-sshd}" "${2-$user}" "$scratch/pam.d" authenticate \
        >"$scratch/out" 2>&1
    result=$(sed -n 's/^authenticate //p' "$scratch/out")
}
with=
ruid=
files() { find "$spool" -name '*.json' 2>/dev/null | wc -l; }
has_files() { [ "$(files)" = "$1" ]; }
# The writer goes on after the login, so its work is awaited.
expect_files() { # WHAT COUNT
    if await has_files "$2"; then ok "$1"; else bad "$1" "$(files) files"; fi
}
# writers: their process ids; each has the notes' folder open from its beginning to its end.
writers() { find /proc/[0-9]*/fd -lname "$notes*" 2>/dev/null | cut -d / -f 3 | sort -u; }
no_writer() { [ -z "$(writers)" ]; }
expect() { # WHAT CONDITION...
    what=$1
    shift
    if "$@"; then ok "$what"; else bad "$what" 'it does not hold' "$scratch/out"; fi
}
logs() { grep -qF -- "$1" "$scratch/out"; }

# --- what is written
make_spool
login token
expect "a login" [ "$result" = PAM_SUCCESS ]
expect_files "leaves a file" 1
event=$(cat "$spool"/*.json)
expect "with the event" [ "$(printf %s "$event" | jq -c 'del(.timestamp)')" = \
    "{\"event\":\"pam_login\",\"user_id\":\"$user\",\"properties\":{\"service\":\"sshd\",\"host\":\"$(uname -n)\",\"result\":\"accepted\",\"reason\":\"ok\",\"key_id\":\"good\"}}" ]
expect "and the time" [ "$(printf %s "$event" | jq '.timestamp | fromdate - now | fabs < 60')" = true ]
expect "for root alone" [ "$(stat -c '%a %u' "$spool"/*.json)" = '600 0' ]
expect "no part of the token" sh -c "! grep -q eyJ $spool/*.json"
login forged
expect "a denial" [ "$result" = PAM_AUTH_ERR ]
expect_files "leaves one, too" 2
expect "with its reason" grep -q '"result":"denied","reason":"signature"' "$spool"/*.json
login token "$(cat "$scratch/token")"
expect_files "a user who does not exist" 3
expect "is not named: it may be a password" grep -q '"user_id":"unknown"' "$spool"/*.json
expect "nor a part of the token" sh -c "! grep -q eyJ $spool/*.json"
expect "no draft is left" [ -z "$(find "$spool" -name '.*.json')" ]
expect "nothing is dropped" [ ! -L "$notes/dropped" ]
for setting in no ''; do
    sed "s/^logins = yes/${setting:+logins = $setting}/" "$scratch/with-events" >"$scratch/etc/policy.conf"
    make_spool
    login token
    expect "off (${setting:-default}): the same decision" [ "$result" = PAM_SUCCESS ]
    expect "off (${setting:-default}): no writer" [ ! -e "$notes" ]
    expect "off (${setting:-default}): no file" has_files 0
done
for wrong in 'logins = maybe' 'login = yes' 'logins ='; do
    sed "s/^logins = yes/$wrong/" "$scratch/with-events" >"$scratch/etc/policy.conf"
    login token
    expect "a mistake in [events]: $wrong" [ "$result" = PAM_AUTHINFO_UNAVAIL ]
done
cp "$scratch/with-events" "$scratch/etc/policy.conf"

# --- a spool that is of no use: the same decisions
# both STATE REASON: a login and a denial, and what is logged with the next decision.
both() {
    rm -f "$notes/dropped" "$notes/logged"
    login token
    expect "$1: a login" [ "$result" = PAM_SUCCESS ]
    # A writer that is quick is reported with the decision that started it.
    if ! logs 'events are dropped'; then
        await test -L "$notes/dropped" || bad "$1" 'nothing says that an event was dropped'
    fi
    mv "$scratch/out" "$scratch/first"
    login forged
    expect "$1: a denial" [ "$result" = PAM_AUTH_ERR ]
    cat "$scratch/first" >>"$scratch/out"
    expect "$1: the log says why" logs "login events are dropped: spool $spool: $2"
    await no_writer || bad "$1" 'its writer does not end'
    login token
    expect "$1: not twice a minute" sh -c "! grep -q dropped $scratch/out"
    await no_writer
}
make_spool
rm -rf "$spool"
both missing 'it cannot be opened'
ln -s "$scratch" "$spool"
both 'a link' 'it cannot be opened'
rm "$spool"
: >"$spool"
both 'a file' 'it cannot be opened'
rm "$spool"
make_spool
chmod 755 "$spool"
both 'open to others' "it is not root's alone"
chmod 700 "$spool"
chown 65534 "$spool"
both "somebody else's" "it is not root's alone"
make_spool
expect "nothing was written all the while" [ -z "$(ls -A "$spool")" ]
if has_mounts; then
    mount --bind "$spool" "$spool" && mount -o remount,bind,ro "$spool"
    both 'read-only' 'it cannot be written to'
    umount "$spool"
    mount -t tmpfs -o size=4k,mode=700 none "$spool" && dd if=/dev/zero of="$spool/fill" bs=4k 2>/dev/null
    both 'a full disk' 'its file system is full'
    umount "$spool"
else
    skip 'a read-only spool, a full disk' 'this environment cannot mount'
fi
make_spool
seq 9999 | (cd "$spool" && xargs touch)
login token
expect_files "9,999 files: there is room for one" 1
await no_writer
both '10,000 files' 'it is full'
expect "and no more" [ "$(find "$spool" -type f | wc -l)" = 10000 ]

# --- time
# fastest FILE: milliseconds of the fastest of ten logins under that policy.
fastest() {
    cp "$1" "$scratch/etc/policy.conf"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -n "$with" ] || await no_writer
        start=$(date +%s%N)
        login token
        echo $((($(date +%s%N) - start) / 1000))
        [ "$result" = PAM_SUCCESS ] || echo 999999999
    done | sort -n | head -n 1
}
off=$(fastest "$scratch/without-events")
full=$(fastest "$scratch/with-events")
make_spool
empty=$(fastest "$scratch/with-events")
await no_writer
with="LD_PRELOAD=$build/tests/pam/libslow-open.so SLOW_FOLDER=$spool SLOW_SECONDS=1"
slow=$(fastest "$scratch/with-events")
echo "   microseconds: without $off, with $empty, full $full, slow $slow"
expect "a login takes as long with a spool" [ "$empty" -lt $((off + 50000)) ]
expect "and with a full one" [ "$full" -lt $((off + 50000)) ]
expect "and with one that takes a second to open" [ "$slow" -lt $((off + 50000)) ]
await no_writer

# --- more writers than may write at once
with="LD_PRELOAD=$build/tests/pam/libslow-open.so SLOW_FOLDER=$spool SLOW_SECONDS=3"
make_spool
: >"$scratch/all"
start=$(date +%s)
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do
    login token
    [ "$result" = PAM_SUCCESS ] || bad 'a login beside 16 stuck writers' "$result"
    cat "$scratch/out" >>"$scratch/all"
done
# What the last one has noted waits for the next decision.
says_slow() {
    grep -qF 'its file system is too slow' "$scratch/all" ||
        [ "$(readlink "$notes/dropped")" = 'its file system is too slow' ]
}
if [ $(($(date +%s) - start)) -lt 3 ]; then
    expect "a 17th writer drops its event" await says_slow
else
    skip 'a 17th writer' 'this machine is too slow for it'
fi
with=
if await no_writer; then
    expect_files "those 16 write in the end" 16
else
    bad 'stuck writers' 'they do not end'
fi

# --- su, which its caller may stop: the real user id is theirs
make_spool
with="LD_PRELOAD=$build/tests/pam/libstop-writer.so"
ruid=1234
# ids_of PID...: the state and the user ids of each.
ids_of() {
    for pid in "$@"; do
        sed -n 's/^State:[[:space:]]*\(.\).*/\1/p; s/^Uid:[[:space:]]*//p' "/proc/$pid/status" | xargs
    done
}
# writers_are COUNT STATE-AND-IDS: that many, all of them like that.
writers_are() {
    # shellcheck disable=SC2046 # One word each.
    [ "$(ids_of $(writers) 2>/dev/null | uniq -c | xargs)" = "$1 $2" ]
}
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    login token
    [ "$result" = PAM_SUCCESS ] || bad "a caller's login" "$result"
done
expect "16 writers are stopped while they have their caller's user id" await writers_are 16 "T $ruid 0 0 0"
stopped=$(writers)
with=
ruid=
login token
expect_files "that drops nobody else's event" 1
expect "and nothing is noted" [ ! -L "$notes/dropped" ]
# shellcheck disable=SC2086 # One word each.
kill -CONT $stopped
expect_files "they write once they go on" 17
await no_writer || bad 'stopped writers' 'they do not end'
with="LD_PRELOAD=$build/tests/pam/libslow-open.so SLOW_FOLDER=$spool SLOW_SECONDS=2"
ruid=1234
login token
expect "a writer that opens the spool has no user id of the caller's" await 1 writers_are 1 'S 0 0 0 0'
await no_writer || bad 'a slow writer' 'it does not end'

# --- a service without a section: nobody is looked up for it, so nobody is named
with=
ruid=
make_spool
sed 's/^\[service \*\]/[service sshd]/; s/^services .*/services = sshd/' "$scratch/with-events" >"$scratch/etc/policy.conf"
make_stacks vsftpd
login token "$user" vsftpd
expect "a service without a section" [ "$result" = PAM_USER_UNKNOWN ]
expect_files "leaves an event" 1
expect "that names no user" [ "$(jq -r '.user_id + " " + .properties.service' "$spool"/*.json)" = 'unknown vsftpd' ]
finish
