#!/bin/sh
# What happens to whole machines: clocks that jump by hours, between two runs and in the middle of
# one; a full disk; a cache that is read-only; a thousand callers at once.
# Usage: sh tests/fault/test-conditions.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/fault/lib.sh
. "$(dirname "$0")/lib.sh"

# fill_cache STATE
fill_cache() {
    forget_cache
    cp "$dir/$1"/* "$dir/cache/" 2>/dev/null
    count_from_here
}

# with VARIABLE=VALUE...: a helper with the shim, which these steer.
with() {
    extra="LD_PRELOAD=$shim $*"
    run helper token --json
    extra=
}
expires_in() { jq .expires_in "$dir/out"; }
# Seconds from a clock that is $1 s off to the expiry that was printed.
until_expiry() { echo $(($(date -d "$(jq -r .expires_at "$dir/out")" +%s) - $(date +%s) - $1)); }

for jump in WALL=7200 BOOT=7200 WALL=36000; do
    fill_cache warm
    with "FAULT_$jump"
    check "$jump: a token" succeeded
    check "$jump: not the one that may be dead" asked 1
    check "$jump: it lives an hour from then" between 3590 "$(expires_in)" 3600
    run helper token --json
    check "$jump: and back: a token" succeeded
    check "$jump: and back: it is not said to live longer" between 1 "$(expires_in)" 3600
done

fill_cache warm
with FAULT_WALL=-7200
check "wall clock two hours back: the cached token does" asked 0
check "wall clock two hours back: the expiry is by that clock" \
    between 3300 "$(until_expiry -7200)" 3600
fill_cache warm
with FAULT_WALL=-7200 FAULT_BOOT=7200
check "the clocks fall apart: the one that has gone further counts" asked 1

# at_readings WHAT VARIABLES READINGS CACHE: from each of these readings of a clock on, a run ends as
# it may, and the next one gets a token.
at_readings() {
    what_jumps=$1
    good=0
    bad=0
    tried=0
    for n in $3; do
        tried=$((tried + 1))
        fill_cache "$4"
        # shellcheck disable=SC2046 # Words are wanted.
        with $(printf '%s' "$2" | sed "s/@/$n/")
        if ! succeeded && ! failed_with 69 && ! failed_with 71; then
            bad=$((bad + 1))
            echo "wrong: $what_jumps at reading $n: status $status: $(cat "$dir/err")"
        fi
        run helper token --json
        succeeded && between 1 "$(expires_in)" 3600 && good=$((good + 1))
    done
    check "$what_jumps, $4 cache: each of $tried runs ends well or says why" [ "$bad" = 0 ]
    check "$what_jumps, $4 cache: the next one gets a token" [ "$good" = "$tried" ]
}
for cache in warm cold; do
    readings="2 3"
    [ $cache = warm ] || readings="4 7"
    [ "$whole" = 0 ] || readings=$(seq 1 30)
    at_readings "wall clock +2 h in a run" "FAULT_WALL=7200 FAULT_JUMP=@" "$readings" $cache
    at_readings "wall clock -2 h in a run" "FAULT_WALL=-7200 FAULT_JUMP=@" "$readings" $cache
    at_readings "2 h asleep in a run" \
        "FAULT_WALL=7200 FAULT_BOOT=7200 FAULT_JUMP=@" "$readings" $cache
    at_readings "no clock" "FAULT_CLOCK=@" "$readings" $cache
done

run env FAULT_WALL=7200 LD_PRELOAD="$shim" "$worker" <"$dir/job.in"
check "worker two hours ahead: a life by the server's clock" \
    between 3590 "$(jq '.grant.life' "$dir/out")" 3600

# on_tmpfs OPTIONS SCRIPT: the script runs with a file system of its own as the cache.
on_tmpfs() {
    run unshare -m --propagation private sh -c \
        'mount -t tmpfs -o "mode=700,$1" none "$2" && cp "$2".was/* "$2/" 2>/dev/null; eval "$3"' \
        sh "$1" "$dir/cache" "$2"
}
# The state that on_tmpfs begins with.
tmpfs_from() {
    rm -rf "$dir/cache.was"
    cp -r "$dir/$1" "$dir/cache.was"
    forget_cache
    count_from_here
}
export program
export THRIVESTACK_CACHE_DIR="$dir/cache"
export HOME="$home"
token="\"$program\" --config \"$dir/conf\" token"
fill="cat /dev/zero >\"$dir/cache/filler\" 2>/dev/null;"
no_drafts="; code=\$?; ls \"$dir/cache\" >\"$dir/left\"; exit \$code"
nothing_half() { ! grep -q draft "$dir/left"; }

tmpfs_from cold
on_tmpfs size=16k "$fill $token $no_drafts"
check "full disk: a token" prints_token
check "full disk: nothing half-written" nothing_half
tmpfs_from cold
on_tmpfs size=64k,nr_inodes=1 "$token $no_drafts"
check "no inodes left: a token" prints_token
tmpfs_from warm
on_tmpfs size=16k "$fill $token $no_drafts"
check "full disk, warm cache: the cached token" prints_token
check "full disk, warm cache: nobody is asked" asked 0
tmpfs_from spent
on_tmpfs size=16k "$fill $token && rm \"$dir/cache/filler\" && $token >\"$dir/after\" $no_drafts"
check "full disk, spent token: another" prints_token
check "full disk, then room: it is kept again" is_token "$(cat "$dir/after")"
check "full disk, spent token: nothing half-written" nothing_half
tmpfs_from cold
on_tmpfs size=64k "mount -o remount,ro \"$dir/cache\"; $token $no_drafts"
check "read-only cache: a token" prints_token
tmpfs_from warm
on_tmpfs size=64k "mount -o remount,ro \"$dir/cache\"; $token $no_drafts"
check "read-only cache: a hit" prints_token
check "read-only cache: nobody is asked" asked 0
for all in "" --all; do
    tmpfs_from warm
    on_tmpfs size=64k \
        "mount -o remount,ro \"$dir/cache\"; \"$program\" --config \"$dir/conf\" forget $all"
    refused_saying "read-only cache: forget $all does not claim to have forgotten" 71 \
        "cannot be dropped"
done
unset THRIVESTACK_CACHE_DIR

sed -i 's/^timeout = .*/timeout = 60s/' "$dir/conf"
fill_cache cold
mkdir "$dir/many"
pids=
for n in $(seq 1000); do
    { helper token >"$dir/many/$n.out" 2>"$dir/many/$n.err"; echo $? >"$dir/many/$n.code"; } &
    pids="$pids $!"
done
for pid in $pids; do
    wait "$pid"
done
check "1000 on a cold cache: all succeed" [ "$(cat "$dir"/many/*.code | sort | uniq -c | tr -d ' \n')" = 10000 ]
check "1000 on a cold cache: one token" [ "$(cat "$dir"/many/*.out | sort -u | wc -l)" = 1 ]
check "1000 on a cold cache: one request" asked 1

finish
