# shellcheck shell=sh disable=SC2034,SC2154 # Its users use and set what looks unused or unset.
# Sourced after lib.sh by the scripts that need root: a policy with every kind of service, one key,
# a good token, one for in two hours, a forged one, and a helper that prints the good one.

make_site
cat >"$scratch/etc/policy.conf" <<END
[service *]
scopes = user_management

[service once]
scopes     = user_management
single_use = yes

[service su]
scopes = user_management
source = local

[key good]
public_key = keys/good.pem
users      = @$user $user
services   = *
scopes     = user_management
END
make_stacks sshd once su other
"$issuer" sign "$scratch/keys/good.key" --id good | tr -d '\n' >"$scratch/token"
now=$(date +%s)
"$issuer" sign "$scratch/keys/good.key" --id good --iat $((now + 7200)) | tr -d '\n' >"$scratch/later"
"$issuer" sign "$scratch/keys/stranger.key" --id good | tr -d '\n' >"$scratch/forged"
printf '#!/bin/sh\nexec cat %s/token\n' "$scratch" >"$state/helper"
chmod 755 "$state/helper"
