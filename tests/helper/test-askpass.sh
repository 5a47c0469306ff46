#!/bin/sh
# `askpass` and `sudo-askpass`: which questions they answer, and how long tokens are handed out.
# usage: test-askpass.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

"$issuer" key new "$dir/issuer" --bits 4096 --out "$dir/long.json" >"$dir/long.id" || exit 1
hosts() {
    cat <<END
[host ssh.example.com]
askpass = yes
[host closed.example.com]
[host *.wild.example.com]
askpass = yes
[host [2001:db8::1]]
askpass = yes
[host long.example.com]
profile = long
askpass = yes
[profile long]
key_file = $dir/long.json
token_url = $url/api/user/token
ca_file = $dir/issuer/ca.pem
scopes = user_management telemetry_apis a_third_scope_for_length
END
}
hosts | conf

ask() {
    clean env THRIVESTACK_CONFIG="$dir/conf" thrivestack-askpass "$@"
}
sudo_ask() {
    clean env THRIVESTACK_CONFIG="$dir/conf" thrivestack-sudo-askpass "$@"
}
question='ThriveStack token: '
# All of an answer but its newline, and how long it is.
length() { head -n 1 "$dir/out" | tr -d '\n' | wc -c; }
# Joins the answers in the file `whole`; FNV-1a in shell arithmetic, as the module computes it.
fnv1a() {
    hash=2166136261
    for byte in $(od -An -v -tu1 "$1"); do
        hash=$((((hash ^ byte) * 16777619) & 4294967295))
    done
    printf '%08x' "$hash"
}

# --- What is refused

refuse() {
    run ask "$2"
    refused "$1" 1
}
count_from_here
refuse "a host key question" "The authenticity of host 'ssh.example.com (192.0.2.1)' can't be established.
ED25519 key fingerprint is SHA256:x.
Are you sure you want to continue connecting (yes/no/[fingerprint])? "
refuse "a key's passphrase" "Enter passphrase for key '/home/alice/.ssh/id_ed25519': "
refuse "another password" '(alice@ssh.example.com) Password: '
refuse "our text without the client's prefix" "$question"
refuse "a host without askpass = yes" "(alice@closed.example.com) $question"
refuse "a host without a section" "(alice@evil.example) $question"
refuse "a prefix that is only the server's" "(alice@evil.example) (alice@ssh.example.com) $question"
refuse "a prefix behind a line" "x
(alice@ssh.example.com) $question"
refuse "no user" "(@ssh.example.com) $question"
refuse "no host" "(alice@) $question"
refuse "text in front of ours" "(alice@ssh.example.com) Your $question"
refuse "text behind ours" "(alice@ssh.example.com) ${question}x"
refuse "a line behind ours" "(alice@ssh.example.com) $question
Password: "
refuse "a part that does not begin at 500" "(alice@ssh.example.com) ThriveStack token, from character 502 (1a2b3c4d): "
refuse "a part without its hash" "(alice@ssh.example.com) ThriveStack token, from character 501: "
refuse "an empty prompt" ''
refuse "a prompt like an option" '--nonsense'
refuse "a prompt that names a configuration" "--config=$dir/conf"
run ask
refused "no prompt" 1
run ask "(alice@ssh.example.com) $question" again
refused "two prompts" 1
# The question is quoted, with its likely cause, the first time that one ssh asks it.
for row in "authenticity of host|this host is new to you|The authenticity of host 'h' can't be established.
Are you sure you want to continue connecting (yes/no)? " "passphrase for key|add it to ssh-agent|Enter passphrase for key 'k': " \
    "alice@h) Password:|none for this account|(alice@h) Password: " \
    "Colour?|not a question for a ThriveStack token|(alice@h) Colour? "; do
    prompt=${row#*|}
    forget_cache
    run ask "${prompt#*|}"
    refused_saying "the question is quoted: ${row%%|*}" 1 "${row%%|*}"
    check "and its likely cause is named: ${prompt%%|*}" err_has "${prompt%%|*}"
    run ask "${prompt#*|}"
    check "once" [ "$status$(cat "$dir/out" "$dir/err")" = 1 ]
done
run ask "(alice@closed.example.com) $question"
refused_saying "a host without askpass = yes: how to change that" 1 "'thrivestack-credential setup ssh closed.example.com'"
(run ask "(alice@h) Colour? ")
check "another process is told again" err_has 'Colour?'
forget_cache
extra=SSH_ASKPASS_REQUIRE=force
run ask "Enter passphrase for key '/home/alice/.ssh/id_ed25519': "
refused_saying "a key's passphrase, where ssh is kept from asking" 1 SSH_ASKPASS_REQUIRE=force
for hint in confirm none; do
    extra="SSH_ASKPASS_PROMPT=$hint"
    refuse "SSH_ASKPASS_PROMPT=$hint" "(alice@ssh.example.com) $question"
done
extra=
check "nobody was asked for any of it" asked 0

# --- What is answered

run ask "(alice@ssh.example.com) $question"
check "ssh's question for a host with askpass = yes" succeeded
check "the first 500 characters" [ "$(length)" = 500 ]
head -n 1 "$dir/out" | tr -d '\n' >"$dir/whole"
run ask "(alice@ssh.example.com) ThriveStack token, from character 501 ($(fnv1a "$dir/whole")): "
check "the next part" succeeded
check "is what is left" between 1 "$(length)" 499
head -n 1 "$dir/out" | tr -d '\n' >>"$dir/whole"
check "both together are a token" is_token "$(cat "$dir/whole")"
first=$(cat "$dir/whole")
run ask "(alice@ssh.example.com) ThriveStack token, from character 501 (00000000): "
refused "another hash gets nothing" 66
run ask "(alice@ssh.example.com) Welcome to this host.
$question"
check "lines in front of the question" [ "$(length)" = 500 ]
check "every question gets a fresh token" [ "$(head -n 1 "$dir/out")" != "$(head -c 500 "$dir/whole")" ]
run ask "(alice@ssh.example.com) ThriveStack token (at most 500 characters at a time): "
check "the question after a failed conversation" [ "$(length)" = 500 ]
run ask "(alice@corp@ssh.example.com) $question"
check "a user with an @" [ "$(length)" = 500 ]
run ask "(alice@SSH.example.com) $question"
check "a host's case does not matter" [ "$(length)" = 500 ]
run ask "(alice@a.wild.example.com) $question"
check "a wildcard" [ "$(length)" = 500 ]
run ask "(alice@2001:db8::1) $question"
check "an IPv6 address" [ "$(length)" = 500 ]
run helper askpass "(alice@ssh.example.com) $question"
check "the command by its own name" [ "$(length)" = 500 ]

# --- A token of three parts

run ask "(alice@long.example.com) $question"
head -n 1 "$dir/out" | tr -d '\n' >"$dir/whole"
for from in 501 1001; do
    run ask "(alice@long.example.com) ThriveStack token, from character $from ($(fnv1a "$dir/whole")): "
    check "a long token, from character $from" succeeded
    head -n 1 "$dir/out" | tr -d '\n' >>"$dir/whole"
done
check "all of it is a token" is_token "$(cat "$dir/whole")"
check "of over 1000 characters" [ "$(wc -c <"$dir/whole")" -gt 1000 ]
check "what was printed in whole is kept no longer" \
    [ -z "$(grep -lF "$(cat "$dir/whole")" "$dir"/cache/parts-*)" ]

# --- sudo

run sudo_ask "$question"
check "sudo's question" [ "$(length)" = 500 ]
head -n 1 "$dir/out" | tr -d '\n' >"$dir/whole"
run sudo_ask "ThriveStack token, from character 501 ($(fnv1a "$dir/whole")): "
head -n 1 "$dir/out" | tr -d '\n' >>"$dir/whole"
check "and the next" is_token "$(cat "$dir/whole")"
check "it is no ssh token handed out before" [ "$(cat "$dir/whole")" != "$first" ]
refuse_sudo() {
    run sudo_ask "$2"
    refused "sudo: $1" 1
}
refuse_sudo "a password" "[sudo] password for alice: "
refuse_sudo "ssh's question" "(alice@ssh.example.com) $question"
refuse_sudo "a line in front" "x
$question"
run sudo_ask
refused "sudo: no prompt" 1

# --- Failures

hosts | conf /fault/e401
run ask "(alice@ssh.example.com) $question"
refused "no token to be had" 77
echo '[colour red]' >>"$dir/conf"
run ask "(alice@ssh.example.com) $question"
refused "a broken configuration" 78
finish
