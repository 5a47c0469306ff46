#!/bin/sh
# Real sudo and su: by the user's own helper, by askpass, and by a typed token in parts.
# usage: test-sudo.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"

# They fill a token up, to a length that sudo cannot take in three answers.
long_one=$(printf 'x%.0s' $(seq 200))
long_two=$(printf 'y%.0s' $(seq 200))

# ---- fixtures

set_up_policies() {
    start_issuer
    api_key alices
    api_key long --bits 4096
    api_key bobs
    api_key mallorys
    {
        printf '[service sudo]\nscopes = user_management\nsource = local\n\n'
        printf '[service su]\nscopes = user_management\nsource = local\n\n'
        key_section alices 'alice bob root'
        key_section bobs bob
    } >"$CONF/policy.conf"
    {
        printf '[service *]\nscopes = user_management\n\n'
        key_section alices 'alice bob'
        key_section long 'alice' 'services = sudo su' "scopes = user_management $long_one $long_two"
    } >"$W/policy/prompt.conf"
    {
        printf '[service %s]\nscopes = user_management\nsource = local\nbound_to = BUILD.example.com other\nsingle_use = yes\n\n' sudo su
        key_section alices 'alice bob root'
    } >"$W/policy/bound.conf"
    {
        printf '[service sudo]\nscopes = user_management\nsource = local prompt\n\n'
        key_section alices alice
    } >"$W/policy/why.conf"
    {
        printf '[service sudo]\nscopes = user_management\nsource = local prompt\n\n'
        key_section alices alice 'services = sudo' 'scopes = user_management' 'expires = 2020-02-29'
        key_section long alice
    } >"$W/policy/both.conf"
}

set_up_people() {
    user alice 4001 alice-password
    user bob 4002 bob-password
    install_key alice alices
    install_key bob bobs
    echo 'alice, bob ALL=(ALL:ALL) ALL' >>/etc/sudoers
    install -m 666 /dev/null "$W/prompts"
    config "token_url = $issuer_url"
}

# services [module argument]...: sudo's and su's stacks, as Debian's begin, with nothing else to fall to.
services() {
    for service in sudo sudo-i su su-l; do
        stack "$service" <<END
auth     sufficient pam_rootok.so
auth     required   @MODULE@ $*
account  required   pam_unix.so
session  optional   @MODULE@
session  required   pam_unix.so
END
    done
}

# config LINE...: the host's credential.conf for one case, with those lines for the default profile.
config() {
    printf '%s\n' '[profile default]' "ca_file = $W/ca.pem" "$@" >"$CONF/credential.conf"
}

# type_parts TOKEN SIZE: the token as lines of at most SIZE characters; an empty line ends it.
type_parts() {
    printf '%s\n' "$1" | fold -w "$2"
    echo
}

# ---- the user's own helper

sudo_local() {
    services
    before=$(requests)
    expect root 'sudo' as alice sudo id -un
    logged 'reason=ok user=alice service=sudo '
    [ "$(requests)" = $((before + 1)) ] || fail "$(($(requests) - before)) requests for one token"
    expect bob 'sudo -u bob' as alice sudo -u bob id -un
    [ "$(requests)" = $((before + 2)) ] || fail 'the second sudo got a token handed out before'
}

sudo_i_local() {
    services
    expect root 'sudo -i' as alice sudo -i id -un
    logged 'reason=ok user=alice service=sudo-i '
}

# A service that binds tokens gets one for its own first name. Proofs differ, so nothing waits for a new
# second.
bound_local() {
    services "policy=$W/policy/bound.conf"
    expect root 'sudo' as alice sudo id -un
    logged 'reason=ok user=alice service=sudo .*bound=build.example.com'
    expect root 'sudo once more' as alice sudo id -un
    expect bob 'su' as alice su bob -c 'id -un'
    logged 'reason=ok user=bob service=su .*bound=build.example.com'
    refused "a key that is not alice's" as bob sudo id -un
}

# What the manual says of `sudo -n`.
sudo_n() {
    refused 'sudo -n' as alice sudo -n id -un
    cp -p /etc/sudoers "$W/sudoers"
    echo 'Defaults noninteractive_auth' >>/etc/sudoers
    got=$(as alice sudo -n id -un)
    cp -p "$W/sudoers" /etc/sudoers
    [ "$got" = root ] || fail "with noninteractive_auth: '$got'"
    logged 'reason=ok user=alice service=sudo '
}

su_local() {
    services
    expect bob 'su' as alice su bob -c 'id -un'
    logged 'reason=ok user=bob service=su '
    expect bob 'su -' as alice su - bob -c 'id -un'
    logged 'reason=ok user=bob service=su-l '
    expect root 'to root, who is named' as alice su root -c 'id -un'
    refused "bob's key for alice" as bob su alice -c id
    logged 'reason=user user=alice'
}

# The session token is for logins; a command run by sudo does not inherit it, and no environment does.
command_environment() {
    services
    as alice env THRIVESTACK_TOKEN_FILE=/etc/passwd THRIVESTACK_PROFILE=x sudo env >"$W/env" || fail 'sudo failed'
    ! grep -q -e THRIVESTACK -e eyJ "$W/env" || fail 'THRIVESTACK_ variables in the command'
    as alice su bob -c env >"$W/env" || fail 'su failed'
    ! grep -q -e THRIVESTACK -e eyJ "$W/env" || fail 'THRIVESTACK_ variables in the command of su'
    [ ! -e "$PREFIX/run/thrivestack/0" ] && [ ! -e "$PREFIX/run/thrivestack/4002" ] || fail 'a token file was left'
}

# Whatever the caller sets, the helper is the user's own, with the key at home.
caller_environment() {
    services
    mallory=$W/home/alice/mallory
    mkdir -p "$mallory/thrivestack" "$mallory/.config/thrivestack"
    cp "$W/keys/mallorys" "$mallory/thrivestack/key.json"
    printf '[profile default]\nscopes = x\ntoken_url = https://localhost:1/\n' >"$mallory/thrivestack/credential.conf"
    cp "$mallory/thrivestack/"* "$mallory/.config/thrivestack"
    chown -R alice:alice "$mallory"
    chmod -R go= "$mallory"
    printf 'void __attribute__((constructor)) loaded(void) { __builtin_trap(); }\n' |
        cc -shared -fPIC -x c -o "$W/bin/trap.so" - || fail 'no compiler'
    expect root 'sudo' as alice env HOME="$mallory" XDG_CONFIG_HOME="$mallory" XDG_CACHE_HOME="$mallory" \
        XDG_RUNTIME_DIR="$mallory" THRIVESTACK_KEY_FILE="$mallory/thrivestack/key.json" \
        THRIVESTACK_TOKEN_URL=https://localhost:1/ THRIVESTACK_CONFIG="$mallory/thrivestack/credential.conf" \
        THRIVESTACK_PROFILE=nosuch THRIVESTACK_SCOPES=x THRIVESTACK_CACHE_DIR="$mallory" \
        THRIVESTACK_TOKEN_FILE=/etc/passwd THRIVESTACK_LOG=debug https_proxy=http://localhost:1 \
        SSL_CERT_FILE=/dev/null PATH="$mallory:/usr/bin:/bin" \
        sh -c "LD_PRELOAD=$W/bin/trap.so exec sudo id -un"
    grep '"path"' "$W/issuer/requests.log" | tail -n 1 | grep -q "$(cat "$W/keys/alices.id")" || fail 'another key was used'
    install_key bob mallorys
    refused "another's key file" as bob sudo true
    logged 'reason=unknown_key user=bob'
    install_key bob bobs
}

# timed_refusal WHAT REASON COMMAND...: no hang, and no second chance after one.
timed_refusal() {
    what=$1
    reason=$2
    shift 2
    began=$(date +%s)
    refused "$what" "$@"
    took=$(($(date +%s) - began))
    [ "$took" -lt 15 ] || fail "$what took $took s"
    logged "reason=$reason user="
}

hanging_endpoint() {
    services
    config 'token_url = https://localhost:8700/fault/hang/api/user/token' 'timeout = 10m'
    timed_refusal 'sudo' local_helper as alice sudo true
    config "token_url = $issuer_url"
    expect root 'the endpoint answers again' as alice sudo id -un
}

# An endpoint that hangs costs su its deadline, too; this one runs out in the helper.
helper_timeout() {
    services
    config 'token_url = https://localhost:8700/fault/hang/api/user/token' 'timeout = 1s'
    timed_refusal 'su' local_helper as alice su bob -c true
    config "token_url = $issuer_url"
}

unusable_key() {
    services
    mv "$W/home/alice/.config" "$W/home/alice/away"
    timed_refusal 'no key' local_helper as alice sudo true
    services "policy=$W/policy/why.conf"
    echo | refused 'no key, then an empty answer' as alice sudo -S true 2>"$W/stderr"
    grep -q '^No token from this machine: .*no usable API key' "$W/stderr" || fail 'the user is not told why'
    services
    mv "$W/home/alice/away" "$W/home/alice/.config"
    chmod 644 "$W/home/alice/.config/thrivestack/key.json"
    timed_refusal 'a key open to others' local_helper as alice sudo true
    chmod 600 "$W/home/alice/.config/thrivestack/key.json"
}

revoked_key() {
    services
    "$ISSUER" key revoke "$W/issuer" "$(cat "$W/keys/bobs.id")"
    timed_refusal 'sudo' local_helper as bob sudo true
    timed_refusal 'su' local_helper as bob su bob -c true
}

# ---- a typed token

sudo_typed() {
    services "policy=$W/policy/prompt.conf"
    token=$(sign alices)
    [ "${#token}" -gt 511 ] || fail 'the token is too short for this test'
    type_parts "$token" 500 >"$W/typed"
    expect root "${#token} characters" as alice sudo -S -p '' id -un <"$W/typed"
    token=$(sign long)
    type_parts "$token" 400 >"$W/typed"
    expect root "${#token} characters" as alice sudo -S -p '' id -un <"$W/typed"
    token=$(sign long --aud user_management --aud "$long_one" --aud "$long_two")
    [ "${#token}" -gt 1400 ] || fail 'the longest token is too short for this test'
    type_parts "$token" 500 >"$W/typed"
    expect root "${#token} characters" as alice sudo -S -p '' id -un <"$W/typed"
    signature=${token##*.}
    type_parts "${token%.*}.AAAA${signature#????}" 500 >"$W/typed"
    refused 'another signature' as alice sudo -S -p '' true <"$W/typed"
    logged 'reason=signature user=alice'
}

# sudo gives up on an answer of more than 511 characters once; the module asks again.
sudo_too_long() {
    services "policy=$W/policy/prompt.conf"
    token=$(sign alices)
    { printf '%s\n' "$token" && type_parts "$token" 500; } >"$W/typed"
    expect root 'after one that was too long' as alice sudo -S id -un <"$W/typed" 2>"$W/stderr"
    grep -q 'at most 500 characters at a time' "$W/stderr" || fail "prompted: $(hide_tokens <"$W/stderr")"
}

su_typed() {
    services "policy=$W/policy/prompt.conf"
    sign alices >"$W/typed"
    expect bob 'su' as alice su bob -c 'id -un' <"$W/typed"
    refused 'to root, who is not named' as alice su root -c true <"$W/typed"
    logged 'reason=(user|unknown_user) user=root'
}

sudo_askpass() {
    services "policy=$W/policy/prompt.conf"
    printf '#!/bin/sh\nprintf "%%s\\n" "$1" >>"%s"\nexec "%s" "$@"\n' "$W/prompts" \
        "$BIN/thrivestack-sudo-askpass" >"$W/bin/recorder"
    chmod 755 "$W/bin/recorder"
    expect root 'sudo -A' as alice env SUDO_ASKPASS="$W/bin/recorder" sudo -A id -un
    [ "$(wc -l <"$W/prompts")" = 2 ] || fail "prompts: $(cat "$W/prompts")"
    grep -qx 'ThriveStack token: ' "$W/prompts" || fail "prompts: $(cat "$W/prompts")"
    # thrivestack-askpass is for ssh: it does not answer sudo, nor this one a password prompt.
    refused "ssh's askpass" as alice env SUDO_ASKPASS="$BIN/thrivestack-askpass" sudo -A true
    refused 'a password prompt' as alice thrivestack-sudo-askpass '[sudo] password for alice: '
}

# ---- the order of sources, and what may not use them

# The key in alice's home is past its last day by this policy: that is a denial, so a good typed token
# is not even read.
no_prompt_after_denial() {
    services "policy=$W/policy/both.conf"
    type_parts "$(sign long)" 500 >"$W/typed"
    refused 'a denied local token' as alice sudo -S true <"$W/typed" 2>"$W/stderr"
    logged 'reason=key_expired user=alice'
    ! grep -q 'ThriveStack token' "$W/stderr" || fail 'it asked after a denial'
}

prompt_after_no_token() {
    services "policy=$W/policy/both.conf"
    config 'token_url = https://localhost:8700/fault/e403/api/user/token'
    type_parts "$(sign long)" 500 >"$W/typed"
    expect root 'the prompt' as alice sudo -S -p '' id -un <"$W/typed"
    config "token_url = $issuer_url"
}

# Services of other programs: an error in the file. The same for `*`.
local_elsewhere() {
    for service in sshd login nginx polkit-1 '*'; do
        { printf '[service %s]\nscopes = user_management\nsource = local\n\n' "$service" && key_section alices alice; } >"$W/policy/elsewhere.conf"
        [ "$service" != '*' ] || service=other-service
        printf 'auth required @MODULE@ policy=%s\n' "$W/policy/elsewhere.conf" | stack "$service"
        sign alices >"$W/typed"
        refused "$service" pamtester "$service" alice authenticate <"$W/typed"
        logged "reason=policy user=alice service=$service .*elsewhere.conf"
    done
}

# Under sudo's own name, but in a program that alice did not start: there is no invoking user.
# press KEY COMMAND: alice runs it at a terminal of hers and answers its first prompt with that key
# alone, in the notation of printf(1). $typed is what the terminal shows until the command ends.
press() {
    typed=$W/home/alice/typescript
    rm -f "$typed" "$W/keys-pressed"
    mkfifo "$W/keys-pressed"
    as alice script -q -e -f -c "$2" "$typed" <"$W/keys-pressed" >"$W/terminal" 2>&1 &
    session=$!
    exec 4>"$W/keys-pressed"
    await 10 grep -q 'ThriveStack token' "$typed" || fail "$2: no prompt"
    # shellcheck disable=SC2059 # It is a format.
    printf "$1" >&4
    status=0
    exec 4>&- # whatever asks again gets the end of the input
    wait "$session" || status=$?
    [ "$status" != 0 ] || fail "$2: it succeeds"
    prompts=$(grep -o 'ThriveStack token' "$typed" | wc -l)
    [ "$prompts" = 1 ] || fail "$2: $prompts prompts"
}

# Whoever gives up is not asked again.
given_up() {
    services "policy=$W/policy/prompt.conf"
    press '\003' 'sudo id'
    press '\004' 'sudo id'
    press '\004' 'su bob -c id'
    logged 'reason=conversation user=bob service=su '
}

local_without_invoker() {
    echo 'auth required @MODULE@' | stack sudo-i
    before=$(requests)
    refused 'root as the invoker' pamtester sudo-i alice authenticate
    refused 'a user from another host' pamtester -I rhost=elsewhere -I ruser=alice sudo-i alice authenticate
    logged 'reason=local_helper user=alice service=sudo-i'
    [ "$(requests)" = "$before" ] || fail 'the helper ran'
}

root_not_locked_out() {
    services
    mv "$CONF/policy.conf" "$CONF/policy.away"
    expect root 'sudo' sudo -n id -un
    expect alice 'su' su alice -c 'id -un'
    refused 'alice without a policy' as alice sudo true
    logged 'reason=policy user=alice'
    mv "$CONF/policy.away" "$CONF/policy.conf"
}

no_secret_left() {
    no_secret_in "$W/syslog"
    [ -z "$(find "$PREFIX/run" -name '*.*' -type f)" ] || fail 'files left in the run-time folder'
    ! pgrep -f 'thrivestack-(credential|worker)' || fail 'a helper outlives its caller'
}

set_up_policies
set_up_people

run_case sudo_local sudo_local
run_case sudo_i_local sudo_i_local
run_case sudo_n_local sudo_n
run_case bound_local bound_local
run_case su_local su_local
run_case command_environment command_environment
run_case caller_environment_changes_nothing caller_environment
run_case hanging_endpoint hanging_endpoint
run_case helper_timeout helper_timeout
run_case unusable_key unusable_key
run_case sudo_typed_in_parts sudo_typed
run_case sudo_after_too_long_an_answer sudo_too_long
run_case su_typed su_typed
run_case given_up_at_a_terminal given_up
run_case sudo_askpass sudo_askpass
run_case no_prompt_after_denial no_prompt_after_denial
run_case prompt_after_no_token prompt_after_no_token
run_case local_elsewhere_is_an_error local_elsewhere
run_case local_without_invoker local_without_invoker
run_case root_not_locked_out root_not_locked_out
run_case revoked_key revoked_key
run_case no_secret_left no_secret_left
finish
