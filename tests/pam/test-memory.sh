#!/bin/sh
# What is left of a token in the memory of a host and of the module's own children: nothing. Needs
# root. Usage: sh test-memory.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/pam/site.sh
. "$here/site.sh"
memory=$build/tests/pam/memory
[ "$(nm -D "$module" | grep -c __asan_init)" = 0 ] || { echo '1 passed, 0 failed: not under ASan'; exit; }

# signature TOKEN-FILE: its last part, the bytes that this stands for, and stretches of the whole, in
# files beside it
signature() {
    sed 's/.*\.//' "$1" | tr -d '\n' >"$1.signature"
    fold -w 16 "$1" | grep -E '.{16}' >"$1.stretches"
    { tr '_-' '/+' <"$1.signature" && echo '=='; } | openssl base64 -d -A >"$1.bytes"
}
signature "$scratch/token"
signature "$scratch/forged"

# in_memory FOLDER TOKEN-FILE: whether a part of it is in what was dumped. After 3.0 (seen with 3.5), libcrypto
# frees a copy of a signature that is wrong without wiping it; nobody can use such a signature.
in_memory() {
    bytes=bytes=$2.bytes
    case $2:$(openssl version) in *forged:'OpenSSL 3.0.'*) ;; *forged:*) bytes= ;; esac
    "$memory" search "$1" token="$2" signature="$2.signature" ${bytes:+"$bytes"} >"$scratch/finds" 2>&1
}

# A program that forgets nothing.
mkdir "$scratch/sh"
# shellcheck disable=SC2016 # The inner shell is to expand it.
"$memory" dump "$scratch/sh" sh -c 'read -r text <"$1"; :' sh "$scratch/token" >"$scratch/out"
if ! in_memory "$scratch/sh" "$scratch/token" && grep -q '^found signature' "$scratch/finds" &&
    "$memory" search "$scratch/sh" forged="$scratch/forged.signature" >"$scratch/finds"; then
    ok 'what is there is found'
else
    bad 'what is there is found' 'it is not' "$scratch/finds"
fi

# forgets NAME TOKEN-FILE WANTED DRIVER-ARGUMENTS...: a line of the driver's begins with WANTED, and
# neither its memory nor its log, `debug` and all, holds anything of the token
number=0
forgets() {
    what=$1 secret=$2 wanted=$3
    shift 3
    number=$((number + 1))
    mkdir "$scratch/dump.$number"
    timeout 60 "$memory" dump "$scratch/dump.$number" "$driver" "$@" >"$scratch/out" 2>&1 </dev/null
    # The stand-in for the helper may know it.
    find "$scratch/dump.$number" -type f ! -name 'pam-driver*' -exec rm {} +
    if grep -q '^memory: .*: Permission denied' "$scratch/out" && ! can_look_inside; then
        skip "$what" 'a set-user-ID program cannot be looked into here'
    elif ! grep -q "^$wanted" "$scratch/out"; then
        bad "$what" "no line '$wanted'" "$scratch/out"
    elif grep -qFf "$secret.stretches" "$scratch/out"; then
        bad "$what" 'it is in the log' "$scratch/out"
    elif in_memory "$scratch/dump.$number" "$secret"; then
        ok "$what: $(tail -n 1 "$scratch/finds")"
    else
        bad "$what" 'it is in memory' "$scratch/finds"
    fi
    rm -rf "$scratch/dump.$number"
}

# The host ends before pam_end, or lives on to its end.
answer="--answer $scratch/token"
d=$scratch/pam.d
# shellcheck disable=SC2086 # Lists of words are wanted here.
{
    forgets 'after authenticate' "$scratch/token" 'authenticate PAM_SUCCESS' $answer sshd $user "$d" authenticate vanish
    forgets 'in the session' "$scratch/token" 'open PAM_SUCCESS' $answer sshd $user "$d" authenticate setcred open vanish
    forgets 'after the session' "$scratch/token" 'close PAM_SUCCESS' $answer sshd $user "$d" authenticate setcred open close
    forgets 'in both processes, as sshd has it' "$scratch/token" 'open PAM_SUCCESS' $answer sshd $user "$d" \
        forked-authenticate setcred open vanish
    forgets 'single use' "$scratch/token" 'authenticate PAM_SUCCESS' $answer once $user "$d" authenticate vanish
    forgets 'single use, again' "$scratch/token" 'authenticate PAM_AUTH_ERR' $answer once $user "$d" authenticate vanish
    forgets 'a forged one' "$scratch/forged" 'authenticate PAM_AUTH_ERR' --answer "$scratch/forged" sshd $user "$d" authenticate vanish
    forgets 'for another user' "$scratch/token" 'authenticate PAM_USER_UNKNOWN' --rhost 192.0.2.1 $answer sshd bin "$d" authenticate vanish
    head -c 300 "$scratch/token" >"$scratch/part1"
    tail -c +301 "$scratch/token" >"$scratch/part2"
    forgets 'in two parts' "$scratch/token" 'authenticate PAM_SUCCESS' --answer "$scratch/part1" --answer "$scratch/part2" \
        sshd $user "$d" authenticate vanish
    forgets 'a part only' "$scratch/token" 'authenticate PAM_AUTH_ERR' --answer "$scratch/part1" --repeat sshd $user "$d" authenticate vanish
    { cat "$scratch/token" && head -c 9000 /dev/zero | tr '\0' a; } >"$scratch/long"
    forgets 'too long' "$scratch/token" 'authenticate PAM_AUTH_ERR' --answer "$scratch/long" sshd $user "$d" authenticate vanish
    forgets 'source = local' "$scratch/token" 'authenticate PAM_SUCCESS' --ruid "$uid" --ruser $user su $user "$d" authenticate vanish
    helper_stand_in "cat $scratch/token; exit 77"
    forgets 'source = local, which fails' "$scratch/token" 'authenticate PAM_AUTH_ERR' --ruid "$uid" --ruser $user su $user "$d" authenticate vanish
}

# A policy of 10,000 keys takes memory during a login, at most three times the size of its files, and
# gives it back.
mkdir -m 755 "$scratch/many" "$scratch/many/keys.d"
printf '[service *]\nscopes = user_management\n' >"$scratch/many/policy.conf"
awk -v user="$user" -v key="$(sed /-----/d "$scratch/keys/good.pem" | tr -d '\n')" 'BEGIN {
    for (i = 0; i < 10000; i++)
        printf "[key %s]\npublic_key = %s\nusers = %s\nservices = *\nscopes = user_management\n", \
            i < 9999 ? "key-" i : "good", key, i < 9999 ? "user" i : user
}' >"$scratch/many/keys.d/all.conf"
printf 'auth required %s policy=%s\n' "$module" "$scratch/many/policy.conf" >"$scratch/pam.d/many"
size=$(($(wc -c <"$scratch/many/keys.d/all.conf") / 1024))
if "$build/tests/pam/many-keys" $user "$scratch/pam.d" "$scratch/token" sshd many >"$scratch/out" 2>&1 &&
    read -r most grown <"$scratch/out" && [ "$most" -gt "$size" ]; then
    if [ "$most" -le $((3 * size)) ]; then
        ok "10,000 keys: $most KiB for $size KiB of files"
    else
        bad '10,000 keys: bounded memory' "over three times $size KiB" "$scratch/out"
    fi
    if [ "$grown" -le 2048 ]; then
        ok "10,000 keys: $grown KiB more after five logins"
    else
        bad '10,000 keys: memory is given back' 'over 2 MiB stay' "$scratch/out"
    fi
else
    bad '10,000 keys' 'no login' "$scratch/out"
fi
finish
