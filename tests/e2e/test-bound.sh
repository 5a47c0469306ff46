#!/bin/sh
# Bound tokens: host A writes down what it receives, and offers it to host B, which trusts the same key.
# Two real sshd under two names, and two nginx servers with git. usage: test-bound.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"
# shellcheck source=tests/e2e/typist.sh
. "$SOURCE/typist.sh"

# ---- the servers

sshd_knows() {
    /usr/sbin/sshd -T -f /dev/null -h "$W/host-key" -o "$1=sshd" >/dev/null 2>&1
}

# server NAME PORT: an sshd whose PAM service is NAME. What it receives goes to $W/got.NAME.
server() {
    stack "$1" <<END
auth     optional   $W/bin/observer.so $W/got.$1
auth     required   @MODULE@
account  required   pam_unix.so
session  required   pam_unix.so
END
    listen "$1" "$2"
}

listen() {
    ln -s /usr/sbin/sshd "$W/bin/$1"
    printf '%s\n' "Port $2" 'ListenAddress 127.0.0.1' "HostKey $W/host-key" 'PidFile none' 'UsePAM yes' 'UseDNS no' \
        'KbdInteractiveAuthentication yes' 'PasswordAuthentication no' 'AllowTcpForwarding yes' >"$W/$1.conf"
    ! sshd_knows PAMServiceName || printf '%s\n' "PAMServiceName $1" 'PerSourcePenalties no' >>"$W/$1.conf"
    "$W/bin/$1" -D -f "$W/$1.conf" -E "$W/$1.log" &
    await 10 port_is_open "$2" || die "nobody listens at port $2"
}

# git_server NAME: what nginx does at that location; PAM service NAME.
git_stack() {
    printf 'auth optional %s %s\nauth required %s\naccount required pam_permit.so\n' \
        "$W/bin/observer.so" "$W/web/$1" "$MODULE" >"/etc/pam.d/$1"
}

git_location() {
    cat <<END
    location / {
        @AUTH_PAM $1@
        include /etc/nginx/fastcgi_params;
        fastcgi_param HTTP_AUTHORIZATION "";
        fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
        fastcgi_param GIT_HTTP_EXPORT_ALL "";
        fastcgi_param GIT_PROJECT_ROOT $W/git;
        fastcgi_param PATH_INFO \$uri;
        fastcgi_param REMOTE_USER \$remote_user;
        fastcgi_pass unix:$W/fcgi/socket;
    }
END
}

# One nginx for both names: who is asked is told by the port.
set_up_git() {
    install -d -o www-data -g www-data "$W/git" "$W/fcgi" "$W/web"
    as www-data git init -q --bare -b main "$W/git/project.git" || die 'no repository'
    serve_as www-data "$(command -v fcgiwrap)" -c 1 -s "unix:$W/fcgi/socket" >"$W/fcgi.log" 2>&1 &
    for service in git-a git-b git-plain-a git-plain-b; do
        git_stack $service
    done
    start_nginx <<END
server {
    listen 127.0.0.1:8441 ssl;
$(git_location git-a)
}
server {
    listen 127.0.0.1:8442 ssl;
$(git_location git-b)
}
server {
    listen 127.0.0.1:8443 ssl;
$(git_location git-plain-a)
}
server {
    listen 127.0.0.1:8444 ssl;
$(git_location git-plain-b)
}
END
    await 10 port_is_open 8441 && await 10 test -S "$W/fcgi/socket" || die 'nginx does not start'
}

set_up_policy() {
    start_issuer
    api_key laptop
    {
        printf '[service %s]\nscopes = user_management\nbound_to = %s\n\n' \
            a a.example b 'b.example 127.0.0.1' git-a localhost git-b b.example
        printf '[service once]\nscopes = user_management\nbound_to = a.example\nsingle_use = yes\n\n'
        printf '[service %s]\nscopes = user_management\n\n' plain-a plain-b git-plain-a git-plain-b
        key_section laptop alice
    } >"$CONF/policy.conf"
}

# ---- the laptop

set_up_laptop() {
    echo '127.0.0.1 a.example b.example plain-a.example plain-b.example' >>/etc/hosts
    install -m 666 /dev/null "$W/prompts"
    install_key carol laptop \
        '[host a.example]' 'askpass = yes' 'bound = yes' '[host b.example]' 'askpass = yes' 'bound = yes' \
        '[host 127.0.0.1]' 'askpass = yes' 'bound = yes' \
        '[host plain-a.example]' 'askpass = yes' '[host plain-b.example]' 'askpass = yes' \
        '[host localhost:8441]' 'username = alice' 'bound = yes' '[host localhost:8443]' 'username = alice'
    make_typist
    printf '* %s\n' "$(cut -d' ' -f1,2 "$W/host-key.pub")" >"$W/known_hosts"
    cat >"$W/ssh_config" <<END
Host alias-of-a
    HostName a.example
    Port 2301
Host key-alias
    HostName localhost
    HostKeyAlias a.example
    Port 2301
Host jump
    HostName b.example
    Port 2302
    ProxyJump alice@a.example:2301
Host *
    UserKnownHostsFile $W/known_hosts
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    PreferredAuthentications keyboard-interactive
    NumberOfPasswordPrompts 1
    IdentitiesOnly yes
    IdentityFile none
    ConnectTimeout 10
END
    cat >"$W/home/carol/.gitconfig" <<END
[http]
    sslCAInfo = $W/ca.pem
[credential]
    helper = thrivestack
END
}

# client ASKPASS [ssh argument]...
client() {
    askpass=$1
    shift
    as carol env SSH_ASKPASS="$askpass" SSH_ASKPASS_REQUIRE=force PROMPTS="$W/prompts" TYPED="$W/typed" \
        ssh -F "$W/ssh_config" "$@"
}
login() { client "$BIN/thrivestack-askpass" "$@"; }

# offer TEXT PORT HOST: the attacker types what a host has received.
offer() {
    printf '%s\n' "$1" >"$W/typed"
    client "$W/bin/typist" -p "$2" "alice@$3" id -un
}

# received SERVICE: what that host has written down, since it was last asked.
received() {
    cat "$W/got.$1"
    rm -f "$W/got.$1"
}

carol_git() { as carol env GIT_TERMINAL_PROMPT=0 git -C "$W/home/carol" "$@"; }
# http_status PORT PASSWORD
http_status() {
    printf 'user = "alice:%s"\n' "$2" | curl -s -o /dev/null -w '%{http_code}' --cacert "$W/ca.pem" -K - \
        "https://localhost:$1/project.git/info/refs?service=git-upload-pack"
}

# ---- cases

# The attack, as it works on tokens that name no host.
unbound_relay() {
    expect alice 'the victim' login -p 2304 alice@plain-a.example id -un
    expect alice 'unbound: host A logs in to host B with what it received' \
        offer "$(received plain-a)" 2305 plain-b.example
}

bound_relay() {
    expect alice 'the victim' login -p 2301 alice@a.example id -un
    logged 'accepted .*service=a .*bound=a.example'
    loot=$(received a)
    case $loot in *~*) ;; *) fail 'the host has received no proof' ;; esac
    refused 'host B, at once' offer "$loot" 2302 b.example
    logged 'reason=proof_host .*service=b'
    refused 'without the proof' offer "${loot%%~*}" 2302 b.example
    logged 'reason=proof_missing .*service=b'
    refused 'the proof alone' offer "${loot#*~}" 2302 b.example
    expect alice 'a service of host B that is not bound does accept it' offer "$loot" 2305 plain-b.example
}

# A proof for B of another token does not go with the token that A has.
swapped_proof() {
    as carol "$BIN/thrivestack-credential" token >"$W/first" && as carol "$BIN/thrivestack-credential" forget
    other=$(as carol "$BIN/thrivestack-credential" token --fresh --for b.example) || fail 'no other token'
    refused 'a proof of another token' offer "$(cat "$W/first")~${other#*~}" 2302 b.example
    logged 'reason=proof_token .*service=b'
    expect alice 'its own token' offer "$other" 2302 b.example
}

replay_on_the_same_host() {
    expect alice 'the victim' login -p 2301 alice@a.example id -un
    expect alice 'without single_use a host can use a proof for itself while it is young' \
        offer "$(received a)" 2301 a.example
    expect alice 'the victim, at a service with single_use' login -p 2303 alice@a.example id -un
    refused 'with single_use' offer "$(received once)" 2303 a.example
    logged 'reason=replayed .*service=once'
}

one_request_for_many_logins() {
    as carol "$BIN/thrivestack-credential" forget
    before=$(requests)
    for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        expect alice "login $number" login -p 2303 alice@a.example id -un
    done
    expect 1 'requests to the endpoint' expr "$(requests)" - "$before"
}

# The server asks for a token that every host would accept.
hostile_prompt() {
    echo "auth required $W/bin/imposter.so $W/got.hostile ThriveStack_token:_ ThriveStack_token_(at_most_500_characters_at_a_time):_ ThriveStack_token_for_b.example:" |
        stack hostile
    listen hostile 2306
    before=$(requests)
    refused 'a hostile server' login -p 2306 alice@a.example true
    [ -s "$W/got.hostile" ] || fail 'the server was not reached'
    ! grep -qv ': 0 \[\]$' "$W/got.hostile" || fail "it got $(hide_tokens <"$W/got.hostile")"
    expect "$before" 'requests' requests
}

# It names B in its prompt, and gets a proof for its own name.
hostile_name() {
    stack a <<END
auth     optional   $W/bin/observer.so $W/got.a
auth     required   @MODULE@ prompt=ThriveStack_token_for_b.example:
account  required   pam_unix.so
END
    sed -i 's/prompt=\(.*\)$/[prompt=ThriveStack token for b.example: ]/' /etc/pam.d/a
    rm -f "$W/got.a"
    expect alice 'the victim' login -p 2301 alice@a.example id -un
    refused 'host B' offer "$(received a)" 2302 b.example
    logged 'reason=proof_host .*service=b'
}

# Which name ssh puts into its prefix: the one under which it has checked the host's key.
names_of_ssh() {
    expect alice 'an alias in ssh_config: HostName counts' login alice@alias-of-a id -un
    expect alice 'HostKeyAlias counts where it is set, because the key was checked for that' login alice@key-alias id -un
    expect alice 'upper case' login -p 2302 alice@B.EXAMPLE id -un
    expect alice 'an address' login -p 2302 alice@127.0.0.1 id -un
    logged 'accepted .*service=b .*bound=127.0.0.1'
    rm -f "$W/got.a" "$W/got.b"
    expect alice 'ProxyJump: each host gets its own proof' login alice@jump id -un
    refused 'what the jump host received, at the host behind it' offer "$(received a)" 2302 b.example
    refused 'what the last host received, at the jump host' offer "$(received b)" 2301 a.example
    refused 'a name that the policy does not have' login -p 2302 -o HostName=a.example alice@a.example true
    logged 'reason=proof_host .*service=b'
}

# sent PORT SERVICE: the password that git sends to that port, which the server has received.
sent() {
    printf 'protocol=https\nhost=localhost:%s\n\n' "$1" | carol_git credential fill | sed -n 's/^password=//p' >"$W/sent"
    grep -qFf "$W/sent" "$W/web/$2" || fail "$2 has received something else"
    cat "$W/sent"
}

git_relay() {
    expect '' 'unbound' carol_git ls-remote https://localhost:8443/project.git
    expect 200 'unbound: server A reads from server B' http_status 8444 "$(sent 8443 git-plain-a)"
    expect '' 'bound' carol_git ls-remote https://localhost:8441/project.git
    loot=$(sent 8441 git-a)
    case $loot in *~*) ;; *) fail 'nginx has received no proof' ;; esac
    expect 200 'bound, at server A itself' http_status 8441 "$loot"
    expect 401 'bound, at server B' http_status 8442 "$loot"
    logged 'reason=proof_host .*service=git-b'
}

endpoint_stopped() {
    expect alice 'a token is cached' login -p 2303 alice@a.example id -un
    stop_issuers
    expect alice 'without the endpoint' login -p 2303 alice@a.example id -un
    expect '' 'git, too' carol_git ls-remote https://localhost:8441/project.git
}

user alice 5001 alice-password
user carol 5003 carol-password
set_up_policy
ssh-keygen -q -t ed25519 -N '' -f "$W/host-key"
for module in observer imposter; do
    cc -shared -fPIC -o "$W/bin/$module.so" "$SOURCE/$module.c" || die "$module.c does not compile"
done
server a 2301
server b 2302
server once 2303
server plain-a 2304
server plain-b 2305
set_up_git
set_up_laptop
run_case 'unbound: what one host received opens another' unbound_relay
run_case 'bound: it does not' bound_relay
run_case 'bound: a proof belongs to one token' swapped_proof
run_case 'bound: replay on the same host' replay_on_the_same_host
run_case 'bound: 20 logins with single_use make one request' one_request_for_many_logins
run_case 'bound = yes: an unbound prompt gets nothing' hostile_prompt
run_case 'bound: the names that ssh gives hosts' names_of_ssh
run_case 'bound: a prompt that names another host' hostile_name
run_case 'git between two servers, unbound and bound' git_relay
run_case 'bound: a login with the endpoint stopped' endpoint_stopped
finish
