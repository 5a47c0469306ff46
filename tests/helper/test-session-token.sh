#!/bin/sh
# The token that a login has left for its session, which does where there is no API key.
# usage: test-session-token.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

file=$dir/session-token
now=$(date +%s)
mv "$dir/key.json" "$dir/elsewhere.json"
: | conf
extra=THRIVESTACK_TOKEN_FILE=$file

# left [OPTION]...: a login has left a token, signed with these options.
left() {
    "$issuer" sign "$dir/elsewhere.json" --aud user_management "$@" >"$dir/signed" || exit 1
    tr -d '\n' <"$dir/signed" >"$file"
    chmod 600 "$file"
}

left
run helper token
check "it is printed as it is" prints_token
check "and no other" out_is "$(cat "$file")"
check "and the endpoint is not asked" [ "$(requests)" = 0 ]
run helper token --json
check "--json says what it still lives" between 3580 "$(jq .expires_in "$dir/out")" 3600
cp "$dir/signed" "$file"
run helper token
check "with a newline at its end" out_is "$(cat "$dir/signed")"
left --aud telemetry_apis
run helper token --scope telemetry_apis
check "of several scopes, one that it has" succeeded
run helper token --min-valid 600
check "it lives as long as is asked for" succeeded
run helper token --min-valid 3601
refused_saying "it lives shorter than is asked for" 76 "less than --min-valid asks for"
run helper token --fresh
refused_saying "a fresh one" 66 "a fresh token needs an API key"
run helper token --scope billing
refused_saying "a scope that it has not" 66 "lacks scope billing"

left --iat $((now - 7200)) --exp $((now - 3600))
run helper token
refused_saying "an expired one" 66 "has expired"
left --iat "$now" --exp $((now + 864000))
run helper token
refused_saying "one that lives too long for a token" 66 "has expired"
left --iat $((now + 300)) --exp $((now + 600))
run helper token --json
check "from a clock ahead of ours: it lives no longer for that" between 290 "$(jq .expires_in "$dir/out")" 300
echo 'not a token' >"$file"
run helper token
refused_saying "what is no token" 66 "the session's token is of no use"
left
chmod 644 "$file"
run helper token
refused_saying "one that others can read" 78 "the session's token"
rm "$file"
run helper token
refused_saying "one that is gone" 66 "the session's token"
extra=
run helper token
refused_saying "neither key nor session" 66 "download an API key"

finish
