#!/bin/sh
# Real sshd on loopback: carol's laptop has the API keys, alice's account on the server has none.
# usage: test-sshd.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"
# shellcheck source=tests/e2e/typist.sh
. "$SOURCE/typist.sh"

# Makes a token of a 4096-bit key longer than what ssh keeps of one answer.
long_scope=reports_of_all_products_and_of_all_their_accounts

# ---- the server

# server NAME PORT [LINE]...: an sshd whose PAM service is NAME; lines come first in its configuration.
server() {
    name=$1
    ln -s /usr/sbin/sshd "$W/bin/$name"
    {
        printf '%s\n' "Port $2" 'ListenAddress 127.0.0.1'
        shift 2
        printf '%s\n' "$@" "HostKey $W/host-key" 'PidFile none' 'UsePAM yes' 'UseDNS no' \
            'KbdInteractiveAuthentication yes' 'PasswordAuthentication no' 'LogLevel DEBUG3' \
            'MaxAuthTries 6' 'LoginGraceTime 30'
        if sshd_knows PAMServiceName; then
            printf '%s\n' "PAMServiceName $name" 'PerSourcePenalties no'
        fi
    } >"$W/$name.conf"
    "$W/bin/$name" -D -f "$W/$name.conf" -E "$W/$name.log" &
}

# OpenSSH 10 goes by an option, and not by the name it was started under.
sshd_knows() {
    /usr/sbin/sshd -T -f /dev/null -h "$W/host-key" -o "$1=sshd" >/dev/null 2>&1
}

set_up_server() {
    ssh-keygen -q -t ed25519 -N '' -f "$W/host-key" && ssh-keygen -q -t ed25519 -N '' -f "$W/login-key"
    as alice mkdir -m 700 "$W/home/alice/.ssh"
    as alice cp "$W/login-key.pub" "$W/home/alice/.ssh/authorized_keys"
    echo '127.0.0.1 big.example huge.example evil.example narrow.example' >>/etc/hosts
    cc -shared -fPIC -o "$W/bin/imposter.so" "$SOURCE/imposter.c" || die 'the imposter does not compile'
    stack sshd <<'END'
auth     sufficient @MODULE@
auth     required   pam_unix.so nodelay
account  required   pam_nologin.so
account  required   pam_unix.so
session  optional   @MODULE@
session  required   pam_unix.so
END
    stack alone <<'END'
auth     required   @MODULE@
account  required   pam_unix.so
session  required   pam_unix.so
END
    { cat /etc/pam.d/alone; echo 'session optional @MODULE@'; } | stack reused
    cp /etc/pam.d/alone /etc/pam.d/method
    server sshd 2201 'PermitRootLogin yes' 'Subsystem sftp internal-sftp'
    server alone 2202
    server reused 2204
    server method 2203 'PasswordAuthentication yes' 'KbdInteractiveAuthentication no'
    for port in 2201 2202 2203 2204; do
        await 10 port_is_open "$port" || die "nobody listens at port $port"
    done
}

set_up_policy() {
    start_issuer
    api_key laptop
    api_key big --bits 3072
    api_key huge --bits 4096
    api_key bobs
    {
        printf '[service *]\nscopes = user_management\nmax_age = 5m\nsingle_use = yes\n\n'
        printf '[service method]\nscopes = user_management\n\n'
        printf '[service reused]\nscopes = user_management\n\n'
        key_section laptop alice
        key_section big alice
        key_section huge alice 'services = *' "scopes = user_management telemetry_apis $long_scope"
        key_section bobs bob
    } >"$CONF/policy.conf"
}

# ---- the laptop

set_up_laptop() {
    install_key carol laptop \
        '[host localhost]' 'askpass = yes' \
        '[host big.example]' 'askpass = yes' 'profile = big' \
        '[host huge.example]' 'askpass = yes' 'profile = huge' "scopes = user_management telemetry_apis $long_scope" \
        '[host narrow.example]' 'askpass = yes' 'scopes = telemetry_apis' \
        '[host git.example]' \
        '[profile big]' 'key_file = ~/big.json' 'scopes = user_management' \
        "token_url = $issuer_url" "ca_file = $W/ca.pem" \
        '[profile huge]' 'key_file = ~/huge.json' 'scopes = user_management' \
        "token_url = $issuer_url" "ca_file = $W/ca.pem"
    for key in big huge; do
        cp "$W/keys/$key" "$W/home/carol/$key.json"
        give carol "$W/home/carol/$key.json"
    done
    cp "$W/login-key" "$W/home/carol/login-key"
    give carol "$W/home/carol/login-key"
    printf '* %s\n' "$(cut -d' ' -f1,2 "$W/host-key.pub")" >"$W/known_hosts"
    make_typist
    make_recorder
    cat >"$W/ssh_config" <<END
Host *
    Port 2201
    UserKnownHostsFile $W/known_hosts
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    PreferredAuthentications keyboard-interactive
    NumberOfPasswordPrompts 1
    IdentitiesOnly yes
    IdentityFile none
    ConnectTimeout 10
END
}

# client ASKPASS [VARIABLE=VALUE]... -- [ssh argument]...
client() {
    askpass=$1
    shift
    set -- "PROMPTS=$W/prompts" "TYPED=$W/typed" "$@"
    as carol env SSH_ASKPASS="$askpass" SSH_ASKPASS_REQUIRE=force sh -c '
        while [ "$1" != -- ]; do export "$1"; shift; done
        shift
        exec ssh -F "$0" "$@"' "$W/ssh_config" "$@"
}

login() {
    client "$W/bin/recorder" -- "$@"
}

# type_in TOKEN [VARIABLE=VALUE]... -- [ssh argument]...: a person types it.
type_in() {
    printf '%s\n' "$1" >"$W/typed"
    shift
    client "$W/bin/typist" "$@"
}

no_prompts_yet() {
    install -m 666 /dev/null "$W/prompts"
}

prompts() {
    wc -l <"$W/prompts"
}

# ---- cases

askpass_login() {
    expect alice 'ssh' login alice@localhost id -un
    logged 'result=[a-z]+ reason=ok user=alice service=sshd '
}

stack_of_one_module() {
    expect alice 'ssh' login -p 2202 alice@localhost id -un
}

parts() {
    no_prompts_yet
    expect alice 'ssh' login "alice@$1" id -un
    [ "$(prompts)" = "$2" ] || fail "$(prompts) prompts instead of $2"
    sed -n 1p "$W/prompts" | grep -qx "(alice@$1) ThriveStack token: " || fail 'the first prompt is another'
    sed -n 2p "$W/prompts" | grep -qE "^\(alice@$1\) ThriveStack token, from character 501 \([0-9a-f]{8}\): $" ||
        fail "the second prompt is $(sed -n 2p "$W/prompts")"
}

three_parts_over_1023() {
    token=$(sign huge --aud user_management --aud telemetry_apis --aud "$long_scope")
    [ "${#token}" -gt 1023 ] || fail "the token has only ${#token} characters"
    parts huge.example 3
}

# A person pastes all of it; ssh sends 1023 characters, and the module asks for the rest.
pasted_and_cut() {
    token=$(sign huge --aud telemetry_apis --aud user_management --aud "$long_scope")
    no_prompts_yet
    expect alice 'ssh' type_in "$token" STEP=2000 -- alice@localhost id -un
    grep -q 'from character 1024 ' "$W/prompts" || fail 'it did not ask from character 1024'
}

# A client that cannot answer in parts gives the same answer again.
cut_by_client() {
    token=$(sign laptop)
    refused 'half a token' type_in "$token" REPEAT=yes -- -p 2202 alice@localhost true
    logged 'reason=token_cut .*500'
}

password_beside() {
    expect alice 'the right password' type_in x PASSWORD=alice-password -- alice@localhost id -un
    expect bob 'of a user with another key' type_in x PASSWORD=bob-password -- bob@localhost id -un
    expect carol 'of a user whom no key names' type_in x PASSWORD=carol-password -- carol@localhost id -un
    refused 'a wrong password' type_in x PASSWORD=wrong -- alice@localhost true
    refused 'an empty password' type_in x PASSWORD= -- alice@localhost true
}

publickey_beside() {
    no_prompts_yet
    expect alice 'publickey' login -o PreferredAuthentications=publickey \
        -i "$W/home/carol/login-key" alice@localhost 'id -un; printf %s "$THRIVESTACK_TOKEN_FILE"'
    [ "$(prompts)" = 0 ] || fail 'it asked'
}

# sshd's own `password` method answers every prompt with the one string that the client sent.
password_method() {
    token=$(sign laptop)
    set -- -p 2203 -o PreferredAuthentications=password alice@localhost
    expect alice 'a token' type_in x "PASSWORD=$token" -- "$@" id -un
    refused 'a password' type_in x PASSWORD=alice-password -- "$@" true
    no_prompts_yet
    refused 'askpass at a prompt that is not ours' login "$@" true
    [ "$(prompts)" = 1 ] || fail 'askpass was not asked'
}

token_file() {
    login alice@localhost 'printf "%s\n" "$THRIVESTACK_TOKEN_FILE"
        stat -c "%a %U %F" "$THRIVESTACK_TOKEN_FILE"
        stat -c "%a %U" "${THRIVESTACK_TOKEN_FILE%/*}" "${THRIVESTACK_TOKEN_FILE%/*/*}"
        cut -c 1-3 "$THRIVESTACK_TOKEN_FILE"' >"$W/session" || fail 'no login'
    file=$(head -n 1 "$W/session")
    case $file in "$PREFIX/run/thrivestack/4001/"?*) ;; *) fail "the token file is '$file'" ;; esac
    [ "$(tail -n +2 "$W/session" | paste -sd,)" = '440 root regular file,711 root,711 root,eyJ' ] ||
        fail "files: $(tail -n +2 "$W/session" | paste -sd,)"
    await 5 test ! -e "$file" || fail 'the file outlives the session'
}

# What the account stage refuses has no session, and leaves no token.
account_refused() {
    sed -i 's/^\(alice:.*\):::$/\1::1:/' /etc/shadow
    refused 'an expired account' login -p 2202 alice@localhost true
    sed -i 's/^\(alice:.*\)::1:$/\1:::/' /etc/shadow
    logged 'result=[a-z]+ reason=ok user=alice service=alone '
    [ -z "$(find "$PREFIX/run/thrivestack" -name 'session-*')" ] || fail 'a token is left'
    expect alice 'the account again' login -p 2202 alice@localhost id -un
}

# The user cannot fill the host's run folder through the file.
token_file_is_read_only() {
    login alice@localhost 'test -r "$THRIVESTACK_TOKEN_FILE" || echo unreadable
        dd if=/dev/zero of="$THRIVESTACK_TOKEN_FILE" bs=1M count=1 && echo written
        chmod u+w "$THRIVESTACK_TOKEN_FILE" && echo changed
        ln "$THRIVESTACK_TOKEN_FILE" "$THRIVESTACK_TOKEN_FILE.more" && echo linked
        touch "${THRIVESTACK_TOKEN_FILE%/*}/more" && echo made; true' >"$W/session" || fail 'no login'
    [ ! -s "$W/session" ] || fail "$(paste -sd, "$W/session")"
}

# A token opens a login, here with a stack of this module alone, also where nothing can be written.
full_run_folder() {
    mount -t tmpfs -o size=8k,mode=755 none "$PREFIX/run" || fail 'no small file system'
    cat /dev/zero >"$PREFIX/run/filler"
    (
        no_file='id -un; env | grep -c THRIVESTACK'
        token=$(sign laptop --exp "$(($(date +%s) + 900))")
        [ "$(type_in "$token" -- -p 2204 alice@localhost "$no_file" | paste -sd,)" = alice,0 ] || fail 'a full one'
        logged 'has no token file'
        mount -o remount,ro "$PREFIX/run" || fail 'it cannot be made read-only'
        [ "$(type_in "$token" -- -p 2204 alice@localhost "$no_file" | paste -sd,)" = alice,0 ] || fail 'a read-only one'
    )
    status=$?
    umount "$PREFIX/run"
    return "$status"
}

# A session that says where its token is and stays until its stdin ends: session NUMBER.
session() {
    mkfifo "$W/hold.$1"
    login alice@localhost 'printf "%s\n" "$THRIVESTACK_TOKEN_FILE"; cat >/dev/null' \
        <"$W/hold.$1" >"$W/session.$1" &
}

two_sessions() {
    session 1
    session 2
    exec 4>"$W/hold.1" 5>"$W/hold.2"
    await 15 test -s "$W/session.1" && await 15 test -s "$W/session.2" || fail 'no login'
    one=$(cat "$W/session.1")
    two=$(cat "$W/session.2")
    [ "$one" != "$two" ] && [ -s "$one" ] && [ -s "$two" ] || fail "files: $one $two"
    cmp -s "$one" "$two" && fail 'both sessions have one token'
    nothing_in_proc
    exec 4>&-
    await 5 test ! -e "$one" || fail 'the first file outlives its session'
    [ -s "$two" ] || fail "one session's end took the other's file"
    exec 5>&-
    await 5 test ! -e "$two" || fail 'the second file outlives its session'
}

# No process has a token in its arguments or environment.
nothing_in_proc() {
    for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do
        ! grep -aq 'eyJ[A-Za-z0-9_-]*\.' "$file" 2>/dev/null || fail "a token in $file"
    done
}

helper_in_session() {
    login alice@localhost "test ! -e ~/.config/thrivestack &&
        test -s \"\$THRIVESTACK_TOKEN_FILE\" && thrivestack=$BIN/thrivestack-credential &&
        test \"\$(\$thrivestack token)\" = \"\$(cat \"\$THRIVESTACK_TOKEN_FILE\")\" &&
        echo same; \$thrivestack token --scope other_scope" >"$W/session"
    [ "$(cat "$W/session")" = same ] || fail "printed: $(hide_tokens <"$W/session")"
}

environment() {
    login alice@localhost env >"$W/session" || fail 'no login'
    grep -q '^THRIVESTACK_TOKEN_FILE=/' "$W/session" || fail 'no THRIVESTACK_TOKEN_FILE'
    ! grep -q -e eyJhbG -e BEARER "$W/session" || fail 'a token in the environment'
    [ "$(grep -c THRIVESTACK "$W/session")" = 1 ] || fail 'other variables of ours'
}

replay() {
    # Another lifetime than the helper's tokens have: of one second they would be the same bytes.
    token=$(sign laptop --exp "$(($(date +%s) + 1200))")
    expect alice 'the first time' type_in "$token" -- alice@localhost id -un
    refused 'the second time' type_in "$token" -- alice@localhost true
    logged 'reason=replayed user=alice'
    refused 'under another service' type_in "$token" -- -p 2202 alice@localhost true
}

another_account() {
    refused "alice's token for bob" login bob@localhost true
    logged 'reason=user user=bob'
    refused "bob's token for alice" type_in "$(sign bobs)" -- alice@localhost true
    logged 'reason=user user=alice'
    refused "alice's token for root" login root@localhost true
    refused "alice's token for carol" login carol@localhost true
}

wrong_scope() {
    refused 'another scope' login alice@narrow.example true
    logged 'reason=scope_missing user=alice'
}

# What a stranger sees for an account that is not there, for one that no key names, and for alice's.
# (Not for half a token of an account that is not there: sshd hands the module its own junk then.)
unknown_user() {
    same_prompts alice nosuch 1 guess 1000
    same_prompts alice nosuch 1 "$(sign bobs)" 1000
    same_prompts alice carol 1 "$(sign bobs)" 1000
    same_prompts alice carol 2 "$(sign bobs)" 500
    logged 'reason=unknown_user user=nosuch'
    logged 'reason=unknown_user user=carol'
}

# same_prompts USER OTHER PROMPTS ANSWER STEP
same_prompts() {
    for name in "$1" "$2"; do
        no_prompts_yet
        refused "$name" type_in "$4" "STEP=$5" -- -p 2202 "$name@localhost" true
        sed "s/$name/USER/" "$W/prompts" >"$W/prompts.$name"
    done
    [ "$(wc -l <"$W/prompts.$1")" = "$3" ] || fail "prompts for $1: $(cat "$W/prompts.$1")"
    sed 's/(.\{8\}): /: /' "$W/prompts.$1" >"$W/prompts.first"
    sed 's/(.\{8\}): /: /' "$W/prompts.$2" | cmp -s - "$W/prompts.first" ||
        fail "other prompts for $2: $(cat "$W/prompts.$2")"
}

# hostile NAME PORT HOST PROMPT...: a server that asks so gets nothing. '_' is a blank, '|' a newline.
hostile() {
    hostile_name=$1
    hostile_port=$2
    hostile_host=$3
    shift 3
    echo "auth required $W/bin/imposter.so $W/got.$hostile_name $*" | stack "$hostile_name"
    server "$hostile_name" "$hostile_port"
    await 10 port_is_open "$hostile_port" || fail 'no server'
    no_prompts_yet
    before=$(requests)
    refused "$hostile_name" login -p "$hostile_port" "alice@$hostile_host" true
    [ -s "$W/got.$hostile_name" ] || fail 'the server was not reached'
    [ "$(prompts)" -gt 0 ] || fail 'askpass was not asked'
    ! grep -qv ': 0 \[\]$' "$W/got.$hostile_name" || fail "it got $(hide_tokens <"$W/got.$hostile_name")"
    [ "$(requests)" = "$before" ] || fail 'a token was asked for'
}

hostile_host() {
    hostile copycat 2211 evil.example 'ThriveStack_token:_' '(alice@localhost)_ThriveStack_token:_' \
        '|(alice@localhost)_ThriveStack_token:_' 'ThriveStack_token,_from_character_501_(1a2b3c4d):_'
}

# The host is one that askpass may answer, but it asks for something else.
hostile_prompt() {
    hostile phisher 2212 localhost 'Password:_' 'ThriveStack_token' 'Your_ThriveStack_token:_' \
        'ThriveStack_token:_please' 'ThriveStack_token,_from_character_501_(1a2b3c4d):_' \
        'ThriveStack_token:_|again:_'
}

host_key_question() {
    no_prompts_yet
    refused 'an unknown host' login -o StrictHostKeyChecking=ask -o UserKnownHostsFile=/dev/null alice@localhost true
    grep -q 'authenticity of host' "$W/prompts" || fail 'askpass was not asked'
}

# What the manual says of programs that never ask.
batch_mode() {
    refused 'ssh in batch mode' login -o BatchMode=yes alice@localhost true
    echo 'ls /' >"$W/batch"
    set -- as carol env SSH_ASKPASS="$W/bin/recorder" SSH_ASKPASS_REQUIRE=force sftp -F "$W/ssh_config"
    refused 'sftp -b' "$@" -b "$W/batch" alice@localhost
    "$@" -oBatchMode=no -b "$W/batch" alice@localhost | grep -q etc || fail 'sftp -oBatchMode=no -b'
}

nologin() {
    echo 'closed today' >"$W/run/nologin"
    status=0
    login alice@localhost true || status=$?
    rm "$W/run/nologin"
    [ "$status" != 0 ] || fail 'let in while /run/nologin is there'
    logged 'reason=ok user=alice'
}

git_over_ssh() {
    as alice git init -q --bare "$W/home/alice/repo.git" || fail 'no repository'
    no_prompts_yet
    as carol env SSH_ASKPASS="$W/bin/recorder" SSH_ASKPASS_REQUIRE=force GIT_SSH_COMMAND="ssh -F $W/ssh_config" \
        git ls-remote "ssh://alice@localhost$W/home/alice/repo.git" || fail 'git failed'
    [ "$(prompts)" = 2 ] || fail "$(prompts) prompts"
}

without_policy() {
    mv "$CONF/policy.conf" "$CONF/policy.away"
    (
        refused 'a token' type_in "$(sign laptop)" -- -p 2202 alice@localhost true
        logged 'result=unavailable reason=policy'
        expect alice 'the password' type_in x PASSWORD=alice-password -- alice@localhost id -un
    )
    mv "$CONF/policy.away" "$CONF/policy.conf"
}

no_token_in_logs() {
    no_secret_in "$W/syslog" "$W"/*.log "$W"/log/*
    grep -q 'PAM: ' "$W/sshd.log" || fail "sshd's log is not there"
}

user alice 4001 alice-password
user bob 4002 bob-password
user carol 4003 carol-password
set_up_policy
set_up_server
set_up_laptop
no_prompts_yet

run_case askpass_login askpass_login
run_case stack_of_one_module stack_of_one_module
run_case two_parts_2048 parts localhost 2
run_case two_parts_3072 parts big.example 2
run_case three_parts_over_1023 three_parts_over_1023
run_case pasted_and_cut_at_1023 pasted_and_cut
run_case cut_by_client cut_by_client
run_case password_beside password_beside
run_case publickey_beside publickey_beside
run_case password_method password_method
run_case token_file token_file
run_case token_file_is_read_only token_file_is_read_only
run_case account_refused_leaves_nothing account_refused
run_case full_run_folder full_run_folder
run_case two_sessions two_sessions
run_case helper_in_session helper_in_session
run_case session_environment environment
run_case replay_refused replay
run_case another_account_refused another_account
run_case wrong_scope_refused wrong_scope
run_case unknown_user_sees_the_same unknown_user
run_case hostile_host_gets_nothing hostile_host
run_case hostile_prompt_gets_nothing hostile_prompt
run_case host_key_question_unanswered host_key_question
run_case batch_mode batch_mode
run_case nologin_respected nologin
run_case git_over_ssh git_over_ssh
run_case policy_missing without_policy
run_case no_token_in_logs no_token_in_logs
finish
