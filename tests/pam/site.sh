# shellcheck shell=sh disable=SC2034,SC2154 # Its users use and set what looks unused or unset.
# Sourced after lib.sh by the scripts that need root: a policy with every kind of service, one key,
# a good token, one for in two hours, a forged one, and a stand-in for the helper that prints the good one.

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
# helper_stand_in COMMAND: what the helper does when it is to print a token; COMMAND reads no key.
helper_stand_in() {
    {
        printf '#!/bin/sh\n[ "$1" = key ] && exec echo "the key"\nread -r key <&3\n'
        printf '%s\n' "$1"
    } >"$state/helper"
    chmod 755 "$state/helper"
}
helper_stand_in "exec cat $scratch/token"
