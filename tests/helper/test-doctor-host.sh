#!/bin/sh
# `doctor` by root: a table of broken set-ups of a host, each found under its own code, and sound ones in
# which nothing is found.
# usage: test-doctor-host.sh PREFIX ISSUER BUILD
set -u
build=$3
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/doctor.sh
. "$(dirname "$0")/doctor.sh"

# What is written and removed below is in the scratch folder.
: "${dir:?}" "${prefix:?}"
sysconf=$prefix/etc/thrivestack
[ "$prefix" != /usr ] || sysconf=/etc/thrivestack
key_file=$dir/key.json

# In a namespace of mounts of its own.
can_mount || skip_rest 'what doctor says of a host' 'nothing can be mounted here'
module=$(find "$prefix" -name pam_thrivestack.so 2>/dev/null | head -n 1)
[ -n "$module" ] || {
    echo "the module is not installed in $prefix" >&2
    exit 1
}
etc=$dir/etc
mkdir -p "$etc/pam.d" "$etc/nginx/sites-enabled" "$etc/thrivestack/keys" "$etc/ssh" "$dir/root" \
    "$sysconf"
mkdir -p "$prefix/run" "$dir/module"
ssh-keygen -q -t ed25519 -N '' -f "$etc/ssh/ssh_host_ed25519_key"
jq -r .private_key "$key_file" |
    openssl rsa -pubout -out "$dir/one.pem" 2>/dev/null

# policy [SERVICE-LINE [KEY-LINE]]: a line more in [service git], and in the key's section; $users and
# $services are the key's, where they are set.
# shellcheck disable=SC2120 # Rows give it arguments.
policy() {
    cat >"$etc/thrivestack/policy.conf" <<END
[service sshd]
scopes = user_management
[service sudo]
scopes = user_management
[service git]
scopes = user_management
${1-}
[key $key_id]
public_key = keys/one.pem
users = ${users-root @root}
services = ${services-*}
scopes = user_management
${2-}
END
}
sshd_says() {
    printf 'HostKey /etc/ssh/ssh_host_ed25519_key\nUsePAM %s\nKbdInteractiveAuthentication %s\n' \
        "$1" "$2" >"$etc/ssh/sshd_config"
}
# stack SERVICE LINE...
stack() {
    service=$1
    shift
    printf '%s\n' "$@" >"$etc/pam.d/$service"
}
unix_stack() {
    stack common-auth 'auth [success=1 default=ignore] pam_unix.so' \
        'auth requisite pam_deny.so' 'auth required pam_permit.so'
}
ours='[success=done user_unknown=ignore ignore=ignore default=die] pam_thrivestack.so'
# The module for all services, as pam-auth-update has it.
profile_stack() {
    stack common-auth "auth [success=2 user_unknown=ignore authinfo_unavail=ignore ${1-} default=die] \
pam_thrivestack.so" 'auth [success=1 default=ignore] pam_unix.so' 'auth requisite pam_deny.so' \
        'auth required pam_permit.so'
}
nginx_says() {
    cat >"$etc/nginx/nginx.conf" <<END
$load_pam
pid $dir/nginx.pid;
error_log stderr;
events { }
user www-data;
http {
    access_log off;
    include /etc/nginx/sites-enabled/*;
}
END
    printf 'server { listen 127.0.0.1:8473; location / {\n%s\n} }\n' "$1" \
        >"$etc/nginx/sites-enabled/git"
}
# The stacks of the manual, beside Debian's common ones.
sound() {
    rm -rf "$etc/pam.d" "$etc/ssh/sshd_config.d" "$etc/nginx/sites-enabled" "$dir/nsswitch.conf"
    mkdir "$etc/pam.d" "$etc/ssh/sshd_config.d" "$etc/nginx/sites-enabled"
    unset users services
    mounts=true
    unix_stack
    stack common-account 'account required pam_unix.so'
    stack sshd "auth $ours" '@include common-auth' 'account required pam_nologin.so' \
        '@include common-account' 'session optional pam_thrivestack.so'
    stack sudo 'auth sufficient pam_thrivestack.so' '@include common-auth' \
        '@include common-account'
    stack git 'auth required pam_thrivestack.so' 'account required pam_permit.so'
    rm -rf "$etc/thrivestack/keys" "$etc/thrivestack/keys.d" "$etc/thrivestack/credential.conf"
    mkdir "$etc/thrivestack/keys"
    cp "$dir/one.pem" "$etc/thrivestack/keys/one.pem"
    policy ''
    sshd_says yes yes
    nginx_says "$pam_directives"
    rm -rf "$dir/module"
    mkdir -m 755 "$dir/module"
    cp "$module" "$dir/module"
    chmod -R a+rX,go-w "$etc/pam.d" "$etc/thrivestack" "$etc/nginx" "$dir/module"
}
on_host() {
    unshare -m --propagation private sh -c '
        mount --bind "$1/etc/pam.d" /etc/pam.d && mount --bind "$1/etc/ssh" /etc/ssh &&
            mount --bind "$1/etc/thrivestack" "$2" && mount --bind "$1/module" "$3" &&
            mount -t tmpfs tmpfs /run && mkdir /run/sshd && eval "$4" || exit 99
        [ ! -e "$1/nsswitch.conf" ] || mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf || exit 99
        [ ! -d /etc/nginx ] || mount --bind "$1/etc/nginx" /etc/nginx || exit 99
        shift 4
        exec "$@"' sh "$dir" "$sysconf" "$(dirname "$module")" "$mounts" \
        env -i PATH="$bin:/usr/bin:/bin:/usr/sbin:/sbin" HOME="$dir/root" LC_ALL=C \
        ASAN_OPTIONS="${ASAN_OPTIONS-}" thrivestack-credential doctor
}
examine() { run on_host; }
as_owner() { "$@"; }

has_nginx=
load_pam=
pam_directives='return 204;'
auth_pam=/usr/lib/nginx/modules/ngx_http_auth_pam_module.so
if [ -x /usr/sbin/nginx ] && [ -e "$auth_pam" ] && id www-data >/dev/null 2>&1; then
    has_nginx=yes
    load_pam="load_module $auth_pam;"
    pam_directives='auth_pam "x"; auth_pam_service_name "git";'
fi

# --- sound hosts

sound
examine
check "a sound host is clean" is_clean
for code in policy module pam sshd ${has_nginx:+nginx}; do
    check "and says what it looked at: $code" found "$code"
done
for line in '# as the package brings it' '[host git.example.com]'; do
    echo "$line" >"$etc/thrivestack/credential.conf"
    examine
    check "a host with no profile is no client: $line" is_clean
done
printf '[profile default]\nscopes = user_management\ntoken_url = https://127.0.0.1:9/token\n' \
    >"$etc/thrivestack/credential.conf"
examine
check "a host that is a client is told what it lacks" found key-missing
sound
services='sshd sudo git-nginx git'
policy ''
sed -i 's/^\[service git\]/[service *]/' "$etc/thrivestack/policy.conf"
examine
check "a section for all services serves them" is_clean
# libc's own module for Hesiod, which is not set up, cannot be asked, and says so.
if find /lib /usr/lib -name libnss_hesiod.so.2 2>/dev/null | grep -q .; then
    sound
    users='root nosuchuser @nogroup1 @root'
    policy ''
    printf 'passwd: files hesiod\ngroup: files hesiod\n' >"$dir/nsswitch.conf"
    examine
    check "users who cannot be looked up are no finding" is_clean
else
    skip 'users who cannot be looked up' 'this system has no libnss_hesiod'
fi
sound
profile_stack ignore=ignore
for name in chfn login other su su-l; do
    stack "$name" '@include common-auth' '@include common-account'
done
examine
check "services without a section, for which the stack goes on, are clean" is_clean
check "which is said" [ "$(grep -c 'goes on without a token' "$dir/out")" = 5 ]
printf '[service su]\nscopes = user_management\n' >>"$etc/thrivestack/policy.conf"
examine
check "one of them has a section, by either name" \
    [ "$(grep -c 'goes on without a token' "$dir/out")" = 3 ]
stack su '@include common-auth' '@include common-account' \
    'auth required pam_thrivestack.so policy=/etc/pam.d/policy.conf'
sed "s|keys/one|$sysconf/keys/one|; /^\\[service su\\]/,\$d" "$etc/thrivestack/policy.conf" \
    >"$etc/pam.d/policy.conf"
examine
check "a second line counts as itself" out_has '/etc/pam.d/su uses the module, but /etc/pam.d/policy.conf'

# own_policy [SED]: a policy that the stack of git names.
# shellcheck disable=SC2120 # Rows give it one.
own_policy() {
    mkdir -p "$etc/pam.d/more"
    sed "s|keys/one|$sysconf/keys/one|; ${1-}" "$etc/thrivestack/policy.conf" \
        >"$etc/pam.d/more/policy.conf"
    stack git 'auth required pam_thrivestack.so policy=/etc/pam.d/more/policy.conf'
}
sound
own_policy ''
examine
check "a stack with a policy of its own is clean" is_clean
check "and both are looked at" [ "$(grep -c '^ok    policy ' "$dir/out")" = 2 ]
rm "$etc/thrivestack/policy.conf" "$etc/pam.d/sshd" "$etc/pam.d/sudo"
examine
check "no policy.conf, which no stack names, is not missed" lacks policy-invalid
check "the one that is named is looked at" out_has 'more/policy.conf is valid'

# --- the policy

broken 'a broken policy' policy-invalid 78 'policy "colour = red"' policy
broken 'a broken policy, with file and line' policy-invalid 78 'policy "max_age = soon"'
check "file and line" out_has 'policy.conf:7'
broken 'a public key that others can write' policy-keys 78 \
    'chmod 666 "$etc/thrivestack/keys/one.pem"' 'chmod go-w "$etc/thrivestack/keys/one.pem"'
broken 'a public key that is missing' policy-keys 78 'rm "$etc/thrivestack/keys/one.pem"'
broken 'a public key that is none' policy-keys 78 'echo junk >"$etc/thrivestack/keys/one.pem"'
broken 'a broken file in keys.d' policy-keys 78 '
    mkdir "$etc/thrivestack/keys.d" && echo junk >"$etc/thrivestack/keys.d/one.conf"' \
    'rm -r "$etc/thrivestack/keys.d"'
broken 'a policy that others can write' policy-invalid 78 'chmod 666 "$etc/thrivestack/policy.conf"' \
    'chmod go-w "$etc/thrivestack/policy.conf"'
broken 'stacks without a policy' 'config-missing key-missing policy-invalid scopes-missing' 78 'rm "$etc/thrivestack/policy.conf"' policy
broken 'a key past its day' policy-key-expired 78 'policy "" "expires = 2020-01-31"' policy
broken 'a policy without keys' policy-no-key 78 'sed -i "/^\[key/,\$d" "$etc/thrivestack/policy.conf"' \
    policy ''
broken 'a key for a service without a section' policy-key-service 78 \
    'services="sshd sudo git-nginx git"; policy' 'unset services; policy'
check "the others are not named" [ "$(grep -c policy-key-service "$dir/out")" = 0 ]
# This machine's other sources of accounts may be unable to answer.
broken 'a key for users who do not exist' policy-key-user 78 '
    printf "passwd: files\ngroup: files\n" >"$dir/nsswitch.conf"
    users="root nosuchuser @nogroup1 @root"; policy' '
    check "the user is named" out_has "lists user nosuchuser,"
    check "the group is named" out_has "lists group nogroup1,"
    check "nobody else is" [ "$(grep -c policy-key-user "$dir/out")" = 2 ]
    unset users; policy'
broken 'a key without the scope of its service' policy-key-scopes 78 \
    'services="sshd git"; policy "scopes = telemetry_apis"
     sed -i "/^\[service git\]/{n;d}" "$etc/thrivestack/policy.conf"' 'unset services; policy'
if find /lib /usr/lib -name libnss_sss.so.2 2>/dev/null | grep -q .; then
    # A directory that takes every question and answers none.
    mkdir -p "$dir/pipes/private"
    chmod 755 "$dir/pipes"
    perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un($ARGV[0])) &&
        listen(S, 9) && sleep 600' "$dir/pipes/nss" &
    issuer_pids="$issuer_pids $!"
    await [ -S "$dir/pipes/nss" ]
    before=$(date +%s)
    broken 'a directory that does not answer' policy-look-up 78 '
        printf "passwd: files sss\ngroup: files\n" >"$dir/nsswitch.conf"
        users="root nosuchuser"; policy
        mounts="mount -t tmpfs -o mode=755 t /var/lib && mkdir -p /var/lib/sss/pipes /var/lib/nginx &&
            mount --bind $dir/pipes /var/lib/sss/pipes"' 'rm "$dir/nsswitch.conf"; mounts=true; unset users; policy'
    check "it costs a few seconds" [ $(($(date +%s) - before)) -lt 10 ]
else
    skip 'a directory that does not answer' 'libnss-sss is not installed'
    codes="$codes policy-look-up"
fi
# What `source = local` reads as another user.
with_local() {
    sed -i 's/^\[service sudo\]/&\nsource = local prompt/' "$etc/thrivestack/policy.conf"
    printf '[profile default]\nca_file = %s\n' "$sysconf/ca.pem" >"$etc/thrivestack/credential.conf"
    cp "$dir/issuer/ca.pem" "$etc/thrivestack/ca.pem"
    chmod 644 "$etc/thrivestack/ca.pem" "$etc/thrivestack/credential.conf"
}
if setpriv --reuid nobody --clear-groups test -x "$sysconf"; then
    with_local
    examine
    check 'source = local, readable by all' is_clean
    broken 'a credential.conf that only root can read' local-unreadable 78 '
        with_local; chmod 600 "$etc/thrivestack/credential.conf"' 'chmod a+r "$etc/thrivestack/credential.conf"'
    broken 'a ca_file that only root can read' local-unreadable 78 '
        with_local; chmod 600 "$etc/thrivestack/ca.pem"' 'chmod a+r "$etc/thrivestack/ca.pem"'
else
    skip 'configuration that only root can read' "the user nobody cannot reach $sysconf"
    codes="$codes local-unreadable"
fi
broken 'source = local and a broken credential.conf' 'config-invalid local-config' 78 \
    'with_local; echo x >>"$etc/thrivestack/credential.conf"' 'sed -i "\$d" "$etc/thrivestack/credential.conf"'
broken 'a folder for single_use that is read-only' replay-unwritable 78 '
    rundir=$(sed -n "s/^#define TS_RUNDIR \"\(.*\)\"/\1/p" "$build/build-config.h")
    sed -i "s/^\[service sudo\]/&\nsingle_use = yes/" "$etc/thrivestack/policy.conf"
    mounts="mkdir -p $rundir && mount -t tmpfs -o ro t $rundir"' \
    'mounts="mkdir -p $rundir && mount -t tmpfs t $rundir"'
broken "a service bound to another host's name" policy-bound-name 78 'policy "bound_to = elsewhere.invalid"' \
    'policy "bound_to = elsewhere.invalid $(uname -n)"'
broken 'a client of this host that sends it unbound tokens' policy-bound-client 78 '
    policy "bound_to = $(uname -n)"
    printf "[host %s]\n" "$(uname -n)" >"$etc/thrivestack/credential.conf"'
broken 'a policy that no stack uses' pam-unused 78 \
    'rm "$etc/pam.d/sshd" "$etc/pam.d/sudo" "$etc/pam.d/git"; nginx_says "return 204;"'
broken 'a service without a section' policy-no-service 78 \
    'stack xrdp "auth sufficient pam_thrivestack.so" "@include common-auth"' \
    'printf "[service xrdp]\nscopes = user_management\n" >>"$etc/thrivestack/policy.conf"'
broken 'a service without a section, which turns everybody away' policy-no-service 78 \
    'stack xrdp "auth [success=done default=bad] pam_thrivestack.so" "auth required pam_deny.so"'
broken 'a stack with a policy that is not there' policy-invalid 78 \
    'stack git "auth required pam_thrivestack.so policy=/nope"'
check "with file and line of the stack" grep -qE '^fail  policy-invalid +git:1: .*/nope' "$dir/out"
check "that stack is not called correct" lacks 'service git: correct'
check "the others are" out_has 'service sudo: correct'
broken 'a stack with a broken policy' policy-keys 78 'own_policy "s|public_key = .*|public_key = /nowhere/one.pem|"'
check "with file and line of the policy" out_has 'more/policy.conf:9'
broken 'a policy of its own without a section' policy-no-service 78 \
    'own_policy "s/^\[service git\]/[service other]/"' own_policy
check "of its own" out_has 'more/policy.conf is valid'

# --- the module and its stacks

broken 'no module' module-missing 78 'rm "$dir/module/pam_thrivestack.so"' 'cp "$module" "$dir/module"'
broken 'a module that is none' module-broken 78 'echo junk >"$dir/module/pam_thrivestack.so"' \
    'cp "$module" "$dir/module"'
broken 'a module that others can write' module-broken 78 'chmod 666 "$dir/module/pam_thrivestack.so"' \
    'chmod 644 "$dir/module/pam_thrivestack.so"'

# bad_stack NAME CODE SERVICE LINE...: a stack on a host that is sound otherwise.
bad_stack() {
    name=$1 code=$2
    shift 2
    bad=$(for word; do printf "'%s' " "$word"; done)
    broken "$name" "$code" 78 "stack $bad"
    check "$name: with file and line" grep -qE "^[a-z]+ +$code +[a-z-]+:[0-9]+: " "$dir/out"
}
bad_stack 'sufficient before pam_permit' pam-fail-open sudo 'auth sufficient pam_thrivestack.so' \
    'auth required pam_permit.so'
bad_stack 'sufficient with nothing behind it' pam-fail-open sudo 'auth required pam_env.so' \
    'auth sufficient pam_thrivestack.so'
bad_stack 'optional before pam_permit' pam-fail-open sudo 'auth optional pam_thrivestack.so' \
    'auth required pam_permit.so'
bad_stack 'every failure ignored' pam-fail-open sshd \
    'auth [success=ok default=ignore] pam_thrivestack.so' 'auth required pam_env.so'
bad_stack 'an outage ignored' pam-fail-open git \
    'auth [success=ok authinfo_unavail=ignore default=die] pam_thrivestack.so' \
    'auth optional pam_permit.so'
bad_stack 'a second factor skipped in an outage' pam-factor-skipped sudo 'auth requisite pam_unix.so' \
    'auth [success=ok authinfo_unavail=ignore default=die] pam_thrivestack.so'
bad_stack 'the module alone for sudo' pam-lock-out sudo 'auth required pam_thrivestack.so'
# shellcheck disable=SC1003 # A continued line.
bad_stack 'the module alone for ssh' pam-lock-out sshd 'auth requisite \' '  pam_thrivestack.so'
bad_stack 'no way in while the policy is broken' pam-outage sudo "auth $ours" '@include common-auth'
bad_stack 'passwords refused after the login' pam-setcred sshd \
    'auth [success=done user_unknown=ignore default=die] pam_thrivestack.so' '@include common-auth'
check "the fix is named" out_has "add 'ignore=ignore'"
broken 'passwords refused after the login, fixed' pam-setcred 78 \
    'sed -i s/ignore=ignore.// "$etc/pam.d/sshd"' \
    'check "ignore=ignore is named" out_has ignore=ignore
     sed -i "s/default=die/ignore=ignore &/" "$etc/pam.d/sshd"'
bad_stack 'cron stopped' pam-setcred cron \
    'auth [success=1 user_unknown=ignore default=die] pam_thrivestack.so' \
    'auth requisite pam_unix.so' 'auth required pam_permit.so'
broken 'cron stopped by a profile for all services' pam-setcred 78 \
    'profile_stack; stack cron "@include common-auth"' 'profile_stack ignore=ignore'
bad_stack 'a token that changes nothing' pam-no-effect sudo 'auth optional pam_thrivestack.so' \
    'auth required pam_unix.so'
bad_stack 'the module for account' pam-account sudo 'auth sufficient pam_thrivestack.so' \
    '@include common-auth' 'account sufficient pam_thrivestack.so' '@include common-account'
bad_stack 'a control that does not exist' pam-unreadable sudo \
    'auth sufficiently pam_thrivestack.so' '@include common-auth'
# An argument that the module does not take: it refuses everything.
for argument in verbose policy=policy.conf unknown=maybe use_first_pass=1 '[prompt=]'; do
    argument_name=$(printf '%s\n' "$argument" | tr -d '[]' | cut -d= -f1)
    bad_stack "argument $argument" pam-argument git "auth required pam_thrivestack.so debug $argument"
    check "$argument: is named" grep -qE "^fail  pam-argument +git:1: .* argument $argument_name" "$dir/out"
    check "$argument: the stack is not called correct" lacks 'service git: correct'
done
bad_stack 'an argument for session' pam-argument sshd "auth $ours" '@include common-auth' \
    'session optional pam_thrivestack.so verbose'
check "of a session, too" out_has 'sshd:3: service sshd: unknown module argument verbose'
broken "sudo's other file" pam-other-name 78 'stack sudo-i "@include common-auth"' \
    'cp "$etc/pam.d/sudo" "$etc/pam.d/sudo-i"'
# Programs that no token fits, and what is named in place of one.
cuts_tokens='proftpd:512:sftp by sshd, or passwords
smtp:256:client certificates or passwords
imap:256:client certificates or passwords
pop:256:client certificates or passwords
sieve:256:client certificates or passwords
ldap:256:client certificates or passwords
cups:256:Kerberos or passwords
vsftpd:128:sftp by sshd, or passwords
openvpn:127:client certificates
ocserv:63:client certificates'
add_programs_that_cut() {
    for service in $(printf '%s\n' "$cuts_tokens" | cut -d: -f1); do
        cp "$etc/pam.d/sudo" "$etc/pam.d/$service"
        printf '[service %s]\nscopes = user_management\n' "$service" >>"$etc/thrivestack/policy.conf"
    done
}
remove_programs_that_cut() {
    while IFS=: read -r service characters instead; do
        check "$service: what to use instead" grep -qE \
            "^warn +pam-cuts-token +service $service: .* on $characters characters .*; use $instead: remove " "$dir/out"
        rm "$etc/pam.d/$service"
    done <<END
$cuts_tokens
END
}
broken 'programs that cut tokens' pam-cuts-token 78 add_programs_that_cut remove_programs_that_cut

sound
stack common-auth 'auth sufficient pam_thrivestack.so' 'auth required pam_permit.so'
stack sudo '@include common-auth'
stack cron '@include common-auth'
examine
check "a stack that others include is reported once" \
    [ "$(grep -c '^fail *pam-fail-open *common-auth:1:' "$dir/out")" = 1 ]

# --- sshd

broken 'sshd without PAM' sshd-no-pam 78 'sshd_says no yes' 'sshd_says yes yes'
broken 'sshd without keyboard-interactive' sshd-no-keyboard 78 'sshd_says yes no' 'sshd_says yes yes'
broken 'sshd without it for a user' sshd-no-keyboard 78 '
    printf "Match User alice,bob\n KbdInteractiveAuthentication no\n" >>"$etc/ssh/sshd_config"' \
    'check "the user is named" out_has "for user alice"; sshd_says yes yes'
broken 'sshd with public keys alone' sshd-methods 78 \
    'echo "AuthenticationMethods publickey" >>"$etc/ssh/sshd_config"' \
    'sed -i "s/publickey/& keyboard-interactive/" "$etc/ssh/sshd_config"'
broken 'sshd with public keys alone for a user' sshd-methods 78 '
    printf "Match User deploy\n AuthenticationMethods publickey\n" >"$etc/ssh/sshd_config.d/x.conf"
    echo "Include /etc/ssh/sshd_config.d/*.conf" >>"$etc/ssh/sshd_config"' \
    'rm "$etc/ssh/sshd_config.d/x.conf"'
broken 'sshd without it for a group' sshd-match 78 '
    printf "Match Group staff\n KbdInteractiveAuthentication no\n" >>"$etc/ssh/sshd_config"' \
    'check "the block is named" out_has "Match Group staff"; sshd_says yes yes'
broken "sshd's file is broken" sshd-unknown 78 'echo "NoSuchSetting yes" >>"$etc/ssh/sshd_config"' \
    'sshd_says yes yes'

# --- nginx

if [ -n "$has_nginx" ]; then
    broken 'a policy that nginx cannot read' nginx-unreadable 78 \
        'chmod 600 "$etc/thrivestack/policy.conf"' 'chmod a+r "$etc/thrivestack/policy.conf"'
    broken 'public keys that nginx cannot read' nginx-unreadable 78 \
        'chmod 700 "$etc/thrivestack/keys"' 'chmod a+rx "$etc/thrivestack/keys"'
    broken 'single_use under nginx' nginx-single-use 78 \
        'mounts="mkdir -p $rundir"; policy "single_use = yes"' policy
    broken 'single_use for all, in the policy that the stack names' nginx-single-use 78 \
        'own_policy "s/^\[service git\]/[service *]\nsingle_use = yes/"' own_policy
    broken 'nginx with a service that has no file' nginx-no-service 78 \
        'nginx_says "auth_pam \"x\"; auth_pam_service_name \"git-nginx\";"' 'nginx_says "$pam_directives"'
    broken "nginx's file is broken" nginx-unknown 78 'echo "no_such_directive;" >>"$etc/nginx/nginx.conf"' \
        'nginx_says "$pam_directives"'
else
    skip 'nginx' 'nginx with auth_pam is not installed'
    codes="$codes nginx-unreadable nginx-single-use nginx-no-service nginx-unknown"
fi
check "each code of a host has a row" covered host-skipped nginx-single-use
echo "$rows broken set-ups"
finish
