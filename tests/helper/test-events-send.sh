#!/bin/sh
# `events send`: what is in the spool is sent, what was taken is removed, the rest stays.
# usage: test-events-send.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

spool=$prefix/var/spool/thrivestack
mkdir -p "${spool%/*}" 2>/dev/null && [ -w "${spool%/*}" ] || skip_rest 'the spool' "${spool%/*} cannot be written to"
rm -rf "$spool"
trap 'stop_issuers; rm -rf "$dir" "$spool"' EXIT
cp "$dir/issuer/project-key" "$dir/project.key"
chmod 600 "$dir/project.key"
log=$dir/issuer/events.log
events_conf() {
    printf '[events]\napi_key_file = %s\nevents_url = %s/v1\nca_file = %s\ntimeout = 2s\n' \
        "$dir/project.key" "$url${1-}" "$dir/issuer/ca.pem" >"$dir/conf"
}
events_conf
# make_spool COUNT: so many events, numbered from 100001.
make_spool() {
    rm -rf "$spool" && mkdir -m 700 "$spool" && : >"$log"
    [ "$1" = 0 ] || (cd "$spool" && seq 100001 $((100000 + $1)) | awk '{
        file = "0000000" $1 "-0.json"
        printf "{\"event\":\"pam_login\",\"user_id\":\"u%s\",\"timestamp\":\"2026-11-24T20:15:30Z\",\"properties\":{}}\n", $1 >file
        close(file)
    }' && chmod 600 -- *.json)
}
count() { wc -l <"$log"; }
left() { find "$spool" -type f | wc -l; }
users() { jq -r .body.user_id "$log" | tr '\n' ' '; }
each_once() { [ "$(jq -r .body.user_id "$log" | sort | uniq -d | wc -l) $(count)" = "0 $1" ]; }

run helper events send
check "no spool" out_is '0 sent'
make_spool 0
run helper events send
check "an empty spool" out_is '0 sent'
make_spool 3
run helper events send
check "three events" out_is '3 sent'
check "in their order" [ "$(users)" = 'u100001 u100002 u100003 ' ]
check "as they are" [ "$(head -n 1 "$log" | jq -cS .body)" = \
    '{"event":"pam_login","properties":{"$set":{}},"timestamp":"2026-11-24T20:15:30Z","user_id":"u100001"}' ]
check "and removed" [ "$(left)" = 0 ]
run helper events send
check "once" [ "$(cat "$dir/out") $(count)" = '0 sent 3' ]
for arguments in '' 'receive' 'send now'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run helper events $arguments
    refused "usage: events $arguments" 64
done

# --- what is no event stays, and is named; what is one is sent
make_spool 2
head -c 40 "$spool"/0000000100001-0.json >"$spool/0000000100003-cut.json"
: >"$spool/0000000100004-empty.json"
printf '[]\n' >"$spool/0000000100005-array.json"
printf '{"event":"e","user_id":"u"}\n{"event":"e","user_id":"u"}\n' >"$spool/0000000100006-two.json"
head -c 70000 /dev/zero >"$spool/0000000100007-long.json"
cp "$spool"/0000000100001-0.json "$dir/elsewhere"
ln -s "$dir/elsewhere" "$spool/0000000100008-link.json"
mkfifo "$spool/0000000100009-fifo.json"
mkdir "$spool/0000000100010-folder.json"
cp "$spool"/0000000100001-0.json "$spool/0000000100011-open.json"
chmod 666 "$spool/0000000100011-open.json"
echo x >"$spool/README"
echo x >"$spool/.0000000100012-0.json"
echo x >"$spool/.0000000100013-0.json"
touch -d '2 hours ago' "$spool/.0000000100013-0.json"
if is_root; then
    cp "$spool"/0000000100001-0.json "$spool/0000000100014-other.json"
    chown 12345 "$spool/0000000100014-other.json"
else
    skip "an event of another user's" 'only root can give files away'
fi
kept() { find "$spool" -mindepth 1 -printf '%f\n' | sort; }
before=$(kept | grep -v -e '^000000010000[12]-' -e 100013)
run helper events send
check "events among what is none" [ "$(users)" = 'u100001 u100002 ' ]
check "each of the others is named" [ "$(grep -c '^thrivestack-credential: .*00000001000' "$dir/err")" = "$(echo "$before" | grep -c '^0')" ]
check "and stays; an old draft goes" [ "$(kept)" = "$before" ]
check "and that is an error" [ "$status" != 0 ]

# --- the endpoint
make_spool 3
events_conf /fault/third-400
run helper events send
check "a refused event stays, the others go" [ "$status $(left) $(cat "$dir/out")" = '77 1 2 sent, 1 failed' ]
for fault in e401 e503 reset; do
    make_spool 3
    events_conf /fault/$fault
    run helper events send
    check "$fault: all stay" [ "$(left) $(cat "$dir/out")" = '3 0 sent, 1 failed' ]
done
events_conf
run helper events send
check "and are sent once it is over" [ "$(left) $(count)" = '0 3' ]
make_spool 1
chmod 777 "$spool"
run helper events send
refused_saying "a spool that others can write to" 78 "$spool"
: >"$dir/conf"
run helper events send
refused_saying "no key" 78 '`api_key_file` in [events]'

# --- two senders, and one that is killed
events_conf
make_spool 1
(exec 9<"$spool" && flock 9 && run helper events send && [ "$status $(cat "$dir/out")" = '0 another sender is at work' ])
check "a second sender leaves the spool to the first" [ "$? $(left)" = '0 1' ]
extra="ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" # which cannot be traced
run clean strace -f -o "$dir/trace" -e trace=flock -e inject=flock:error=ENOLCK \
    thrivestack-credential --config "$dir/conf" events send
extra=
refused_saying "a spool that cannot be locked" 71 "$spool cannot be locked"
check "and nothing is sent" [ "$(left)" = 1 ]
make_spool 300
helper events send >"$dir/one" 2>&1 &
one=$!
helper events send >"$dir/two" 2>&1 &
wait "$one" $!
run helper events send
check "two senders: all is sent, each once" each_once 300
check "two senders: nothing is left" [ "$(left)" = 0 ]
make_spool 2000
helper events send >/dev/null 2>&1 &
sender=$!
check "a sender begins" await [ -s "$log" ]
kill -9 "$(pgrep -P "$sender" -f 'events send' | head -n 1 || echo "$sender")" "$sender" 2>/dev/null
wait "$sender" 2>/dev/null
check "and is killed in the middle" between 1 "$(left)" 1999
run helper events send
check "nothing is lost" [ "$(jq -r .body.user_id "$log" | sort -u | wc -l) $(left)" = '2000 0' ]
check "at most the one on its way is there twice" between 2000 "$(count)" 2001

# --- many; with SPOOL_FILES=20000 as many, by more than one worker
many=${SPOOL_FILES:-500}
make_spool "$many"
start=$(date +%s%N)
run helper events send
check "$many files" out_is "$many sent"
check "$many files, each once" each_once "$many"
check "$many files, none left" [ "$(left)" = 0 ]
echo "   $many files in $((($(date +%s%N) - start) / 1000000)) ms"
finish
