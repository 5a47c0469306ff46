#!/bin/sh
# What is tried again, when, and for how long.
# Usage: sh test-retries.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/worker/lib.sh
. "$(dirname "$0")/lib.sh"

faults <<'ROWS'
hang|69|timeout|1|.timeout_ms = 700
drip|69|timeout|1|.timeout_ms = 1200
slow-3s|69|timeout|1|.timeout_ms = 700
cut|69|connection broke|1
reset|69|connection broke|1
e429|69|HTTP 429|4
e500|69|HTTP 500|4
e503|69|response_id|4
ROWS
# The limit of row() would let the whole timeout pass; here it must end at once.
row e429-retry-long '.token_url = $url + "/fault/e429-retry-long" + $path' 69 429 1
check 'Retry-After beyond the deadline ends it at once' [ "$took" -lt 5000 ]
row e429-retry-after '.token_url = $url + "/fault/e429-retry-after" + $path' 69 429 4
check 'Retry-After is waited for' [ "$took" -ge 3000 ]
row retry-cut-short '.token_url = $url + "/fault/e429-retry-after" + $path | .timeout_ms = 2900' 69 429 -
check 'Retry-After is waited for while there is time' between 2 "$count" 3
row refused-debug '.token_url = "https://localhost:1/" | .debug = true' 69 reached 0
check 'a refused connection is tried four times' grep -q 'attempt 4 of 4' "$dir/err"

finish
