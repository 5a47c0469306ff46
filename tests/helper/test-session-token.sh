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

# What `status` says of it is what `token` does.
session_is() { [ "$(jq -c ".profiles[0].session_token | $1" "$dir/out")" = "$2" ]; }
run helper status
check "status tells the session's token" grep -q "session's token  *$file" "$dir/out"
check "that it is alive, and its scopes" \
    grep -qE "alive  +(59m [0-9]+s|1h) of 1h left: user_management telemetry_apis" "$dir/out"
check "and nothing against it" [ "$(grep -c 'not usable' "$dir/out")" = 0 ]
check "and not the token" [ "$(grep -c eyJ "$dir/out")" = 0 ]
run helper status --json
check "status --json: its file" session_is .file "\"$file\""
check "status --json: nothing against it" session_is .error null
check "status --json: its scopes" session_is .scopes '["user_management","telemetry_apis"]'
check "status --json: its life" session_is .life 3600
check "status --json: what is left of it" between 3580 "$(jq '.profiles[0].session_token.expires_in' "$dir/out")" 3600
extra="$extra THRIVESTACK_SCOPES=billing"
run helper status
check "status of one that lacks a scope" out_has "lacks scope billing"
check "tells those that it has" out_has 'left: user_management telemetry_apis'
extra="THRIVESTACK_TOKEN_FILE=$file THRIVESTACK_KEY_FILE=$dir/elsewhere.json"
run helper status
check "status, where there is a key: the session's token is not used" \
    [ "$(grep -c "$file" "$dir/out")" = 0 ]
run helper status --json
check "status --json, where there is a key" session_is . null
extra=THRIVESTACK_TOKEN_FILE=$file

left --iat $((now - 7200)) --exp $((now - 3600))
run helper token
refused_saying "an expired one" 66 "has expired"
run helper status
check "status of an expired one" grep -q "not usable  *the session's token has expired" "$dir/out"
check "status does not call it alive" [ "$(grep -c 'alive' "$dir/out")" = 0 ]
left --iat "$now" --exp $((now + 864000))
run helper token
refused_saying "one that lives too long for a token" 66 "has expired"
left --iat $((now + 300)) --exp $((now + 600))
run helper token --json
check "from a clock ahead of ours: it lives no longer for that" between 290 "$(jq .expires_in "$dir/out")" 300
echo 'not a token' >"$file"
run helper token
refused_saying "what is no token" 66 "the session's token cannot be used"
left
chmod 644 "$file"
run helper token
refused_saying "one that others can read" 78 "the session's token"
rm "$file"
run helper token
refused_saying "one that is gone" 66 "the session's token"
run helper status
check "status of one that is gone" grep -q "not usable  *the session's token: .* does not exist" "$dir/out"
extra=
run helper token
refused_saying "neither key nor session" 66 "download an API key"
check "how it is put in place" err_has "'thrivestack-credential key import FILE', or set key_file"
printf '[profile corp]\nkey_file = %s\nscopes = a\n' "$dir/none" | conf
run helper --profile corp token
refused_saying "no key of another profile" 66 "'thrivestack-credential key import FILE --profile corp'"
extra=THRIVESTACK_KEY_FILE=$dir/none.json
run helper token
refused_saying "no key where the variable says" 66 "none.json does not exist"
check "which is what to correct" err_has 'or correct THRIVESTACK_KEY_FILE'
check "for it goes over any setting" [ "$(grep -c 'set key_file' "$dir/err")" = 0 ]

finish
