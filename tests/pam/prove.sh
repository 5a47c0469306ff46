#!/bin/sh
# Appends a proof to a token, after RFC 9901 and with nothing of the product: `~` and what keys/KEY.key
# signs, as key ID, for HOST.
# Usage: sh prove.sh FILE KEY ID HOST [IAT]     the issuer is $issuer, the folder with keys $scratch
set -eu
: "${issuer:?}" "${scratch:?}"
hash=$(printf '%s~' "$(cat "$1")" | openssl dgst -sha256 -binary | basenc --base64url | tr -d '=')
nonce=$(openssl rand 16 | basenc --base64url | tr -d '=')
proof=$("$issuer" sign "$scratch/keys/$2.key" --header "{\"alg\":\"RS256\",\"id\":\"$3\",\"typ\":\"kb+jwt\"}" \
    --payload "{\"aud\":\"$4\",\"iat\":${5:-$(date +%s)},\"nonce\":\"$nonce\",\"sd_hash\":\"$hash\"}" </dev/null)
printf '%s\n' "$proof" >"$1.proof"
printf '%s~%s' "$(cat "$1")" "$proof" >"$1.bound"
mv "$1.bound" "$1"
