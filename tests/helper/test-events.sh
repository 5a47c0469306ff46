#!/bin/sh
# `identify`, `group` and `track`: bodies, many lines, mistakes, and an endpoint that misbehaves.
# usage: test-events.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

cp "$dir/issuer/project-key" "$dir/project.key"
chmod 600 "$dir/project.key"
# events_conf [PATH-PREFIX]: the issuer's events, under a fault where one is given.
events_conf() {
    cat >"$dir/conf" <<END
[events]
api_key_file = $dir/project.key
events_url = $url${1-}/v1
ca_file = $dir/issuer/ca.pem
timeout = 2s
END
}
events_conf
log=$dir/issuer/events.log
secret=$(cat "$dir/project.key")
: >"$log"
# The last event that the issuer took, without its time; how many there were since `forget_events`.
# Adding nothing makes jq 1.7 write a number as it is, and not as it was spelled.
last() { tail -n 1 "$log" | jq -cS '.body | walk(if type == "number" then . + 0 else . end)'; }
count() { wc -l <"$log"; }
forget_events() { : >"$log"; }

# --- one event
run helper identify --user u1 --trait plan=pro --trait seats:=5 --trait 'note=a=b "c"' \
    --timestamp 2026-11-24T20:15:30.5+01:00
check "identify" silent
check "its body" [ "$(last)" = '{"timestamp":"2026-11-24T20:15:30.5+01:00","traits":{"$set":{"note":"a=b \"c\"","plan":"pro","seats":5}},"user_id":"u1"}' ]
run helper identify --user u1
check "identify has the time, now" [ "$(last | jq -r '.timestamp | fromdate - now | fabs < 60')" = true ]
run helper group --group g1 --user u1 --trait 'tags:=["a",{"b":null}]'
check "group" [ "$(last)" = '{"group_id":"g1","traits":{"$set":{"tags":["a",{"b":null}]}},"user_id":"u1"}' ]
run helper track 'signed up' --user u1 --property 'ünï=☃' --property 'n:=15e2' --property 'e='
check "track" [ "$(last)" = '{"event":"signed up","properties":{"$set":{"e":"","n":1500,"ünï":"☃"}},"user_id":"u1"}' ]
run helper track x --user u1 --timestamp 2026-11-24T20:15:30Z
check "track with a time" [ "$(last | jq -r .timestamp)" = 2026-11-24T20:15:30Z ]
check "the key is never printed" sh -c "! grep -q $secret $dir/out $dir/err"

# --- mistakes in arguments: 64, and the argument is named
forget_events
wrong() {
    text=$1
    shift
    run helper "$@"
    refused_saying "$*" 64 "$text"
}
wrong --user identify
wrong --user identify --user=
wrong --group group --user u
wrong EVENT track --user u
wrong 'EVENT is missing' track '' --user u
wrong 'no arguments' identify x --user u
wrong --property identify --user u --property a=b
wrong --group track x --user u --group g
wrong --timestamp group --group g --user u --timestamp 2026-11-24T20:15:30Z
for pair in plain =x :=1 'a:=' 'a:=x' 'a:=1 2' 'a:={"b":1,"b":2}' 'a:=1,"c":2' 'a:=1}{' 'a:="\u0000"' \
    'a:=NaN' "a:='x'" '$set=x'; do
    wrong "--trait ${pair%% *}" identify --user u --trait "$pair"
done
wrong '--trait a=2' identify --user u --trait a=1 --trait b=1 --trait a=2
wrong '--trait a:=2' identify --user u --trait a=1 --trait a:=2
wrong --trait identify --user u --trait "$(printf 'a=\377')"
wrong --user identify --user "$(printf '\300\200')"
wrong EVENT track "$(printf '\355\240\200')" --user u
for time in now 2026-11-24 2026-11-24T20:15:30 2026-02-30T20:15:30Z 2026-11-24T24:00:00Z 2026-11-24T20:60:00Z \
    '2026-11-24 20:15:30Z' 2026-11-24T20:15:30.Z 2026-11-24T20:15:30+1:00 2026-11-24T20:15:30Zx 1795551330 ''; do
    wrong --timestamp track x --user u "--timestamp=$time"
done
long=$(head -c 66000 /dev/zero | tr '\0' x)
wrong '--trait big=' identify --user u --trait a=b --trait "big=$long"
wrong 'larger than' identify --user "$long"
half=$(printf %.40000s "$long")
wrong '--trait b=' identify --user u --trait "a=$half" --trait "b=$half"
check "none of it was sent" [ "$(count)" = 0 ]
run helper identify --user u --trait "$(printf 'a=%.65000s' "$long")"
check "just under 64 KiB" [ "$(count)" = 1 ]

# --- many
forget_events
seq 1 300 | sed 's/.*/{"event":"e","user_id":"u&","properties":{"n":&}}/' >"$dir/lines"
run helper track --stdin <"$dir/lines"
check "300 lines" out_is '300 sent'
check "in their order" [ "$(jq '.body.properties["$set"].n' "$log" | tr '\n' ' ')" = "$(seq -s ' ' 300) " ]
# The issuer listens at the IPv4 address alone; libcurl 8 tries the other one first.
run strace -f -o "$dir/trace" -e trace=connect env -i "$bin/thrivestack-credential" --config "$dir/conf" track --stdin <"$dir/lines"
connects=$(grep -c "connect(.*sin_port=htons(${url##*:})" "$dir/trace")
if [ "$connects $(cat "$dir/out")" = '0 300 sent' ]; then
    skip "on one connection" 'what the worker does cannot be traced here'
else
    check "on one connection" [ "$connects $(cat "$dir/out")" = '1 300 sent' ]
fi
forget_events
printf '\n  \n{"user_id":"u1","traits":{"a":1}}\r\n{"user_id":"u2"}' >"$dir/in"
run helper identify --stdin <"$dir/in"
check "blank lines, CR, no last newline" [ "$(count) $(cat "$dir/out")" = '2 2 sent' ]
run helper track --stdin </dev/null
check "nothing to send" out_is '0 sent'
# Lines that are none are reported by their number; those beside them are sent.
bad_lines() {
    cat <<'END'
{"event":"e","user_id":"u1"}
{"event":"e","user_id":"u2"
[]
{"event":"e"}
{"event":"","user_id":"u"}
{"event":"e","user_id":"u","traits":{}}
{"event":"e","user_id":"u","api_key":"x"}
{"event":"e","user_id":"u","properties":{"$set":{"a":1}}}
{"event":"e","user_id":"u","properties":[]}
{"event":"e","user_id":5}
{"event":"e","user_id":"u","timestamp":"now"}
{"event":"e","user_id":"u","user_id":"u"}
END
    printf '{"event":"e","user_id":"u\0"}\n{"event":"e","user_id":"\377"}\n'
    printf '{"event":"e","user_id":"u","properties":{"a":"%s"}}\n' "$long"
    echo '{"event":"e","user_id":"u2"}'
}
forget_events
bad_lines >"$dir/lines"
run helper track --stdin <"$dir/lines"
check "bad lines among good ones" [ "$status $(count)" = '64 2' ]
check "what became of them" out_is '2 sent, 14 failed'
check "each is reported by its number" \
    [ "$(sed -n 's/^thrivestack-credential: line \([0-9]*\): .*/\1/p' "$dir/err" | tr '\n' ' ')" = "$(seq -s ' ' 2 15) " ]
check "each in a line" [ "$(wc -l <"$dir/err")" = 14 ]
for option in --user=u --property=a=b --timestamp=2026-11-24T20:15:30Z; do
    run helper track --stdin "$option"
    refused_saying "--stdin beside $option" 64 '--stdin'
done
run helper track e --stdin
refused "--stdin beside an event" 64

# Slow input: each event is sent when its line is there, not when the input ends.
forget_events
mkfifo "$dir/slow"
helper track --stdin <"$dir/slow" >"$dir/out" 2>"$dir/err" &
pid=$!
exec 9>"$dir/slow"
echo '{"event":"e","user_id":"u1"}' >&9
check "an event is sent while the input is open" await grep -q u1 "$log"
echo '{"event":"e","user_id":"u2"}' >&9
check "and the next one" await grep -q u2 "$log"
exec 9>&-
wait "$pid"
check "and the end is one" out_is '2 sent'

# --- the endpoint: as for a token
forget_events
printf '%s\n' '{"event":"e","user_id":"u1"}' '{"event":"e","user_id":"u2"}' '{"event":"e","user_id":"u3"}' >"$dir/lines"
# fault NAME CODE TEXT COUNT: what comes of it, and how often the endpoint is asked for one event.
fault() {
    events_conf "/fault/$1"
    forget_events
    count_from_here
    run helper track x --user u
    refused_saying "$1" "$2" "$3"
    check "$1: asked as often as a token would be" between 1 $(($(requests) - requests_before)) "$4"
    check "$1: never the key" sh -c "! grep -q $secret $dir/out $dir/err"
}
fault e401 77 'api_key_file in [events]' 1
fault e403 77 'api_key_file in [events]' 1
fault e404 77 'check events_url' 1
fault e418 77 'refused the event' 1
fault redirect-307 76 'redirects' 1
fault reset 69 'may have arrived' 1
fault lost-answer 69 'may have arrived' 1
check "a lost answer: it was there once" [ "$(count)" = 1 ]
fault cut 69 'may have arrived' 1
fault endless 76 'may have arrived' 1
fault hang 69 'may have arrived' 1
fault e429-retry-long 69 'try again later' 1
fault e503 69 'try again later' 4
events_conf /fault/flaky-503
forget_events
run helper track x --user u
check "503 once: asked again" [ "$status $(count)" = '0 1' ]
# many NAME CODE OUT: three lines, of which something becomes
many() {
    events_conf "/fault/$1"
    forget_events
    run helper track --stdin <"$dir/lines"
    check "$1: many" [ "$status" = "$2" ]
    check "$1: many, how many" out_is "$3"
}
ended() {
    many "$1" "$2" '0 sent, 1 failed'
    check "$1: many, and what was not sent" err_has 'all after line 1: not sent'
}
ended e401 77
ended lost-answer 69
check "nothing is sent again, and nothing after it" [ "$(count)" = 1 ]
ended redirect-301 76
many third-400 77 '2 sent, 1 failed'
check "a refused event does not end it" [ "$(count)" = 2 ]
check "it is reported by its line" err_has 'line 3: ThriveStack refused the event: HTTP 400'
many third-503 0 '3 sent'
check "each once" [ "$(jq -r .body.user_id "$log" | tr '\n' ' ')" = 'u1 u2 u3 ' ]

# --- key, address and configuration
events_conf
broken() {
    text=$1
    code=$2
    shift 2
    run helper track x --user u
    refused_saying "$*" "$code" "$text"
    run helper track --stdin <"$dir/lines"
    check "$*: many, too" [ "$status $(cat "$dir/out")" = "$code 0 sent" ]
    check "$*: many, from the first" err_has 'line 1 and all after it: not sent'
}
chmod 644 "$dir/project.key"
broken chmod 78 "a key that others can read"
chmod 600 "$dir/project.key"
echo wrong >"$dir/project.key"
run helper track x --user u
refused_saying "a wrong key" 77 'api_key_file in [events]'
cp "$dir/issuer/project-key" "$dir/project.key"
sed -i 's/^ca_file.*/ca_file = \/dev\/null/' "$dir/conf"
broken ca_file 78 "a CA file that is none"
sed -i '/^ca_file/d' "$dir/conf"
run helper track x --user u
refused_saying "an unknown CA" 69 'check events_url and ca_file'
events_conf
sed -i 's|^events_url.*|events_url = https://127.0.0.1:9/v1|' "$dir/conf"
run helper track x --user u
refused_saying "nobody listens" 69 'check the network and events_url'
check "and nothing can have arrived" sh -c "! grep -q 'may have arrived' $dir/err"
for line in 'events_url = ftp://x' 'events_url = https://x/v1?key=1' 'scopes = a' 'timeout = 0s' 'key_file = x'; do
    printf '[events]\n%s\n' "$line" >"$dir/conf"
    run helper track x --user u
    refused_saying "[events] $line" 78 "${line%% *}"
done
printf '[events x]\n' >"$dir/conf"
run helper track x --user u
refused_saying "[events] with a name" 78 '[events] has no name'
: >"$dir/conf"
run helper track x --user u
refused_saying "no key configured" 78 '`api_key_file` in [events]'
finish
