#!/bin/sh
# Holds the completions against `thrivestack-credential --help`: what they offer is what it takes.
# bash's and fish's are asked, as the shells ask them; zsh's is read, and checked for its syntax, where
# there is a zsh. Arguments: the source tree, the folder of built completions, thrivestack-credential.
set -u
source_root=$1
completions=$2
helper=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/lib.sh
. "$source_root/tests/lib.sh"
# shellcheck source=tests/packaging/common.sh
. "$source_root/tests/packaging/common.sh"

cat >"$scratch/credential.conf" <<'END'
[profile default]
scopes = one

[profile acme]
scopes = two

[host git.example.com]
username = alice

[host *.wild.example]
username = alice
END
printf '[profile other]\nscopes = three\n' >"$scratch/other.conf"
: >"$scratch/key.json"
mkdir -p "$scratch/pam.d/folder"
printf '%s\n' sshd sudo >"$scratch/services"
for name in sshd sudo common-auth sshd.pam-old sudo.dpkg-old sudo~ sshd.rpmnew; do
    : >"$scratch/pam.d/$name"
done
mkdir -p "$scratch/xdg/thrivestack/credential.conf.d"
echo '[host in-a-folder.example]' >"$scratch/xdg/thrivestack/credential.conf.d/a.conf"
export THRIVESTACK_CONFIG="$scratch/credential.conf" XDG_CONFIG_HOME="$scratch/xdg"

# complete_bash WORD...: what bash offers for the last word, one a line.
complete_bash() {
    bash --norc -c '
        source "$1" || exit 1
        shift
        [[ $(complete -p "$1") == *" -F _thrivestack_credential "* ]] || exit 1
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _thrivestack_credential
        ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"
    ' bash "$completions/thrivestack-credential" thrivestack-credential "$@"
}

# complete_fish WORD...: the same of fish. Nothing here needs quoting.
complete_fish() {
    HOME=$scratch fish --no-config -c 'source $argv[1]; complete -C "thrivestack-credential $argv[2..-1]"' \
        "$completions/thrivestack-credential.fish" "$@" | cut -f1
}

# options_of SHELL COMMAND: those offered after the command and after each of its operations.
options_of() {
    "complete_$1" "$2" --
    for operation in $("complete_$1" "$2" ''); do
        "complete_$1" "$2" "$operation" --
    done
}

# offers TEXT SHELL EXPECTED WORD...: exactly these lines, in any order.
offers() {
    text=$1
    shell=$2
    printf '%s\n' "$3" | tr ' ' '\n' >"$scratch/expected"
    shift 3
    "complete_$shell" "$@" >"$scratch/offered"
    same "$shell: $text" "$scratch/expected" "$scratch/offered"
}

# once VALUES SHELL WORD...: something is offered, and nothing of it twice.
once() {
    values=$1
    shell=$2
    shift 2
    "complete_$shell" "$@" >"$scratch/offered"
    check "$shell: $values, some" test -s "$scratch/offered"
    check "$shell: $values, each once" test -z "$(sort "$scratch/offered" | uniq -d)"
}

test_shell() {
    shell=$1
    helper_commands >"$scratch/expected"
    "complete_$shell" '' >"$scratch/offered"
    same "$shell offers the commands" "$scratch/expected" "$scratch/offered"
    helper_commands >"$scratch/commands"
    while read -r command; do
        helper_options "$command" | sed 's/^/--/' >"$scratch/expected"
        options_of "$shell" "$command" | grep '^--' >"$scratch/offered"
        same "$shell offers the options of $command" "$scratch/expected" "$scratch/offered"
    done <"$scratch/commands"
    offers 'operations of git' "$shell" 'get store erase capability' git ''
    offers 'operations of docker' "$shell" 'get store erase list version' docker ''
    offers 'profiles of the file' "$shell" 'default acme' --profile ''
    once 'profiles of the file' "$shell" --profile ''
    unset THRIVESTACK_CONFIG
    offers 'hosts of credential.conf.d' "$shell" in-a-folder.example setup git in-a-folder
    export THRIVESTACK_CONFIG="$scratch/credential.conf"
    offers 'a profile that was begun' "$shell" acme token --profile a
    offers 'a command that was begun' "$shell" 'status setup sudo-askpass' s
    offers 'hosts, not patterns' "$shell" git.example.com setup git ''
}

check 'bash: syntax' bash -n "$completions/thrivestack-credential"
test_shell bash
offers 'profiles of the file that --config names' bash 'default other' \
    --config "$scratch/other.conf" --profile ''
offers 'a value behind an equals sign' bash acme token --profile = ac
# As bash has it where COMP_WORDBREAKS is without an equals sign.
offers 'a value in one word with its option' bash '--profile=acme' token --profile=ac
offers 'the same before a command' bash '--profile=default --profile=acme' --profile=
offers 'profiles of the file that --config= names' bash 'default other' \
    "--config=$scratch/other.conf" --profile ''
bash --norc -c 'source "$1" && _thrivestack_credential_services "$2"' bash \
    "$completions/thrivestack-credential" "$scratch/pam.d" >"$scratch/offered"
same 'bash: services, and nothing else of their folder' "$scratch/services" "$scratch/offered"
offers 'file names' bash "$scratch/key.json" key import "$scratch/ke"

if command -v fish >/dev/null; then
    fish --no-config -c 'source $argv[1]; __thrivestack_credential_services $argv[2]' \
        "$completions/thrivestack-credential.fish" "$scratch/pam.d" >"$scratch/offered"
    same 'fish: services, and nothing else of their folder' "$scratch/services" "$scratch/offered"
    check 'fish: syntax' fish --no-execute "$completions/thrivestack-credential.fish"
    test_shell fish
fi

if command -v zsh >/dev/null; then
    check 'zsh: syntax' zsh -n "$completions/_thrivestack-credential"
fi
helper_commands >"$scratch/expected"
sed -nE "s/^        ['\"]([a-z-]+):.*/\1/p" "$completions/_thrivestack-credential" >"$scratch/offered"
same 'zsh: the commands' "$scratch/expected" "$scratch/offered"
while read -r command; do
    helper_options "$command"
done <"$scratch/expected" >"$scratch/options"
grep -oE "[\"')*]--[a-z-]+\[" "$completions/_thrivestack-credential" | tr -d "\"')*[" | sed 's/^--//' \
    >"$scratch/offered"
same 'zsh: the options' "$scratch/options" "$scratch/offered"

finish
