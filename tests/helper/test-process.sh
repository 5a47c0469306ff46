#!/bin/sh
# What the program leaves behind when it is ended, and what it believes where it is set-user-ID.
# usage: test-process.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2317 # The next ones are called by `await`.
is_there() { [ -s "$1" ]; }
# shellcheck disable=SC2317
is_gone() { [ ! -e "/proc/$1" ]; }

# --- Ended in the middle of key_command

# What key_command started is no child of ours any more when its shell is gone.
cat >"$dir/slow-key" <<END
#!/bin/sh
sleep 600 &
echo \$! >"$dir/grandchild.new"
mv "$dir/grandchild.new" "$dir/grandchild"
wait
END
chmod 755 "$dir/slow-key"
for signal in TERM INT HUP KILL; do
    rm -f "$dir/grandchild"
    forget_cache
    printf '[profile default]\nscopes = a\nkey_id = %s\nkey_command = %s\ntimeout = 600s\n' \
        "$key_id" "$dir/slow-key" >"$dir/conf"
    # A shell without job control lets what it starts in the background ignore SIGINT.
    (exec env -i --default-signal=INT HOME="$home" PATH=/usr/bin:/bin \
        THRIVESTACK_CACHE_DIR="$dir/cache" \
        "$bin/thrivestack-credential" --config "$dir/conf" token) >"$dir/out" 2>"$dir/err" &
    helper_pid=$!
    check "SIG$signal: key_command runs" await is_there "$dir/grandchild"
    grandchild=$(cat "$dir/grandchild")
    kill -s "$signal" "$helper_pid"
    status=0
    wait "$helper_pid" 2>/dev/null || status=$?
    check "SIG$signal: it is the end" [ "$(kill -l "$status")" = "$signal" ]
    check "SIG$signal: nothing on stdout" [ ! -s "$dir/out" ]
    check "SIG$signal: nor of what key_command started" await is_gone "$grandchild"
    check "SIG$signal: no file but the lock is left" \
        [ -z "$(find "$dir/cache" -type f ! -name '*.lock')" ]
done

# --- Set-user-ID, for which sanitizers are not made: they trace their own process

if readelf -d "$bin/thrivestack-credential" | grep -qE 'NEEDED.*lib(asan|ubsan)'; then
    finish
fi

# The folder for temporary files may be mounted without set-user-ID.
mkdir -m 755 "$dir/suid"
honours_suid() {
    is_root && install -o 65534 -m 4755 /usr/bin/id "$dir/suid/id" &&
        [ "$(setpriv --reuid=1 --regid=1 --clear-groups "$dir/suid/id" -u)" = 65534 ]
}
honours_suid 2>/dev/null || skip_rest 'set-user-ID' 'it has no effect here'
install -o 65534 -m 4755 "$bin/thrivestack-credential" "$dir/suid/helper"
install -m 644 "$dir/key.json" "$dir/issuer/ca.pem" "$dir/suid"
install -d -m 777 "$dir/suid/open"
cat >"$dir/suid/conf" <<END
[profile default]
key_id = $key_id
key_command = env >$dir/suid/open/environment; cat $dir/suid/key.json
token_url = $url/api/user/token
ca_file = $dir/suid/ca.pem
scopes = user_management
END
as_somebody() {
    setpriv --reuid=1 --regid=1 --clear-groups env -i ASAN_OPTIONS=detect_leaks=0 EVIL=1 \
        PATH=/evil:/usr/bin:/bin THRIVESTACK_CONFIG=/nowhere THRIVESTACK_SCOPES=evil \
        THRIVESTACK_PROFILE=evil THRIVESTACK_LOG=debug \
        "$dir/suid/helper" --config "$dir/suid/conf" "$@"
}
saw_nothing() {
    [ "$(grep -cE 'EVIL|/evil|THRIVESTACK' "$dir/suid/open/environment")" = 0 ] &&
        rm "$dir/suid/open/environment"
}
run as_somebody token
check "set-user-ID: the environment has no say" prints_token
check "set-user-ID: nor does key_command see it" saw_nothing
run as_somebody doctor
check "set-user-ID: nor doctor's" saw_nothing
finish
