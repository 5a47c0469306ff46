#!/bin/sh
# The prover: the one job it does, and those it refuses.
# Usage: sh test-prover.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/worker/lib.sh
. "$(dirname "$0")/lib.sh"

run "$(cat "$dir/job")"
# In a job, a token is base64url.
token=$(printf '%s' "$answer" | jq -r .grant.token | tr -d '\n' | base64 -w 0 | tr -- +/ -_ | tr -d =)
worker=$1/libexec/thrivestack/thrivestack-prover
jq -c --arg token "$token" '. + {job: "prove", host: "build.example.com", token: $token}' "$dir/job" >"$dir/prove"
before=$(requests)
run "$(cat "$dir/prove")"
check 'it signs a proof for a token' \
    sh -c 'printf "%s" "$0" | jq -e ".proof.proof | test(\"^[^.]+[.][^.]+[.][^.]+$\")"' "$answer"
check 'and asks nobody' [ "$(requests)" = "$before" ]
for filter in '.job = "token" | del(.host, .token)' '.job = "key" | del(.host, .token)' '.token = ""'; do
    run "$(jq -c "$filter" "$dir/prove")"
    check "it does nothing else: $filter" [ "$(printf '%s' "$answer" | jq .error.exit_code)" = 64 ]
done
check 'and still asks nobody' [ "$(requests)" = "$before" ]
check 'its version' sh -c '"$0" --version | grep -qE "^thrivestack-prover [0-9.]+$"' "$worker"
readelf -d "$worker" >"$dir/elf"
check 'it does not link libcurl' sh -c '! grep -q "NEEDED.*libcurl" "$0"' "$dir/elf"
check 'full RELRO of the prover' grep -q -e BIND_NOW -e 'FLAGS_1.*NOW' "$dir/elf"
check 'it cannot be read' [ "$(stat -c %a "$worker")" = 711 ]

finish
