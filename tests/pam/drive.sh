# shellcheck shell=sh disable=SC2034,SC2154 # Its users use and set what looks unused or unset.
# Sourced after lib.sh and make_site by the scripts that look at runs of pam-driver one by one: a policy
# with every kind of service, and what is expected of a run.

cat >"$scratch/etc/policy.conf" <<END
[service *]
scopes = user_management

[service once]
scopes     = user_management
single_use = yes

[service bound]
scopes     = user_management
bound_to   = host.test
single_use = yes

[service sudo]
scopes = user_management telemetry_apis
source = local prompt

[service su]
scopes = user_management
source = local

[key good]
public_key = keys/good.pem
users      = $user root bin
services   = *
scopes     = user_management telemetry_apis
END

make_stacks sshd once bound sudo su other

# sign FILE ARGUMENTS...
sign() {
    file=$1
    shift
    "$issuer" sign "$scratch/keys/good.key" --id good "$@" | tr -d '\n' >"$file"
    fold -w 16 "$file" | grep -E '.{16}' >>"$scratch/stretches"
}

# prove FILE TO: the token of FILE, bound to host.test, goes to TO.
prove() {
    cp "$1" "$2" && append_proof "$2" good good host.test
    fold -w 16 "$2" | grep -E '.{16}' >>"$scratch/stretches"
}

# drive NAME OPTIONS...: a run of pam-driver that ends by itself; its output is out. $drive_in is a
# command to run it with.
drive() {
    name=$1
    shift
    # shellcheck disable=SC2086 # A command with its options.
    ${drive_in:-} timeout 60 "$driver" "$@" >"$scratch/out" 2>&1 </dev/null ||
        bad "$name" 'the driver fails' "$scratch/out"
    search_log "$name"
}

# No 16 characters of any token are in the log, `debug` and all.
search_log() {
    if grep '^log' "$scratch/out" | grep -qFf "$scratch/stretches"; then
        bad "$1" 'a token is in the log' "$scratch/out"
    fi
}

# has NAME TEXT: a line of the output begins with it
has() {
    if grep -q "^$2" "$scratch/out"; then ok "$1"; else bad "$1" "no line '$2'" "$scratch/out"; fi
}

has_not() {
    if grep -q "$2" "$scratch/out"; then bad "$1" "a line with '$2'" "$scratch/out"; else ok "$1"; fi
}

is() {
    if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "'$2' is not '$3'" "$scratch/out"; fi
}
