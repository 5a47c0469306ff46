#!/bin/sh
# Checks the local issuer with curl and openssl alone: none of the code that it is there to test.
# usage: test-issuer.sh ISSUER
set -eu

issuer=$1
dir=$(mktemp -d)
pid=
type=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || :; rm -rf "$dir"' EXIT

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# post PATH BODY [curl options]: prints the status; the answer is in $dir/answer.
post() {
    path=$1
    body=$2
    shift 2
    printf '%s' "$body" | curl -sS --max-time 20 --cacert "$dir/i/ca.pem" \
        -H "Content-Type: ${type:-application/json}" --data-binary @- -o "$dir/answer" \
        -w '%{http_code}' "$@" "$url$path"
}

# expect STATUS WHAT PATH BODY [curl options]
expect() {
    wanted=$1
    what=$2
    shift 2
    got=$(post "$@") || fail "$what: curl failed"
    [ "$got" = "$wanted" ] || fail "$what: status $got instead of $wanted"
}

# member NAME: the string member NAME of the last answer.
member() {
    sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$dir/answer"
}

# unbase64url: decodes stdin.
unbase64url() {
    text=$(tr '_-' '/+')
    while [ $((${#text} % 4)) -ne 0 ]; do
        text="$text="
    done
    printf '%s' "$text" | openssl base64 -d -A
}

# body FILE SCOPES EXPIRY: a request with the key of that download.
body() {
    id=$(sed 's/.*"key_id":"\([^"]*\)".*/\1/' "$1")
    key=$(sed 's/.*"private_key":"\([^"]*\)".*/\1/' "$1")
    printf '{"key_id":"%s","private_key":"%s","scopes":%s,"expiry":%s}' "$id" "$key" "$2" "$3"
}

"$issuer" init "$dir/i"
[ "$(stat -c %a "$dir/i")" = 700 ] || fail "the folder is not private"
id=$("$issuer" key new "$dir/i" --name first --out "$dir/first")
[ "$(stat -c %a "$dir/first")" = 600 ] || fail "the download is not private"
other=$("$issuer" key new "$dir/i" --pkcs8 --scopes telemetry_apis --out "$dir/second")
! grep -q PRIVATE "$dir/i/keys/$id.json" || fail "the key store holds a private key"

# The ready line is awaited on a fifo, so that nothing here sleeps.
mkfifo "$dir/ready"
"$issuer" serve "$dir/i" --port-file "$dir/port" > "$dir/ready" &
pid=$!
read -r word url < "$dir/ready"
[ "$word" = ready ] && [ "$url" = "https://localhost:$(cat "$dir/port")" ] || fail "no ready line"

one=$(body "$dir/first" '["user_management"]' 3600)
token_url=/api/user/token

expect 200 "a right request" $token_url "$one" --pinnedpubkey "$(cat "$dir/i/server.pin")"
token=$(member token)
printf '%s' "${token%.*}" > "$dir/signed"
printf '%s' "${token##*.}" | unbase64url > "$dir/signature"
openssl dgst -sha256 -verify "$dir/first.pub.pem" -signature "$dir/signature" "$dir/signed" \
    > /dev/null || fail "the signature does not verify"
header=$(printf '%s' "${token%%.*}" | unbase64url)
[ "$header" = '{"alg":"RS256","id":"'"$id"'","typ":"JWT"}' ] || fail "header: $header"
payload=$(printf '%s' "${token#*.}" | sed 's/\..*//' | unbase64url)
claims=$(printf '%s' "$payload" | sed 's/:[0-9]\{10\}\>/:N/g')
[ "$claims" = '{"aud":"user_management","exp":N,"jti":"'"$id"'","iat":N,"iss":"ThriveStack"}' ] ||
    fail "payload: $payload"
exp=$(printf '%s' "$payload" | sed 's/.*"exp":\([0-9]*\).*/\1/')
iat=$(printf '%s' "$payload" | sed 's/.*"iat":\([0-9]*\).*/\1/')
[ $((exp - iat)) -eq 3600 ] || fail "lifetime: $((exp - iat))"

expect 200 "a string of scopes" /api/team/update "$(body "$dir/second" '"telemetry_apis"' 86400)"
expect 200 "two scopes" $token_url "$(body "$dir/first" '["a","b"]' 1)"

expect 400 "not JSON" $token_url '{"key_id":'
type=text/plain
expect 400 "another content type" $token_url "$one"
type=
expect 400 "expiry as a string" $token_url "$(body "$dir/first" '["a"]' '"1"')"
expect 400 "more than a day" $token_url "$(body "$dir/first" '["a"]' 86401)"
expect 400 "no scope" $token_url "$(body "$dir/first" '[]' 1)"
expect 401 "another key's id" $token_url "$(printf '%s' "$one" | sed "s/$id/$other/")"
expect 401 "an unknown id" $token_url "$(printf '%s' "$one" | sed "s/$id/f${id#?}/; s/$id/0${id#?}/")"
[ -n "$(member message)" ] && [ -n "$(member response_id)" ] || fail "an error without its message"
expect 403 "a scope not allowed" $token_url "$(body "$dir/second" '["user_management"]' 60)"
expect 404 "another path" /api/user "$one"
expect 405 "another method" $token_url "$one" -X PUT
expect 413 "a large body" $token_url "$(printf '%70000s' '')"

"$issuer" key expire "$dir/i" "$other" 2020-02-29
expect 403 "an expired key" $token_url "$(body "$dir/second" '"telemetry_apis"' 60)"
"$issuer" key revoke "$dir/i" "$id"
expect 403 "a revoked key" $token_url "$one"

chosen=0c2f3a52-5f5c-4a0e-9d1f-3b1f6f0f0a01
third=$("$issuer" key new "$dir/i" --id "$chosen" --out "$dir/third")
[ "$third" = "$chosen" ] && [ -s "$dir/i/keys/$chosen.json" ] || fail "another id than was asked for"
! "$issuer" key new "$dir/i" --id ../x --out "$dir/fourth" 2> /dev/null || fail "an id that is no UUID"
one=$(body "$dir/third" '["user_management"]' 3600)
expect 503 "flaky, at first" /fault/flaky-503$token_url "$one"
expect 200 "flaky, then" /fault/flaky-503$token_url "$one"
expect 302 "a redirect" /fault/redirect-302$token_url "$one"
expect 200 "alg none" /fault/alg-none$token_url "$one"
case $(member token) in *.*.) ;; *) fail "alg none has a signature" ;; esac
if post /fault/reset$token_url "$one" > /dev/null 2>&1; then
    fail "reset: an answer came"
fi

# Events, with the project's key.
project=$(cat "$dir/i/project-key")
events=$dir/i/events.log
event() {
    printf '{"api_key":"%s",%s}' "$project" "$1"
}
track='"event":"login","user_id":"u1","properties":{"$set":{"host":"build"}}'
set_traits='"traits":{"$set":{"plan":"pro"}}'
expect 200 "track" /v1/track "$(event "$track")"
[ "$(sed 's/"time":[0-9]*/"time":N/' "$events")" = '{"time":N,"type":"track","body":{'"$track"'}}' ] ||
    fail "events.log: $(cat "$events")"
expect 200 "identify" /v1/identify \
    "$(event '"user_id":"u1","timestamp":"2026-11-24T20:15:30.5+01:00",'"$set_traits")"
expect 200 "group" /v1/group "$(event '"group_id":"g1","user_id":"u1",'"$set_traits")"
expect 200 "the key in a header" /v1/track "{$track}" -H "Authorization: Token $project"
[ "$(wc -l < "$events")" = 4 ] || fail "four events are not four lines"

while IFS='|' read -r status what path text; do
    expect "$status" "$what" "$path" "$text"
done << END
401|another project's key|/v1/track|{"api_key":"x",$track}
401|no key|/v1/track|{$track}
401|a key that is a number|/v1/track|{"api_key":1,$track}
400|no event|/v1/track|$(event '"user_id":"u1"')
400|an empty user|/v1/track|$(event '"event":"x","user_id":""')
400|a user that is a number|/v1/identify|$(event '"user_id":1')
400|no group|/v1/group|$(event '"user_id":"u1"')
400|traits without \$set|/v1/identify|$(event '"user_id":"u1","traits":{}')
400|traits in a track|/v1/track|$(event "$track,$set_traits")
400|a day for a timestamp|/v1/track|$(event "$track"',"timestamp":"2026-11-24"')
400|month 13|/v1/track|$(event "$track"',"timestamp":"2026-13-24T00:00:00Z"')
400|no JSON|/v1/track|{"api_key":
400|an array|/v1/track|[]
404|another path|/v1/page|{}
503|a fault|/fault/e503/v1/track|{}
END
expect 405 "an event by PUT" /v1/track "{}" -X PUT
[ "$(wc -l < "$events")" = 4 ] || fail "a refused event was logged"

for status in 200 200 400 200; do
    expect $status "a third refused" /fault/third-400/v1/track "$(event "$track")"
done
[ "$(wc -l < "$events")" = 7 ] || fail "third-400 logged what it refused, or lost what it took"
if post /fault/lost-answer/v1/track "$(event "$track")" > /dev/null 2>&1; then
    fail "lost-answer: an answer came"
fi
[ "$(wc -l < "$events")" = 8 ] || fail "lost-answer lost the event, too"
! grep -qF "$project" "$events" || fail "events.log holds the project's key"

log=$dir/i/requests.log
! grep -q -e PRIVATE -e eyJ "$log" || fail "the log holds a secret"
! grep -q /stolen "$log" || fail "the redirect was followed"
grep -q '"key_id":"'"$third"'".*"fault":"flaky-503"' "$log" || fail "the log lacks a request"

# A client that hangs must not hold up the end.
post /fault/hang "$one" > /dev/null 2>&1 &
hanging=$!
while ! grep -q '"fault":"hang"' "$log"; do
    kill -0 "$hanging" || fail "the hanging client gave up"
done
kill -TERM "$pid"
wait "$pid" || fail "the server ended with $?"
pid=
! wait "$hanging" || fail "the hanging client got an answer"
echo "issuer: all checks passed"
