#!/bin/sh
# The sample lines of packaging/ in Debian's own stacks, each tried with pamtester, and with the real
# sshd, login, su and sudo: a token lets in, a password where pam_unix is in the stack, nothing else;
# root keeps the console; and a session has the limits and the audit user that Debian's stack gives.
# usage: test-login.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"

# ---- fixtures

set_up() {
    start_issuer
    api_key alices
    api_key bobs
    {
        printf '[service *]\nscopes = user_management\n\n'
        printf '[service su]\nscopes = user_management\nsource = prompt\n\n'
        key_section alices alice
        key_section bobs bob
    } >"$CONF/policy.conf"
    cp "$CONF/policy.conf" "$W/policy/good.conf"
    user alice 4001 alice-password
    user bob 4002 bob-password
    user carol 4003 carol-password
    sed -i "s|^root:[^:]*:|root:$(openssl passwd -6 root-password):|" /etc/shadow
    mkdir "$W/debian"
    cp /etc/pam.d/sshd /etc/pam.d/login /etc/pam.d/su /etc/pam.d/sudo "$W/debian"
    common_stacks
    printf '%s\n' 'alice soft nofile 66' 'alice hard nofile 77' 'root soft nofile 88' 'root hard nofile 99' \
        >/etc/security/limits.conf
    echo 'alice ALL=(ALL:ALL) ALL' >>/etc/sudoers
    install_key alice alices
}

# What the samples include, as Debian has it, but without a delay after a failure.
common_stacks() {
    printf '%s\n' 'auth [success=1 default=ignore] pam_unix.so nullok nodelay' \
        'auth requisite pam_deny.so' 'auth required pam_permit.so' | stack common-auth
    printf '%s\n' 'account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so' \
        'account requisite pam_deny.so' 'account required pam_permit.so' | stack common-account
    for name in common-session common-session-noninteractive; do
        echo 'session required pam_unix.so' | stack "$name"
    done
}

# debian_stack SERVICE: the stack as the package has it, but without a delay after a failure.
debian_stack() {
    sed '/pam_faildelay/d' "$W/debian/$1" >"/etc/pam.d/$1"
}

# sample NAME SERVICE: a sample that says where its lines go is added to Debian's stack there; another
# one is a stack of its own. The module is where it was installed.
sample() {
    [ -s "$SAMPLES/$1" ] || fail "there is no sample $1"
    if grep -q '^# Above the line ' "$SAMPLES/$1"; then
        debian_stack "$2"
        awk 'NR == FNR {
                if (/^# Above the line `.*`:$/) { at = $0; sub(/^[^`]*`/, "", at); sub(/`:$/, "", at) }
                else if (!/^#/) lines[at] = lines[at] $0 "\n"
                next
            }
            $0 in lines { printf "%s", lines[$0] }
            { print }' "$SAMPLES/$1" "/etc/pam.d/$2" >"$W/stack"
    else
        cp "$SAMPLES/$1" "$W/stack"
    fi
    [ "$(grep -c '^[^#].*pam_thrivestack' "$W/stack")" = "$(grep -c '^[^#].*pam_thrivestack' "$SAMPLES/$1")" ] ||
        fail "Debian's $2 has no such place"
    sed "s|pam_thrivestack\.so|$MODULE|" "$W/stack" >"/etc/pam.d/$2"
}

# enter SERVICE USER ANSWER...: authenticate and account, answering the prompts in turn. su's stack
# begins with pam_rootok, so there it is the real su, started by bob.
enter() {
    service=$1
    account=$2
    shift 2
    printf '%s\n' "$@" >"$W/typed"
    if [ "$service" = su ]; then
        as bob su "$account" -c true <"$W/typed"
    else
        timeout 30 pamtester "$service" "$account" authenticate acct_mgmt <"$W/typed"
    fi
}

let_in() {
    what=$1
    shift
    enter "$@" || fail "$what: refused"
}

set_policy() {
    rm -f "$CONF/policy.conf"
    case $1 in
    missing) ;;
    empty) : >"$CONF/policy.conf" ;;
    garbage) { echo '[service *' && cat "$W/policy/good.conf"; } >"$CONF/policy.conf" ;;
    *) cp "$W/policy/good.conf" "$CONF/policy.conf" ;;
    esac
    [ "$1" != unsafe ] || chmod 666 "$CONF/policy.conf"
}

broken='missing garbage unsafe'

# ---- every sample: each function is called with its service

token_lets_in() {
    let_in 'a token' "$1" alice "$(sign alices)"
    logged "reason=ok user=alice service=$1 "
}

# Whatever is tried, and whoever: nobody gets in with anything that is wrong.
nothing_fails_open() {
    other=$(sign bobs)
    for account in alice carol root nosuch; do
        refused "$account, nothing" enter "$1" "$account" '' '' ''
        refused "$account, another's token" enter "$1" "$account" "$other" "$other"
    done
    for policy in empty missing garbage; do
        set_policy "$policy"
        for account in alice root; do
            refused "$account, $policy policy, nothing" enter "$1" "$account" '' '' ''
            refused "$account, $policy policy, another's token" enter "$1" "$account" "$other" "$other"
        done
    done
}

# No policy, no token: but where the sample has a password, that still works (see passwords).
broken_policy() {
    for policy in $broken; do
        set_policy "$policy"
        refused "a token, $policy policy" enter "$1" alice "$(sign alices)" x
        logged "result=unavailable reason=policy user=alice service=$1 "
        log_from=$(wc -c <"$W/syslog")
    done
}

# An account that has expired stays closed, token or not.
expired_account() {
    sed -i 's/^\(alice:.*\):::$/\1::1:/' /etc/shadow
    refused 'an expired account' enter "$1" alice "$(sign alices)"
    sed -i 's/^\(alice:.*\)::1:$/\1:::/' /etc/shadow
    let_in 'the account again' "$1" alice "$(sign alices)"
}

nologin() {
    echo closed >"$W/run/nologin"
    refused 'while /run/nologin is there' enter "$1" alice "$(sign alices)"
    rm "$W/run/nologin"
    let_in 'once it is gone' "$1" alice "$(sign alices)"
}

# Carol, whom no key names, is not even asked for a token.
other_passwords() {
    let_in 'a password' "$1" carol carol-password
    refused 'a wrong password' enter "$1" carol wrong
}

# A token or else a password, for alice too, and with no policy at all.
password_instead() {
    other_passwords "$1"
    let_in 'a password after a wrong token' "$1" alice x alice-password
    refused 'a wrong password' enter "$1" alice x wrong
    refused "another's password" enter "$1" alice x carol-password
    for policy in $broken; do
        set_policy "$policy"
        let_in "a password, $policy policy" "$1" alice alice-password
        let_in "root's password, $policy policy" "$1" root root-password
    done
}

token_only() {
    refused "alice's password" enter "$1" alice alice-password alice-password
    refused "carol's password" enter "$1" carol carol-password carol-password
}

# Users whom a key names have to use it.
token_for_those_named() {
    other_passwords "$1"
    refused "alice's password" enter "$1" alice x alice-password
    for policy in $broken; do
        set_policy "$policy"
        refused "a password, $policy policy" enter "$1" carol carol-password carol-password
    done
}

# try_sample NAME SERVICE CASE...: the cases of that sample, beside those of every sample.
try_sample() {
    sample_name=$1
    sample_service=$2
    shift 2
    for case in token_lets_in nothing_fails_open broken_policy "$@"; do
        set_policy good
        run_case "${sample_name}_$case" try_case "$case"
    done
}

try_case() {
    sample "$sample_name" "$sample_service"
    "$1" "$sample_service"
}

# ---- the real login, on a terminal

# console USER [PROMPT ANSWER]...: begins a login, answering each prompt once it is shown. What is shown
# goes to $W/screen. Fails where a prompt does not come. console_end waits until the session is over.
console() {
    rm -f "$W/keyboard"
    mkfifo "$W/keyboard"
    : >"$W/screen"
    timeout 30 script -qefc "login $1" "$W/screen" <"$W/keyboard" >/dev/null 2>&1 &
    console_pid=$!
    exec 6>"$W/keyboard"
    shift
    while [ $# -gt 0 ]; do
        await 10 grep -q -- "$1" "$W/screen" || console_fail "'$1' was not shown"
        printf '%s\n' "$2" >&6
        shift 2
    done
}

console_end() {
    exec 6>&-
    wait "$console_pid" || console_fail "login ended with status $?"
}

console_fail() {
    kill "$console_pid" 2>/dev/null
    fail "$*: $(tail -n 3 "$W/screen" | hide_tokens | tr '\r\n' '  ')"
}

login_by_token() {
    set_policy good
    sample login login
    console alice 'ThriveStack token: ' "$(sign alices)" \
        '\$ ' 'id -un; stat -c "%a %U" "$THRIVESTACK_TOKEN_FILE"; ls "$THRIVESTACK_TOKEN_FILE"; exit'
    console_end
    grep -q '^alice' "$W/screen" || fail 'another user'
    grep -q '^440 root' "$W/screen" || fail 'no token file'
    file=$(tr -d '\r' <"$W/screen" | grep "^$PREFIX/run/thrivestack/4001/")
    [ -n "$file" ] && await 5 test ! -e "$file" || fail 'the token file outlives the session'
    ! grep -q eyJ "$W/screen" || fail 'the token was shown'
}

login_refused() {
    set_policy good
    sample login login
    console alice 'ThriveStack token: ' "$(sign bobs)" 'Password: ' wrong 'Login incorrect' ''
    kill "$console_pid"
    logged 'reason=user user=alice service=login'
}

# Nothing is left of the policy and of the public keys: root still gets in, by password alone.
root_at_the_console() {
    sample login login
    mv "$CONF" "$CONF.away"
    (console root 'Password: ' root-password '# ' 'id -un; exit' && console_end)
    mv "$CONF.away" "$CONF"
    grep -q '^root' "$W/screen" || fail 'not root'
    ! grep -q ThriveStack "$W/screen" || fail 'root was asked for a token'
}

# ---- what a session has beside the token

# What is shown in a session, but for our own variable; the files are alice's.
session_facts='cat /proc/self/loginuid; echo; ulimit -Sa; ulimit -Ha; umask; env | cut -d= -f1 | sort'

# session_of SERVICE SECRET: prints the facts of a session that the secret opens.
session_of() {
    printf '%s\n' "$session_facts" >"$W/facts"
    case $1 in
    sshd) ssh_session "$2" ;;
    login) login_session "$2" ;;
    su) echo "$2" | as bob su alice -c ". $W/facts" ;;
    sudo) echo "$2" | fold -w 500 | as alice sudo -S -p '' sh "$W/facts" ;;
    esac
}

start_sshd() {
    ssh-keygen -q -t ed25519 -N '' -f "$W/host-key" || return 1
    {
        printf '%s\n' 'Port 2201' 'ListenAddress 127.0.0.1' "HostKey $W/host-key" 'PidFile none' 'UsePAM yes' \
            'KbdInteractiveAuthentication yes' 'PasswordAuthentication no'
        ! /usr/sbin/sshd -V 2>&1 | grep -q 'OpenSSH_1[0-9]' || echo 'PerSourcePenalties no'
    } >"$W/sshd.conf"
    /usr/sbin/sshd -D -f "$W/sshd.conf" -E "$W/sshd.log" &
    await 10 port_is_open 2201
}

ssh_session() {
    echo "$1" >"$W/secret"
    cat >"$W/bin/person" <<END
#!/bin/sh
case \$1 in *'from character '*) cut -c 501- "$W/secret" ;; *) cut -c 1-500 "$W/secret" ;; esac
END
    chmod 755 "$W/bin/person"
    as bob env SSH_ASKPASS="$W/bin/person" SSH_ASKPASS_REQUIRE=force ssh -F none -p 2201 \
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
        -o PreferredAuthentications=keyboard-interactive alice@127.0.0.1 "$session_facts"
}

login_session() {
    rm -f "$W/home/alice/facts"
    console alice ': ' "$1" '[$] ' "stty -echo; (. $W/facts) >facts; exit"
    console_end
    cat "$W/home/alice/facts"
}

same_session() {
    debian_stack "$1"
    session_of "$1" alice-password >"$W/facts.debian" || fail "Debian's stack refuses the password"
    grep -q '^nofiles* *\|open files' "$W/facts.debian" || fail 'no limits are shown'
    sample "$1" "$1"
    session_of "$1" "$(sign alices)" >"$W/facts.ours" || fail 'the token is refused'
    logged "reason=ok user=alice service=$1 "
    sed -i '/^THRIVESTACK_TOKEN_FILE$/d' "$W/facts.ours"
    diff "$W/facts.debian" "$W/facts.ours" || fail 'another session than by password'
    if [ "$1" = sudo ]; then limit=88; else limit=66; fi
    grep -q " $limit\$" "$W/facts.ours" || fail 'limits.conf is not followed'
    case $1 in
    sshd | login) [ "$(head -n 1 "$W/facts.ours")" = 4001 ] || fail 'the audit user is not set' ;;
    esac
}

set_up
start_sshd || die 'no sshd'
for service in sshd login su sudo; do
    run_case "${service}_session_is_debians" same_session "$service"
done
try_sample sshd sshd expired_account nologin token_for_those_named
try_sample sudo sudo expired_account password_instead
try_sample su su expired_account password_instead
try_sample login login expired_account nologin password_instead
try_sample git git token_only
run_case login_by_token login_by_token
run_case login_refused login_refused
run_case login_root_without_configuration root_at_the_console
finish
