#!/bin/sh
# A token that is due to be replaced and would still do: who asks the endpoint for another, who waits,
# and what is printed while the endpoint is gone.
# usage: test-due.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

serve due
: | conf
run helper token
check "a token" prints_token
old=$(cat "$dir/out")
mv "$dir/cache" "$dir/young"
name=$(find "$dir/young" -name '*.json' -exec basename {} \;)

# aged SECONDS: a cache in which the token lives that much more than min_valid, and no failure is
# noted. When it is due depends on the moment it came, of which $moment says the last milliseconds.
lived=$((3600 - 300))
moment=0
aged() {
    rm -rf "$dir/cache"
    cp -rp "$dir/young" "$dir/cache"
    jq -c --argjson ago $((lived - $1)) --argjson moment "$moment" '.received_wall -= $ago |
        .received_boot_ms = ([.received_boot_ms - $ago * 1000, 0] | max) + $moment' \
        "$dir/young/$name" >"$dir/cache/$name"
    count_from_here
}
debug() { clean THRIVESTACK_LOG=debug thrivestack-credential --config "$dir/conf" token; }
prints_old() { [ "$status" = 0 ] && out_is "$old"; }
says() { grep -qF "$1" "$dir/err"; }
asks_nobody() { ! grep -qF starting "$dir/err"; }

# Fifteen seconds before its end it is due but for one moment in a hundred; another moment then.
try_due() {
    for moment in 0 1 2 3 4 5; do
        aged 15
        run debug
        ! says 'due to be replaced' || break
    done
}

try_due
check "due: it is found out" says 'due to be replaced'
check "due: another is fetched" asked 1
run helper token --json
check "due: and kept, for it is the new one that lives" between 3580 "$(jq .expires_in "$dir/out")" 3600

# Somebody is at it already.
aged 15
lock=$dir/cache/${name%.json}.lock
mkfifo "$dir/held"
flock "$lock" sh -c 'echo held; exec sleep 60' >"$dir/held" &
holder=$!
read -r held <"$dir/held"
check "another process has the lock" [ "$held" = held ]
run debug
check "another fetches: the old one is printed" prints_old
check "another fetches: nobody is asked" asks_nobody
pkill -P "$holder"
wait "$holder" 2>/dev/null

# After a reboot with a slow clock, neither clock has counted the time that passed.
aged 3000
jq -c '.boot_id = "another-boot"' "$dir/young/$name" >"$dir/cache/$name"
run helper token
check "of another boot: another token" prints_token
check "of another boot: the endpoint is asked" asked 1

# Where even a new token is older than max_age, max_age counts from its receipt.
forget_cache
conf /fault/iat-old <<END
max_age = 5m
END
count_from_here
run helper token
check "dated back further than max_age" prints_token
run helper token
check "dated back further than max_age, again" prints_token
check "dated back further than max_age: one request" asked 1
name_back=$(find "$dir/cache" -name '*.json' -exec basename {} \;)
jq -c '.received_wall -= 301 | .received_boot_ms = ([.received_boot_ms - 301000, 0] | max)' \
    "$dir/cache/$name_back" >"$dir/older" && cat "$dir/older" >"$dir/cache/$name_back"
run helper token
check "and max_age after its receipt: another" asked 2
: | conf

# The endpoint hangs: that must not cost a caller who has a token the whole timeout.
sed -i 's/^timeout = .*/timeout = 8s/' "$dir/conf"
kill -STOP "$last_issuer"
aged 15
began=$(date +%s%3N)
run debug
took=$(($(date +%s%3N) - began))
kill -CONT "$last_issuer"
check "a hanging endpoint: it is asked" says starting
check "a hanging endpoint: the old one is printed" prints_old
check "a hanging endpoint: after a second or so" between 900 "$took" 4000
: | conf

# The endpoint is gone.
kill "$last_issuer" && wait "$last_issuer" 2>/dev/null
aged 15
run debug
check "no endpoint: it is asked" says starting
check "no endpoint: the old one is printed" prints_old
check "no endpoint: and it is said why" says 'the cached token is still good'
run debug
check "no endpoint, again: the old one is printed" prints_old
check "no endpoint, again: it is left alone" asks_nobody
aged -5
run helper token
refused "no endpoint, and it would not do any more" 69

finish
