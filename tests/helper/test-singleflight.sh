#!/bin/sh
# The cache among many processes, and among clocks that disagree: one request for all, failures
# shared, a fetcher that dies holds nobody up, a token that still does is served while the endpoint
# fails, and lives are counted right whatever the two clocks say.
# Usage: sh tests/helper/test-singleflight.sh PREFIX ISSUER [BUILD]
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

log=$dir/issuer/requests.log

# How many requests the endpoint has had for a path that holds the text.
requests_for() {
    grep -c -- "$1" "$log"
}

# many COUNT: so many helpers at once; their outputs and exit codes are in $dir/many.
many() {
    rm -rf "$dir/many"
    mkdir "$dir/many"
    pids=
    for n in $(seq "$1"); do
        { helper token >"$dir/many/$n.out" 2>"$dir/many/$n.err"; echo $? >"$dir/many/$n.code"; } &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid"
    done
}
codes() { sort -u "$dir"/many/*.code | tr '\n' ' '; }
outputs() { cat "$dir"/many/*.out | sort -u | wc -l; }

status=0
conf </dev/null
sed -i 's/^timeout = .*/timeout = 20s/' "$dir/conf"
many 200
check "200 on a cold cache: all succeed" [ "$(codes)" = "0 " ]
check "200 on a cold cache: one token" [ "$(outputs)" = 1 ]
check "200 on a cold cache: one request" [ "$(requests_for '"/api/user/token"')" = 1 ]

conf /fault/e401 </dev/null
forget_cache
many 60
check "60 against a 401: all are refused" [ "$(codes)" = "77 " ]
check "60 against a 401: nothing on stdout" [ "$(cat "$dir"/many/*.out | wc -c)" = 0 ]
check "60 against a 401: at most 3 requests" between 1 "$(requests_for e401)" 3
before=$(requests_for e401)
run helper token
refused "a refusal is shared for a few seconds" 77
check "a refusal is shared without a request" [ "$(requests_for e401)" = "$before" ]
run helper token --fresh
refused "--fresh is refused as well" 77
check "--fresh asks all the same" [ "$(requests_for e401)" = $((before + 1)) ]

# The endpoint holds the first request back for ever; whoever waits goes on as its asker dies.
conf /fault/hang </dev/null
sed -i 's/^timeout = .*/timeout = 60s/' "$dir/conf"
forget_cache
# ask FILE: a helper in the background that is $! itself, no shell around it.
ask() {
    (exec env -i PATH=/usr/bin:/bin HOME="$home" THRIVESTACK_CACHE_DIR="$dir/cache" \
        "$bin/thrivestack-credential" --config "$dir/conf" token) >"$1" 2>&1 &
}
hangs() { [ "$(requests_for fault/hang)" = "$1" ]; }
# proc(5): `1: -> FLOCK ADVISORY WRITE PID ...` is one that waits.
waits_in_flock() {
    awk -v pid="$second" '$2 == "->" && $3 == "FLOCK" && $6 == pid { waits = 1 } END { exit !waits }' /proc/locks
}
is_gone() { [ ! -e "/proc/$1" ]; }

ask "$dir/first"
first=$!
check "the first asker reaches the endpoint" await hangs 1
worker=$(pgrep -P "$first")
ask "$dir/second"
second=$!
check "the second one waits for the lock" await waits_in_flock
check "the second one has not asked" [ "$(requests_for fault/hang)" = 1 ]
kill -9 "$first"
wait "$first" 2>/dev/null
check "the second one asks as soon as the first is dead" await hangs 2
check "the first one's worker has died with it" await is_gone "$worker"
kill -9 "$second"
wait "$second" 2>/dev/null

# A holder that never lets go, and a caller that was started with the timer's signal blocked.
conf </dev/null
sed -i 's/^timeout = .*/timeout = 1s/' "$dir/conf"
forget_cache
run helper token
lock=$(ls "$dir"/cache/*.lock)
rm "$dir"/cache/*.json
mkfifo "$dir/held"
flock "$lock" sh -c 'echo held; exec sleep 60' >"$dir/held" &
holder=$!
read -r held <"$dir/held"
check "a lock that is never free: it is held" [ "$held" = held ]
check "a lock that is never free: a token all the same" timeout 20 env -i \
    --block-signal=ALRM HOME="$home" THRIVESTACK_CACHE_DIR="$dir/cache" \
    "$bin/thrivestack-credential" --config "$dir/conf" token >/dev/null
pkill -P "$holder"
wait "$holder" 2>/dev/null

# A holder that was stopped, and an endpoint that hangs: the timeout is for both. hold LOCK...: sets
# $holder; with two locks nothing is left to wait for.
hold() {
    rm "$dir/held"
    mkfifo "$dir/held"
    flock "$1" flock "${2-$dir/another}" sh -c 'echo held; exec sleep 60' >"$dir/held" &
    holder=$!
    read -r held <"$dir/held"
}
timed() {
    began=$(date +%s%3N)
    run helper token
    took=$(($(date +%s%3N) - began))
    pkill -P "$(pgrep -P "$holder")"
    pkill -P "$holder"
    wait "$holder" 2>/dev/null
}
conf /fault/hang </dev/null
sed -i 's/^timeout = .*/timeout = 1s/' "$dir/conf"
forget_cache
run helper token
lock=$(ls "$dir"/cache/*.lock)
sed -i 's/^timeout = .*/timeout = 3s/' "$dir/conf"
hold "$lock"
before=$(requests_for fault/hang)
timed
refused "a stopped holder and a hanging endpoint" 69
check "a stopped holder: the endpoint is asked" [ "$(requests_for fault/hang)" = $((before + 1)) ]
check "a stopped holder: within the timeout" between 2100 "$took" 5500
hold "$lock" "${lock%.lock}.spare"
timed
refused_saying "two stopped holders" 69 'other processes are still asking'
check "two stopped holders: the endpoint is left alone" \
    [ "$(requests_for fault/hang)" = $((before + 1)) ]
check "two stopped holders: within the timeout" between 2100 "$took" 5500

# What is of no use any more goes with the next failure, too; a lock that is held stays.
old=0123456789abcdef
for file in $old.lock $old.spare $old.fail $old.json parts-$old fedcba9876543210.lock; do
    touch -d '3 days ago' "$dir/cache/$file"
done
hold "$dir/cache/fedcba9876543210.lock"
timed
refused "with old files in the cache" 69
check "old files are removed" [ -z "$(find "$dir/cache" -name "*$old*")" ]
check "a lock that is held stays" [ -e "$dir/cache/fedcba9876543210.lock" ]

# Both clocks agree on nothing: the server's is two hours ahead, or behind.
for offset in 7200 -7200; do
    serve "offset$offset" --clock-offset "$offset"
    conf </dev/null
    forget_cache
    run helper token --json
    check "clock $offset: a token" succeeded
    check "clock $offset: it lives an hour from now" between 3590 "$(jq .expires_in "$dir/out")" 3600
    ends=$(date -d "$(jq -r .expires_at "$dir/out")" +%s)
    check "clock $offset: the expiry is by the local clock" between 3580 $((ends - $(date +%s))) 3601
    asked=$(wc -l <"$log")
    run helper token
    check "clock $offset: the next one is from the cache" [ "$(wc -l <"$log")" = "$asked" ]
done

# While the endpoint fails, a token that still lives min_valid is served; one that does not, is not.
serve again
conf </dev/null
forget_cache
run helper token
cp "$dir/out" "$dir/good"
kill "$last_issuer" && wait "$last_issuer" 2>/dev/null
run helper token
check "the endpoint is gone: a cached token does" cmp -s "$dir/out" "$dir/good"
run helper token --min-valid 3601
check "the endpoint is gone: a token that lives too short does not" [ "$status" = 69 ]
run helper token --fresh
refused "the endpoint is gone: --fresh says so" 69

# An erase of one token leaves another alone; and what was erased is not handed out again.
serve fresh
conf </dev/null
cat >>"$dir/conf" <<END
[host git.example.com]
username = alice
END
forget_cache
run helper token
old=$(cat "$dir/out")
run helper token --fresh
new=$(cat "$dir/out")
check "--fresh: another token" [ "$old" != "$new" ]
run helper token
check "--fresh: it replaces the cached one" out_is "$new"
run_with "protocol=https\nhost=git.example.com\nusername=alice\npassword=$old\n\n" helper git erase
run helper token
check "erase of an old token leaves the new one" out_is "$new"
run_with "protocol=https\nhost=git.example.com\nusername=alice\npassword=$new\n\n" helper git erase
check "erase leaves no token in the cache" sh -c "! grep -rq eyJ '$dir/cache'"
run helper token --fresh
check "--fresh after an erase: not the erased one" [ "$(cat "$dir/out")" != "$new" ]

finish
