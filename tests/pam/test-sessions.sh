#!/bin/sh
# Session token files and single use, both of which need root.
# Usage: sh test-sessions.sh PREFIX ISSUER BUILD
set -u
# Some cases mount over the run folder.
want_mounts=yes
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
make_site
folder=$run/thrivestack/$uid
variable=THRIVESTACK_TOKEN_FILE
sealed=THRIVESTACK_LOGIN

# shellcheck source=tests/pam/drive.sh
. "$(dirname "$0")/drive.sh"

# How many files of the user's sessions there are.
files() {
    list_files | wc -l
}

list_files() {
    [ ! -d "$folder" ] || find "$folder" -type f
}

# begin OPTIONS... : pam-driver in the background; step lets it go on past a `pause`, `settle` waits
# until it stands at the next one or is through.
begin() {
    rm -f "$scratch/in"
    mkfifo "$scratch/in"
    # The driver's own redirection comes later than the first look at what it has printed.
    : >"$scratch/out"
    timeout 60 "$driver" "$@" <"$scratch/in" >"$scratch/out" 2>&1 &
    pid=$!
    exec 3>"$scratch/in"
}

# The driver prints `pause PAM_SUCCESS` when it goes on, and a line before it pauses.
wait_for() {
    await 60 has_come_or_ended "^$1"
    grep -q "^$1" "$scratch/out" || bad "$1" 'it does not come' "$scratch/out"
}
has_come_or_ended() { grep -q "$1" "$scratch/out" || ! kill -0 "$pid" 2>/dev/null; }

go_on() {
    echo >&3
}

finish_driver() {
    exec 3>&-
    wait "$pid"
    search_log 'a session'
}

answer() {
    printf -- '--answer %s' "$scratch/token"
}

# ---- one process, as login has it
sign "$scratch/token"
# shellcheck disable=SC2046
begin $(answer) sshd $user "$scratch/pam.d" authenticate setcred account env open env pause close env delete-cred
wait_for 'open PAM'
wait_for "env $variable"
has 'authenticate succeeds' 'authenticate PAM_SUCCESS'
has 'setcred succeeds' 'setcred PAM_SUCCESS'
has 'account is ignored, and nobody else is there' 'account PAM_PERM_DENIED'
has 'a session is opened' 'open PAM_SUCCESS'
is 'the path is exported by the session' "$(grep -c "^env $variable" "$scratch/out")" 1
path=$(sed -n "s/^env $variable=//p" "$scratch/out" | tail -n 1)
is 'the file is root'\''s' "$(stat -c '%u %g %a %h %F' "$path")" "0 0 440 1 regular file"
is 'it holds the token' "$(cat "$path")" "$(cat "$scratch/token")"
is 'its folders are root'\''s' "$(stat -c '%u %a' "$folder" "$run/thrivestack" | sort -u)" '0 711'
is 'the user can read it' "$(setpriv --reuid "$uid" --clear-groups cat "$path")" "$(cat "$scratch/token")"
is 'another user cannot, not even in all groups of root and of the user' \
    "$(setpriv --reuid bin --regid 0 --groups "0,$uid" cat "$path" 2>&1 | sed 's/.*: //')" 'Permission denied'
for attempt in 'echo x >"$1"' 'chmod 600 "$1"' 'rm -f "$1"' 'mv "$1" "$1.x"' 'ln "$1" "$1.x"' 'touch "$1"' \
    'truncate -s 9M "$1"' 'dd if=/dev/zero of="$1" bs=1M count=9' 'dd if=/dev/zero of="${1%/*}/more" count=1'; do
    if setpriv --reuid "$uid" --clear-groups sh -c "$attempt" sh "$path" >"$scratch/attempt" 2>&1; then
        bad 'the user can only read it' "$attempt succeeds" "$scratch/attempt"
    fi
done
is 'after all attempts it is as it was' "$(stat -c '%u %a %h' "$path") $(cat "$path")" "0 440 1 $(cat "$scratch/token")"
go_on
finish_driver
has 'a session is closed' 'close PAM_SUCCESS'
has 'setcred again' 'delete-cred PAM_SUCCESS'
is 'the file is gone' "$(files)" 0
has_not 'no token in the log' "log.*$(cut -c 60-80 "$scratch/token")"

# ---- two processes, as sshd has it
# shellcheck disable=SC2046
begin $(answer) --rhost 192.0.2.7 sshd $user "$scratch/pam.d" forked-authenticate env pause setcred env open env pause close
wait_for "env $sealed"
is 'forked: no file until there is a session' "$(files)" 0
has_not 'forked: no path until there is a session' "^env $variable"
sed -n "s/^env $sealed=//p" "$scratch/out" >"$scratch/sealed"
is 'forked: nothing of the token in the environment' \
    "$(grep -cFf "$scratch/stretches" "$scratch/sealed") $({ tr -- -_ +/ <"$scratch/sealed" | base64 -d 2>"$scratch/base64"; } | grep -acFf "$scratch/stretches")" '0 0'
go_on
wait_for 'open PAM_SUCCESS'
wait_for "env $variable"
path=$(sed -n "s/^env $variable=//p" "$scratch/out")
is 'forked: the session has its token' "$(setpriv --reuid "$uid" --clear-groups cat "$path")" "$(cat "$scratch/token")"
go_on
finish_driver
has 'forked: authenticate' 'forked-authenticate PAM_SUCCESS'
has 'forked: setcred' 'setcred PAM_SUCCESS'
has 'forked: close' 'close PAM_SUCCESS'
is 'forked: from setcred on, nothing of the login in the environment' \
    "$(sed -n '/^setcred/,$p' "$scratch/out" | grep -c "^env $sealed")" 0
is 'forked: the file is gone' "$(files)" 0

# ---- a login that the account stage refuses ends there: sshd's child dies, and nothing is left
# shellcheck disable=SC2046
drive 'refused by account' $(answer) sshd $user "$scratch/pam.d" forked-authenticate account vanish
is 'refused by account: no file is left' "$(files)" 0

# ---- what was sealed opens for this login in this program alone
"$driver" --answer "$scratch/token" sshd $user "$scratch/pam.d" forked-authenticate env >"$scratch/out" 2>&1 </dev/null
stolen=$(sed -n "s/^env $sealed=//p" "$scratch/out")
is 'sealed: there is something to steal' "$((${#stolen} > 600))" 1
for text in "$stolen" "${stolen%????}" "A$stolen" AAAA '' "$(head -c 3000 /dev/zero | tr '\0' A)"; do
    drive 'sealed' --putenv "$sealed=$text" sshd $user "$scratch/pam.d" setcred open env
    has_not 'sealed: a text from elsewhere opens nothing' 'PAM_SUCCESS.*open\|^open PAM_SUCCESS\|^setcred PAM_SUCCESS'
    has_not 'sealed: it does not stay' "^env $sealed"
done
# shellcheck disable=SC2046
drive 'sealed, another user' $(answer) sshd $user "$scratch/pam.d" forked-authenticate "user=bin" setcred open env
is 'sealed: for another user it opens nothing' "$(grep -c '^\(setcred\|open\) PAM_SUCCESS' "$scratch/out")" 0
# shellcheck disable=SC2046
drive 'sealed, another service' $(answer) sshd $user "$scratch/pam.d" forked-authenticate "service=other" setcred open env
is 'sealed: for another service it opens nothing' "$(grep -c '^\(setcred\|open\) PAM_SUCCESS' "$scratch/out")" 0

# ---- a token's end between the login and its session; the token has ten minutes
sign "$scratch/short" --exp "$(($(date +%s) + 600))"
for step in authenticate forked-authenticate; do
    drive "expired, $step" --answer "$scratch/short" sshd $user "$scratch/pam.d" $step later=650 setcred open env close
    has "expired, $step: within the tolerance setcred succeeds" 'setcred PAM_SUCCESS'
    has "expired, $step: within the tolerance the session has its token" "env $variable=$folder"
    drive "expired, $step" --answer "$scratch/short" sshd $user "$scratch/pam.d" $step later=670 setcred open env
    has "expired, $step: setcred still succeeds" 'setcred PAM_SUCCESS'
    has "expired, $step: a token that is over is not given to the session" 'log warning .*no token file: its token has expired'
    has_not "expired, $step: no variable" '^env THRIVESTACK'
done
drive 'an old login' --answer "$scratch/short" sshd $user "$scratch/pam.d" forked-authenticate later=1300 setcred open env
has_not 'an old login: what was sealed opens nothing' '^\(setcred\|open\) PAM_SUCCESS'
has 'an old login: it is said' "log warning .*$sealed in the PAM environment: its token has expired"
is 'an old login: no file' "$(files)" 0

# ---- no file can be written: every step of the login succeeds all the same, and only the file is missing
full() {
    # shellcheck disable=SC2046
    drive "$1" $(answer) sshd $user "$scratch/pam.d" "$2" setcred open env delete-cred
    has "$1, $2: authenticate" "$2 PAM_SUCCESS"
    has "$1, $2: setcred" 'setcred PAM_SUCCESS'
    has "$1, $2: no session's token" 'open PAM_PERM_DENIED'
    has "$1, $2: it is said" 'log warning .*has no token file'
    has_not "$1, $2: no variable" '^env THRIVESTACK'
}
for step in authenticate forked-authenticate; do
    rm -rf "$run/thrivestack"
    : >"$run/thrivestack"
    full 'a file in place of the folder' $step
    rm "$run/thrivestack"
    has_mounts || { skip "a full run folder, $step" 'nothing can be mounted here' && continue; }
    mount -t tmpfs -o size=8k,mode=755 none "$run" || bad 'a small file system' 'it is not mounted'
    cat /dev/zero >"$run/filler" 2>"$scratch/cat"
    mkdir -p "$folder" 2>"$scratch/mkdir"
    full 'a full run folder' $step
    mount -o remount,ro "$run"
    full 'a run folder that can only be read' $step
    umount "$run"
    mount -t ramfs -o mode=755 none "$run" && full 'a run folder without ACLs' $step
    is "a run folder without ACLs, $step: no file is left" "$(files)" 0
    umount "$run"
done
mkdir -p "$run"

# ---- no session line: neither file nor variable stays
# shellcheck disable=SC2046
drive 'no session' $(answer) sshd $user "$scratch/pam.d" forked-authenticate setcred env
is 'no session: no variable' "$(grep -c "^env $variable" "$scratch/out")" 0
is 'no session: no file' "$(files)" 0

# ---- a login that was not by token
drive 'not by token' sshd $user "$scratch/pam.d" setcred open env close
is 'not by token: nothing but PAM_IGNORE, which a lone module makes a denial' \
    "$(grep -c 'PAM_PERM_DENIED\|PAM_SESSION_ERR\|PAM_CRED_ERR' "$scratch/out")" 3
has_not 'not by token: no variable' "^env $variable=/"

# ---- opened twice, as a stack with two of our lines has it
# shellcheck disable=SC2046
drive 'opened twice' $(answer) sshd $user "$scratch/pam.d" authenticate open open close
is 'opened twice: well both times' "$(grep -c '^open PAM_SUCCESS' "$scratch/out")" 2
has 'opened twice: closed once' 'close PAM_SUCCESS'
is 'opened twice: no file is left' "$(files)" 0

# ---- a session line with a typing error
sed 's/^session.*/& polcy=x/' "$scratch/pam.d/sshd" >"$scratch/pam.d/typo"
# shellcheck disable=SC2046
drive 'a typing error' $(answer) typo $user "$scratch/pam.d" authenticate open close
has 'a typing error: no session' 'open PAM_SYSTEM_ERR'
has 'a typing error: nor its end' 'close PAM_SYSTEM_ERR'
has 'a typing error: the log says which' 'log err .*session: .*polcy'

# ---- several sessions of one user at once
cp "$scratch/token" "$scratch/token2"
# shellcheck disable=SC2046
begin $(answer) sshd $user "$scratch/pam.d" authenticate open pause close
wait_for 'open PAM_SUCCESS'
cp "$scratch/out" "$scratch/first"
timeout 60 "$driver" --answer "$scratch/token2" sshd $user "$scratch/pam.d" authenticate open env close \
    >"$scratch/second" 2>&1 </dev/null
is 'two sessions: the second closes its own file only' "$(files)" 1
go_on
finish_driver
is 'two sessions: both are closed' "$(files)" 0

# ---- paths from elsewhere
victim=$scratch/victim
echo precious >"$victim"
for path in "$victim" "$run/thrivestack/$uid/../../../victim" "$folder/session-" \
    "$folder/session-0123456789abcdef0123456789abcdeg" "$run/thrivestack/0/session-$(printf '%032d' 1)" ''; do
    drive "path $path" --putenv "$variable=$path" sshd $user "$scratch/pam.d" setcred open env close
    has_not "path '$path' is dropped" "^env $variable"
    has_not "path '$path' opens nothing" 'PAM_SUCCESS.*open\|^open PAM_SUCCESS'
    drive "only close, path $path" --putenv "$variable=$path" sshd $user "$scratch/pam.d" close
    has "path '$path' closes nothing" 'close PAM_PERM_DENIED'
done
is 'the victim is as it was' "$(stat -c '%u %a' "$victim") $(cat "$victim")" '0 644 precious'

is 'the victim is still root'\''s' "$(stat -c %u "$victim")" 0

# ---- folders that are not as they must be: the login succeeds, without a file
chmod 777 "$folder"
# shellcheck disable=SC2046
drive 'open folder' $(answer) sshd $user "$scratch/pam.d" authenticate open
has 'open folder: the login succeeds' 'authenticate PAM_SUCCESS'
has 'open folder: it is said' 'log warning .*writable by others'
is 'open folder: no file' "$(files)" 0
rmdir "$folder"
ln -s "$scratch" "$folder"
# shellcheck disable=SC2046
drive 'linked folder' $(answer) sshd $user "$scratch/pam.d" authenticate open
has 'linked folder: the login succeeds' 'authenticate PAM_SUCCESS'
is 'linked folder: nothing is written' "$(find "$scratch" -name 'session-*' | wc -l)" 0
rm "$folder"
(
    umask 077
    # shellcheck disable=SC2046
    drive 'umask' $(answer) sshd $user "$scratch/pam.d" authenticate open close
)
is 'the host'\''s umask does not matter' "$(stat -c %a "$folder")" 711

# ---- what crashes left behind
touch -d '2 hours ago' "$folder/session-$(printf '%032d' 3)"
touch -d '1 hour' "$folder/session-$(printf '%032d' 4)" "$folder/other-file"
# shellcheck disable=SC2046
drive 'prune' $(answer) sshd $user "$scratch/pam.d" authenticate open close
is 'expired files are pruned, others are not' "$(cd "$folder" && echo *)" \
    "other-file session-$(printf '%032d' 4)"
rm -f "$folder"/*

# ---- root's own sessions
sed -i 's/^users .*/users = root/' "$scratch/etc/policy.conf"
# shellcheck disable=SC2046
drive 'root' $(answer) sshd root "$scratch/pam.d" authenticate open env setcred close
has 'root: opened' 'open PAM_SUCCESS'
is 'root: closed' "$(find "$run/thrivestack/0" -type f | wc -l)" 0
sed -i "s/^users .*/users = $user root bin/" "$scratch/etc/policy.conf"

# ---- the user is another one by the time of the session
# shellcheck disable=SC2046
drive 'failed second' $(answer) --answer "$scratch/victim" sshd $user "$scratch/pam.d" authenticate env authenticate setcred open env
is 'after a second, failed authentication nothing is left' \
    "$(grep -c 'setcred PAM_SUCCESS\|open PAM_SUCCESS' "$scratch/out") $(grep -c "^env $sealed" "$scratch/out") $(files)" '0 1 0'

# ---- another authentication while the session is open
# shellcheck disable=SC2046
drive 'again' $(answer) --answer "$scratch/token2" sshd $user "$scratch/pam.d" authenticate open authenticate setcred env close env
has 'again: setcred' 'setcred PAM_SUCCESS'
has 'again: the session keeps its file' "env $variable=$folder"
has 'again: close' 'close PAM_SUCCESS'
is 'again: no file is left, and no variable' "$(grep -c "^env $variable" "$scratch/out") $(files)" '1 0'

# ---- sudo and su have no session of ours
# shellcheck disable=SC2046
drive 'sudo' $(answer) sudo $user "$scratch/pam.d" authenticate env setcred open env close
has 'sudo: authenticate' 'authenticate PAM_'
has_not 'sudo: no variable' '^env THRIVESTACK'
is 'sudo: no file' "$(files)" 0

# ---- single use
# Tokens of one second are one token: those here differ in how long they live.
sign "$scratch/once"
drive 'first use' --answer "$scratch/once" once $user "$scratch/pam.d" authenticate
has 'single use: the first time' 'authenticate PAM_SUCCESS'
drive 'second use' --answer "$scratch/once" once $user "$scratch/pam.d" authenticate
has 'single use: the second time' 'authenticate PAM_AUTH_ERR'
has 'the log names the token' "log notice .* token=$(sha256sum <"$scratch/once" | cut -c 1-16):"
has 'single use: the reason' 'log notice .*reason=replayed'
{ cat "$scratch/once"; echo; } >"$scratch/once-newline"
drive 'with newline' --answer "$scratch/once-newline" once $user "$scratch/pam.d" authenticate
has 'single use: with a newline behind' 'authenticate PAM_AUTH_ERR'
drive 'another user' --answer "$scratch/once" once bin "$scratch/pam.d" authenticate
has 'single use: for another user' 'authenticate PAM_AUTH_ERR'
drive 'elsewhere' --answer "$scratch/once" sshd $user "$scratch/pam.d" authenticate
has 'single use: a service that does not ask for it accepts' 'authenticate PAM_SUCCESS'
store=$run/thrivestack/replay
record=$(find "$store" -type l)
is 'single use: the record is named for header and payload' "$(basename "$record")" \
    "$(sed 's/\.[^.]*$//' "$scratch/once" | tr -d '\n' | sha256sum | cut -d ' ' -f 1)"
is 'single use: one record' "$(printf '%s\n' "$record" | wc -l)" 1
is 'single use: the folder is root'\''s' "$(stat -c '%u %a' "$store")" '0 700'
is 'single use: it is kept for 120 s past the expiry' "$(($(readlink "$record" | cut -d . -f 1) - $(date +%s) > 3600 + 60))" 1
sign "$scratch/denied" --iss elsewhere
drive 'denied' --answer "$scratch/denied" once $user "$scratch/pam.d" authenticate
is 'single use: a denied token leaves no record' "$(find "$store" ! -type d | wc -l)" 1

# ---- bound: the proof is used up, not the token
sign "$scratch/cached" --iat "$(($(date +%s) - 3000))" --exp "$(($(date +%s) + 600))"
for number in 1 2 3; do
    prove "$scratch/cached" "$scratch/bound"
    drive "bound: login $number" --answer "$scratch/bound" bound $user "$scratch/pam.d" authenticate
    has "bound: login $number with one cached token and a new proof" 'authenticate PAM_SUCCESS'
done
drive 'bound: again' --answer "$scratch/bound" bound $user "$scratch/pam.d" authenticate
has 'bound: a proof opens one login' 'authenticate PAM_AUTH_ERR'
has 'bound: the reason' 'log notice .*reason=replayed .* bound=host.test:'
begin --answer "$scratch/bound" sshd $user "$scratch/pam.d" authenticate setcred open env pause close
wait_for "env $variable"
has 'bound: a service that is not bound accepts it' 'authenticate PAM_SUCCESS'
path=$(sed -n "s/^env $variable=//p" "$scratch/out" | tail -n 1)
is 'bound: the session gets the token without its proof' "$(cat "$path")" "$(cat "$scratch/cached")"
go_on
finish_driver

# A system that started just now: a process 1 of its own. The record is gone as after a reboot, and a
# token from before it could have been used.
started() {
    drive_in='unshare --pid --fork --mount-proc' drive "$@"
}
if has_mounts; then
    sign "$scratch/earlier" --iat "$(($(date +%s) - 120))" --exp "$(($(date +%s) + 600))"
    started 'before boot' --answer "$scratch/earlier" once $user "$scratch/pam.d" authenticate
    has 'single use: not from before the boot' 'authenticate PAM_AUTH_ERR'
    has 'single use: the reason before_boot' 'log notice .*reason=before_boot'
    started 'before boot, elsewhere' --answer "$scratch/earlier" sshd $user "$scratch/pam.d" authenticate
    has 'without single use: from before the boot' 'authenticate PAM_SUCCESS'
    sign "$scratch/just-before" --iat "$(($(date +%s) - 2))" --exp "$(($(date +%s) + 600))"
    started 'just before boot' --answer "$scratch/just-before" once $user "$scratch/pam.d" authenticate
    has 'single use: not from just before the boot' 'log notice .*reason=before_boot'
    sign "$scratch/since" --iat "$(($(date +%s) + 30))" --exp "$(($(date +%s) + 600))"
    started 'since boot' --answer "$scratch/since" once $user "$scratch/pam.d" authenticate
    has 'single use: from after the boot' 'authenticate PAM_SUCCESS'
else
    skip 'single use: around the boot' 'no process 1 of its own can be had here'
fi

# Twenty processes with one token: exactly one of them gets in.
sign "$scratch/race" --exp "$(($(date +%s) + 1800))"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    timeout 60 "$driver" --answer "$scratch/race" once $user "$scratch/pam.d" authenticate \
        >"$scratch/race.$i" 2>&1 </dev/null &
done
wait
is 'single use: of twenty at once, one gets in' \
    "$(cat "$scratch"/race.* | grep -c '^authenticate PAM_SUCCESS')" 1
is 'single use: and nineteen do not' \
    "$(cat "$scratch"/race.* | grep -c '^authenticate PAM_AUTH_ERR')" 19

# A record past its time goes; a full or unsafe store lets nobody in.
sign "$scratch/full" --exp "$(($(date +%s) + 900))"
drive 'probe' --answer "$scratch/full" once $user "$scratch/pam.d" authenticate
shard=$store/good/$(sed 's/\.[^.]*$//' "$scratch/full" | tr -d '\n' | sha256sum | cut -c 1)
rm -f "$shard"/*
up=$(cut -d . -f 1 /proc/uptime)
for i in $(seq 256); do ln -s "$(($(date +%s) + 3600)).$((up + 3600))" "$shard/$(basename "$shard")$(printf '%063d' "$i")"; done
drive 'full' --answer "$scratch/full" once $user "$scratch/pam.d" authenticate
has 'single use: a full store' 'authenticate PAM_AUTHINFO_UNAVAIL'
has 'single use: a full store, the reason' 'log err .*reason=replay_store'
for record in "$shard"/*1; do ln -sfn "$(($(date +%s) - 3600)).$((up - 1))" "$record"; done
drive 'pruned' --answer "$scratch/full" once $user "$scratch/pam.d" authenticate
has 'single use: records past their time make room' 'authenticate PAM_SUCCESS'
rm -rf "$store"
ln -s "$scratch" "$store"
drive 'linked' --answer "$scratch/full" once $user "$scratch/pam.d" authenticate
has 'single use: a store that is a symlink' 'authenticate PAM_AUTHINFO_UNAVAIL'
rm "$store"
mkdir -m 777 "$store"
chmod 777 "$store"
drive 'open store' --answer "$scratch/full" once $user "$scratch/pam.d" authenticate
has 'single use: a store that others can write to' 'authenticate PAM_AUTHINFO_UNAVAIL'
rm -rf "$store"
touch "$store"
drive 'file' --answer "$scratch/full" once $user "$scratch/pam.d" authenticate
has 'single use: a store that is a file' 'authenticate PAM_AUTHINFO_UNAVAIL'
rm "$store"
finish
