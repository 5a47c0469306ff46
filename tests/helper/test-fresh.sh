#!/bin/sh
# --fresh never prints a token twice: not after a forget, not where nothing can be cached, not among
# many at once. And `forget` drops whatever the profile has had.
# usage: test-fresh.sh PREFIX ISSUER
set -u
want_mounts=yes
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

differ() { [ -n "$1" ] && [ -n "$2" ] && [ "$1" != "$2" ]; }

# Two tokens of one second are the same bytes, and without the wait these pairs are of one second
# nearly always: the wait of the pair before ends where a second begins. THOROUGH=no makes do with one
# pair of each kind.
if [ "${THOROUGH-}" = no ]; then rounds=1 many=4; else rounds='1 2 3' many=6; fi
# pairs KIND BETWEEN...: a token, what comes between, a fresh token.
pairs() {
    kind=$1
    shift
    for i in $rounds; do
        run helper token
        first=$(cat "$dir/out")
        "$@"
        run helper token --fresh
        check "$kind: --fresh is another token ($i)" differ "$first" "$(cat "$dir/out")"
    done
}

forget_profile() { helper forget; }
forget_all() { helper forget --all; }
erase_folder() { rm -rf "$dir/cache"; }
# What is in the folder then tells nothing of the token that is gone.
forget_beside_another() {
    helper token --scope other >"$dir/other"
    helper forget
}
forget_before_another() {
    helper forget --all
    helper token --scope other >"$dir/other"
}
forget_behind_our_back() {
    helper forget &
    forget_pids="$forget_pids $!"
}
# The same key counts as another one from now on.
touch_key() { touch "$dir/key.json"; }
pairs "after forget" forget_profile
pairs "after forget --all" forget_all
pairs "after the folder is gone" erase_folder
pairs "after forget beside another token" forget_beside_another
pairs "after forget before another token" forget_before_another
forget_pids=
pairs "during forget" forget_behind_our_back
# shellcheck disable=SC2086 # Process ids.
wait $forget_pids
pairs "after a change of the key file's times" touch_key
extra="THRIVESTACK_CACHE_DIR=/proc/nowhere"
pairs "without a cache" true
# Locks can be had, but nothing can be kept.
mkdir -m 700 "$dir/full"
if has_mounts; then
    mount -t tmpfs -o size=4k,mode=700 none "$dir/full" && head -c 4096 /dev/zero >"$dir/full/all"
    extra="THRIVESTACK_CACHE_DIR=$dir/full"
    pairs "on a full disk" true
    check "the disk was full" [ -z "$(grep -rl eyJ "$dir/full")" ]
    umount "$dir/full"
else
    skip 'on a full disk' 'nothing can be mounted here'
fi
extra=

# More of them than the timeout has seconds: those in the queue wait while it moves.
forget_cache
pids=
for n in $(seq "$many"); do
    helper token --fresh >"$dir/many.$n" 2>"$dir/many.$n.err" &
    pids="$pids $!"
done
status=0
for pid in $pids; do
    wait "$pid" || status=$?
done
cat "$dir"/many.*.err >"$dir/err"
cat "$dir"/many.[0-9] >"$dir/out"
check "many at once: every one gets a token" [ "$status" = 0 ]
check "many at once: no two get the same" [ "$(sort -u "$dir/out" | grep -c eyJ)" = "$many" ]

# --- forget

forget_cache
cp "$dir/key.json" "$dir/old-key.json"
extra="THRIVESTACK_KEY_FILE=$dir/old-key.json"
run helper token
check "a token of the profile's former key file" prints_token
extra=
run helper token
check "a token of its key file" prints_token
: >"$dir/cache/parts-0123456789abcdef"
run helper forget
check "forget says nothing" silent
check "forget drops both" [ -z "$(grep -rl eyJ "$dir/cache")" ]
check "forget drops what askpass keeps" [ ! -e "$dir/cache/parts-0123456789abcdef" ]

conf /fault/e401 </dev/null
run helper token
check "a refusal" [ "$status" = 77 ]
count_from_here
run helper forget
run helper token
check "forget drops what is known of a refusal" asked 1

# Root can remove files from a folder that is read-only, so a user does this.
: | conf
mkdir "$dir/user" && cp "$dir/key.json" "$dir/conf" "$dir/issuer/ca.pem" "$dir/user"
sed -i "s|$dir/key.json|$dir/user/key.json|; s|$dir/issuer/ca.pem|$dir/user/ca.pem|" \
    "$dir/user/conf"
mkdir -m 700 "$dir/user/cache"
give 65534 "$dir/user"
user() {
    nobody env -i HOME="$dir/user" ASAN_OPTIONS=detect_leaks=0 THRIVESTACK_CACHE_DIR="$dir/user/cache" \
        "$bin/thrivestack-credential" --config "$dir/user/conf" "$@"
}
run user token
check "a user's token" prints_token
chmod 500 "$dir/user/cache"
for all in '' --all; do
    # shellcheck disable=SC2086 # An option or nothing.
    run user forget $all
    refused_saying "forget $all in a folder that is read-only" 71 "$dir/user/cache"
done
chmod 700 "$dir/user/cache"

# --- Root with that user's HOME

is_root || skip_rest "root with a user's HOME" 'only root can do that'
mkdir "$dir/user/home" && chown 65534 "$dir/user/home"
run env -i HOME="$dir/user/home" ASAN_OPTIONS="${ASAN_OPTIONS-}" \
    "$bin/thrivestack-credential" --config "$dir/conf" token
check "root with a user's HOME gets a token" prints_token
check "and leaves nothing there that its owner could not use" \
    [ -z "$(find "$dir/user/home" -user root)" ]
mkdir "$dir/place" && ln -s "$dir/place" "$dir/user/home/.cache" && chown -h 65534 "$dir/user/home/.cache"
run env -i HOME="$dir/user/home" ASAN_OPTIONS="${ASAN_OPTIONS-}" \
    "$bin/thrivestack-credential" --config "$dir/conf" token
check "nor where its owner's links lead" [ -z "$(ls "$dir/place")" ]
mkdir -m 700 "$dir/user/of-root"
run env -i HOME="$dir/user/home" ASAN_OPTIONS="${ASAN_OPTIONS-}" THRIVESTACK_CACHE_DIR="$dir/user/of-root" \
    "$bin/thrivestack-credential" --config "$dir/conf" token
check "but where it is told to" [ -n "$(ls "$dir/user/of-root")" ]
finish
