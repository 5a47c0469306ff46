#!/bin/sh
# What an endpoint can answer: tokens, refusals, and answers that are neither.
# Usage: sh test-answers.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/worker/lib.sh
. "$(dirname "$0")/lib.sh"

main=$url
start_server --expiry-unit minutes && minutes=$url
start_server --http && http=$url
url=$main
export minutes http
pin=$(cat "$dir/i/server.pin")
export pin

echo '# right answers'
rows <<'ROWS'
plain|0|"grant"|1|.
two-scopes|0|"scopes":["a","b"]|1|.scopes = ["a", "b"]
right-pin|0|"grant"|1|.pinned_public_key = $ENV.pin
flaky-503|0|"grant"|2|.token_url = $url + "/fault/flaky-503" + $path
http-loopback|0|"grant"|1|.token_url = $ENV.http + $path | .allow_http = true
http-loopback-no-proxy|0|"grant"|1|.token_url = $ENV.http + $path | .allow_http = true | .proxy = "http://127.0.0.1:1"
minutes-unit|0|"grant"|1|.token_url = $ENV.minutes + $path | .expiry_in_minutes = true
no_proxy|0|"grant"|1|.proxy = "http://127.0.0.1:1" | .no_proxy = "localhost"
ROWS
faults <<'ROWS'
aud-array|0|"grant"|1
aud-spaces|0|"scopes":["a","b"]|1|.scopes = ["a", "b"]
set-cookie|0|"grant"|1
slow-200ms|0|"grant"|1
no-date|0|"grant"|1
flaky-503-2|0|"grant"|3
foreign-key|0|"grant"|1|.verify_signature = false
ROWS

echo '# lives'
row life '.' 0 grant 1
check 'life is exp less Date' grant '.life >= 3590 and .life <= 3600 and .age <= 5'
for fault in date-ahead-2h date-behind-2h; do
    row $fault ".token_url = \$url + \"/fault/$fault\" + \$path" 0 grant 1
    check "$fault: life" grant '.life >= 3590 and .life <= 3600 and .age <= 5'
done
row iat-old '.token_url = $url + "/fault/iat-old" + $path' 0 grant 1
check 'iat-old: age' grant '.age >= 1000 and .age <= 1010 and .life >= 3590 and .life <= 3600'
row minutes '.token_url = $ENV.minutes + $path | .expiry_in_minutes = true | .lifetime = 150' 0 grant 1
check 'minutes: 150 s ask for 2 minutes' grant '.life >= 115 and .life <= 120'
row short-minutes '.token_url = $ENV.minutes + $path | .expiry_in_minutes = true | .lifetime = 5' 0 grant 1
check 'minutes: 5 s ask for 1 minute' grant '.life >= 55 and .life <= 60'
row slow-3s '.token_url = $url + "/fault/slow-3s" + $path' 0 grant 1
check 'a slow answer: counted from before the request' grant '.life <= 3597 and .life >= 3590 and .age >= 3'
row slow-1s '.token_url = $url + "/fault/slow-1s" + $path | .lifetime = 1' 76 expired 1
row identity '.' 0 grant 1
check 'grant names key and response' grant ".key_id == \"$id\" and (.response_id | length) == 36 and .scopes == [\"user_management\"]"

echo '# refusals'
faults <<'ROWS'
e400|77|HTTP 400|1
e401|77|is not revoked|1
e403|77|HTTP 403|1
e404|77|HTTP 404|1
e418|77|HTTP 418|1
error-text|77|HTTP 403: |1
echo-key|77|(message withheld: it quotes a secret)|1
message-token|77|(message withheld: it quotes a secret)|1
message-control|77|HTTP 403: |1
message-long|77|HTTP 403: |1
ROWS
row e401 '.token_url = $url + "/fault/e401" + $path' 77 "$id" 1
check 'a refusal names status and response_id' \
    jq -e '.error.http_status == 401 and (.error.response_id | length) == 36' <<EOT
$answer
EOT
row message-control '.token_url = $url + "/fault/message-control" + $path' 77 403 1
check 'no control or bidi character is left' jq -e '.error.text |
    (test("[\\x00-\\x1f\\x7f-\\x9f\\x{061c}\\x{200b}-\\x{200f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]") | not)' <<EOT
$answer
EOT
row message-long '.token_url = $url + "/fault/message-long" + $path' 77 403 1
check 'a long message is cut' [ "$(printf '%s' "$answer" | wc -c)" -lt 600 ]

echo '# answers that are no token'
faults <<'ROWS'
redirect-301|76|redirects|1
redirect-302|76|redirects|1
redirect-307|76|redirects|1
redirect-308|76|redirects|1
html|76|not valid JSON|1
empty|76|empty|1
empty-object|76|holds no token|1
truncated-json|76|not valid JSON|1
trailing-json|76|not valid JSON|1
dup-key-json|76|one key twice|1
nested|76|larger than|1
big-body|76|larger than 65536 bytes|1
endless|76|larger than 65536 bytes|1
no-token|76|holds no token|1
token-null|76|holds no token|1
token-number|76|holds no token|1
token-object|76|holds no token|1
token-empty|76|three parts|1
token-newline|76|base64url|1
token-cr|76|base64url|1
token-nul|76|not valid JSON|1
token-two-parts|76|three parts|1
token-four-parts|76|three parts|1
token-padded|76|base64url|1
token-plain-base64|76|base64url|1
expired|76|has expired|1
exp-before-iat|76|exp is not after its iat|1
no-exp|76|exp is missing|1
no-iat|76|iat is missing|1
exp-string|76|exp is missing|1
exp-float|76|exp is missing|1
too-long|76|expiry_unit|1
minutes|76|expiry_unit|1
wrong-aud|76|aud lacks a scope|1
no-aud|76|aud|1
aud-number|76|aud|1
aud-prefix|76|aud lacks a scope|1
wrong-iss|76|iss is not ThriveStack|1
no-iss|76|iss|1
wrong-id|76|another key|1
no-id|76|key id|1
alg-none|76|three parts|1
alg-hs256|76|alg is not RS256|1
alg-rs512|76|alg is not RS256|1
foreign-key|76|not by this key|1
bad-signature|76|not by this key|1
ROWS
row minutes-of-a-day '.token_url = $ENV.minutes + $path' 76 expiry_unit 1
row expired-id '.token_url = $url + "/fault/expired" + $path' 76 '(response_id ' 1
check 'a redirect is never followed' [ "$(grep -c /stolen "$log")" = 0 ]
check 'no cookie is ever sent' [ "$(grep -c '"cookie":true' "$log")" = 0 ]

finish
