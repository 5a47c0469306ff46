#!/bin/sh
# `doctor` by root: broken set-ups of a host, each found under its own code, and sound ones in which
# nothing is found.
# usage: test-doctor-host.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/doctor.sh
. "$(dirname "$0")/doctor.sh"

# What is written and removed below lies in the scratch folder, or not at all.
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
mkdir -p "$prefix/run"
mkdir -m 755 "$dir/module"
cp "$module" "$dir/module"
ssh-keygen -q -t ed25519 -N '' -f "$etc/ssh/ssh_host_ed25519_key"
jq -r .private_key "$key_file" |
    openssl rsa -pubout -out "$etc/thrivestack/keys/one.pem" 2>/dev/null

# policy [SERVICE-LINE [KEY-LINE]]: a line more in [service git], and in the key's section; $users and
# $services are the key's, where they are set.
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
# The stacks of the manual, beside Debian's common ones.
sound_host() {
    rm -rf "$etc/pam.d"
    mkdir "$etc/pam.d"
    stack common-auth 'auth [success=1 default=ignore] pam_unix.so' \
        'auth requisite pam_deny.so' 'auth required pam_permit.so'
    stack common-account 'account required pam_unix.so'
    stack sshd 'auth [success=done user_unknown=ignore ignore=ignore default=die]  pam_thrivestack.so' \
        '@include common-auth' 'account required pam_nologin.so' '@include common-account' \
        'session optional pam_thrivestack.so'
    stack sudo 'auth sufficient pam_thrivestack.so' '@include common-auth' \
        '@include common-account'
    stack git 'auth required pam_thrivestack.so' 'account required pam_permit.so'
    policy
    sshd_says yes yes
    printf 'user www-data;\nhttp { server { location / {\nauth_pam "x"; auth_pam_service_name "git";\n} } }\n' \
        >"$etc/nginx/sites-enabled/git"
    chmod -R a+rX,go-w "$etc/pam.d" "$etc/thrivestack" "$etc/nginx"
}
on_host() {
    unshare -m --propagation private sh -c '
        mount --bind "$1/etc/pam.d" /etc/pam.d && mount --bind "$1/etc/ssh" /etc/ssh &&
            mount --bind "$1/etc/thrivestack" "$2" && mount --bind "$1/module" "$3" &&
            mount -t tmpfs tmpfs /run && mkdir /run/sshd || exit 99
        [ ! -e "$1/nsswitch.conf" ] || mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf || exit 99
        [ ! -d /etc/nginx ] || mount --bind "$1/etc/nginx" /etc/nginx || exit 99
        shift 3
        exec "$@"' sh "$dir" "$sysconf" "$(dirname "$module")" \
        env -i PATH="$bin:/usr/bin:/bin:/usr/sbin:/sbin" HOME="$dir/root" LC_ALL=C \
        ASAN_OPTIONS="${ASAN_OPTIONS-}" thrivestack-credential doctor
}
examine_host() {
    run on_host
    check "$1: it ran" [ "$status" != 99 ]
}

sound_host
examine_host "a sound host"
check "a sound host is clean" is_clean
for code in policy module pam sshd; do
    check "and says what it looked at: $code" found "$code"
done
for line in '# as the package brings it' '[host git.example.com]'; do
    echo "$line" >"$etc/thrivestack/credential.conf"
    examine_host "a host with credential.conf: $line"
    check "a host with no profile is no client: $line" is_clean
done
printf '[profile default]\nscopes = user_management\ntoken_url = https://127.0.0.1:9/token\n' >"$etc/thrivestack/credential.conf"
examine_host "a host that is a client, too"
check "a host that is a client is told what it lacks" found key-missing
rm "$etc/thrivestack/credential.conf"

policy 'colour = red'
examine_host "a broken policy"
names policy-invalid 78
check "with file and line" out_has 'policy.conf:7'
sound_host
chmod 666 "$etc/thrivestack/keys/one.pem"
examine_host "a public key that others can write"
names policy-invalid 78
sound_host
rm "$etc/thrivestack/policy.conf"
examine_host "stacks without a policy"
check "policy-invalid is named" found policy-invalid
sound_host
policy '' 'expires = 2020-01-31'
examine_host "a key past its day"
names policy-key-expired 78
sound_host
sed -i '/^\[key/,$d' "$etc/thrivestack/policy.conf"
examine_host "a policy without keys"
names policy-no-key 78
services='sshd sudo git-nginx git'
sound_host
examine_host "a key for a service without a section"
names policy-key-service 78
check "that service is named, and no other" [ "$(grep -c 'service git-nginx,' "$dir/out")" = 1 ]
sed -i 's/^\[service git\]/[service *]/' "$etc/thrivestack/policy.conf"
examine_host "a section for all services"
check "serves it" is_clean
unset services
# This machine's other sources of accounts may be unable to answer.
printf 'passwd: files\ngroup: files\n' >"$dir/nsswitch.conf"
users='root nosuchuser @nogroup1 @root'
sound_host
examine_host "a key for users that there are not"
names policy-key-user 78
check "the user is named" out_has 'lists user nosuchuser,'
check "the group is named" out_has 'lists group nogroup1,'
check "nobody else is" [ "$(grep -c policy-key-user "$dir/out")" = 2 ]
# libc's own module for Hesiod, which is not set up, cannot be asked, and says so.
if find /lib /usr/lib -name libnss_hesiod.so.2 2>/dev/null | grep -q .; then
    printf 'passwd: files hesiod\ngroup: files hesiod\n' >"$dir/nsswitch.conf"
    examine_host "users of whom nothing can be said"
    check "users of whom nothing can be said are no finding" is_clean
    rm "$dir/nsswitch.conf"
else
    skip 'users of whom nothing can be said' 'this system has no such name service'
fi
unset users
sound_host
stack vsftpd 'auth sufficient pam_thrivestack.so' '@include common-auth'
examine_host "a service without a section"
names policy-no-service 78
stack vsftpd 'auth [success=done default=bad] pam_thrivestack.so' 'auth required pam_deny.so'
examine_host "a service without a section, which turns everybody away"
names policy-no-service 78
# As pam-auth-update has it.
sound_host
stack common-auth \
    'auth [success=2 user_unknown=ignore authinfo_unavail=ignore ignore=ignore default=die] pam_thrivestack.so' \
    'auth [success=1 default=ignore] pam_unix.so' 'auth requisite pam_deny.so' \
    'auth required pam_permit.so'
for name in chfn login other su su-l; do
    stack "$name" '@include common-auth' '@include common-account'
done
examine_host "services without a section, for which the stack goes on"
check "are clean" is_clean
check "which is said" [ "$(grep -c 'goes on without a token' "$dir/out")" = 5 ]
printf '[service su]\nscopes = user_management\n' >>"$etc/thrivestack/policy.conf"
examine_host "one of them with a section"
check "one of them has a section, by either name" \
    [ "$(grep -c 'goes on without a token' "$dir/out")" = 3 ]
stack su '@include common-auth' '@include common-account' \
    'auth required pam_thrivestack.so policy=/etc/pam.d/policy.conf'
sed "s|keys/one|$sysconf/keys/one|; /^\\[service su\\]/,\$d" "$etc/thrivestack/policy.conf" \
    >"$etc/pam.d/policy.conf"
examine_host "a second line, of another policy and another control"
check "a second line counts as itself" out_has '/etc/pam.d/su uses the module, but /etc/pam.d/policy.conf'
sound_host
stack common-auth \
    'auth [success=2 user_unknown=ignore authinfo_unavail=ignore default=die] pam_thrivestack.so' \
    'auth [success=1 default=ignore] pam_unix.so' 'auth requisite pam_deny.so' \
    'auth required pam_permit.so'
stack cron '@include common-auth'
examine_host "a profile for all services that stops cron"
names pam-setcred 78
sound_host
rm "$etc/pam.d/sshd" "$etc/pam.d/sudo" "$etc/pam.d/git"
examine_host "a policy that no stack uses"
names pam-unused 78

sound_host
mv "$dir/module/pam_thrivestack.so" "$dir/whole-module"
examine_host "no module"
names module-missing 78
echo junk >"$dir/module/pam_thrivestack.so"
examine_host "a module that is none"
names module-broken 78
cp "$dir/whole-module" "$dir/module/pam_thrivestack.so"
chmod 666 "$dir/module/pam_thrivestack.so"
examine_host "a module that others can write"
names module-broken 78
chmod 644 "$dir/module/pam_thrivestack.so"

# bad_stack CODE SERVICE LINE...: a stack on a host that is sound otherwise.
bad_stack() {
    code=$1
    shift
    sound_host
    stack "$@"
    examine_host "$code: $2"
    names "$code" 78
    check "$code: with file and line" grep -qE "^[a-z]+ +$code +[a-z-]+:[0-9]+: " "$dir/out"
}
bad_stack pam-fail-open sudo 'auth sufficient pam_thrivestack.so' 'auth required pam_permit.so'
bad_stack pam-fail-open sudo 'auth required pam_env.so' 'auth sufficient pam_thrivestack.so'
bad_stack pam-fail-open sudo 'auth optional pam_thrivestack.so' 'auth required pam_permit.so'
bad_stack pam-fail-open sshd 'auth [success=ok default=ignore] pam_thrivestack.so' \
    'auth required pam_env.so'
bad_stack pam-fail-open git \
    'auth [success=ok authinfo_unavail=ignore default=die] pam_thrivestack.so' \
    'auth optional pam_permit.so'
bad_stack pam-factor-skipped sshd 'auth requisite pam_unix.so' \
    'auth [success=ok authinfo_unavail=ignore default=die] pam_thrivestack.so'
bad_stack pam-lock-out sudo 'auth required pam_thrivestack.so'
# shellcheck disable=SC1003 # A continued line.
bad_stack pam-lock-out sshd 'auth requisite \' '  pam_thrivestack.so'
bad_stack pam-outage sudo \
    'auth [success=done user_unknown=ignore ignore=ignore default=die] pam_thrivestack.so' '@include common-auth'
bad_stack pam-setcred sshd 'auth [success=done user_unknown=ignore default=die] pam_thrivestack.so' \
    '@include common-auth'
check "pam-setcred: the fix is named" out_has "add 'ignore=ignore'"
bad_stack pam-setcred cron 'auth [success=1 user_unknown=ignore default=die] pam_thrivestack.so' \
    'auth requisite pam_unix.so' 'auth required pam_permit.so'
bad_stack pam-no-effect sudo 'auth optional pam_thrivestack.so' 'auth required pam_unix.so'
bad_stack pam-account sudo 'auth sufficient pam_thrivestack.so' '@include common-auth' \
    'account sufficient pam_thrivestack.so' '@include common-account'
bad_stack pam-unreadable sudo 'auth sufficiently pam_thrivestack.so' '@include common-auth'
# An argument that the module does not take: it refuses everything.
for argument in verbose policy=policy.conf unknown=maybe use_first_pass=1 '[prompt=]'; do
    name=$(printf '%s\n' "$argument" | tr -d '[]' | cut -d= -f1)
    bad_stack pam-argument git "auth required pam_thrivestack.so debug $argument"
    check "$argument: is named" grep -qE "^fail  pam-argument +git:1: .* argument $name" "$dir/out"
    check "$argument: the stack is not called sound" lacks 'service git: correct'
done
bad_stack pam-argument sshd \
    'auth [success=done user_unknown=ignore ignore=ignore default=die]  pam_thrivestack.so' \
    '@include common-auth' 'session optional pam_thrivestack.so verbose'
check "of a session, too" out_has 'sshd:3: service sshd: unknown module argument verbose'

# The policy that a stack names, and not the one that it does not.
sound_host
stack git 'auth required pam_thrivestack.so policy=/nope'
examine_host "a stack with a policy that is not there"
names policy-invalid 78
check "with file and line of the stack" grep -qE '^fail  policy-invalid +git:1: .*/nope' "$dir/out"
check "that stack is not called sound" lacks 'service git: correct'
check "the others are" out_has 'service sudo: correct'
sound_host
mkdir -p "$etc/pam.d/more"
sed 's|keys/one|/nowhere/one|' "$etc/thrivestack/policy.conf" >"$etc/pam.d/more/policy.conf"
stack git 'auth required pam_thrivestack.so policy=/etc/pam.d/more/policy.conf'
examine_host "a stack with a broken policy"
names policy-invalid 78
check "with file and line of the policy" out_has 'git:1: /etc/pam.d/more/policy.conf:9'
sed "s|keys/one|$sysconf/keys/one|" "$etc/thrivestack/policy.conf" >"$etc/pam.d/more/policy.conf"
examine_host "a stack with a policy of its own"
check "a stack with a policy of its own is clean" is_clean
check "and both are looked at" [ "$(grep -c '^ok    policy ' "$dir/out")" = 2 ]
sed -i 's/^\[service git\]/[service other]/' "$etc/pam.d/more/policy.conf"
examine_host "a policy of its own without a section"
names policy-no-service 78
check "in that policy" out_has 'more/policy.conf has no section [service git]'
rm "$etc/thrivestack/policy.conf" "$etc/pam.d/sshd" "$etc/pam.d/sudo"
sed -i 's/^\[service other\]/[service git]/' "$etc/pam.d/more/policy.conf"
examine_host "no policy.conf, which no stack names"
check "is not missed" lacks policy-invalid
check "the one that is named is looked at" out_has 'more/policy.conf is valid'

sound_host
stack common-auth 'auth sufficient pam_thrivestack.so' 'auth required pam_permit.so'
stack sudo '@include common-auth'
stack cron '@include common-auth'
examine_host "a stack that others include"
check "is told of once" [ "$(grep -c '^fail *pam-fail-open *common-auth:1:' "$dir/out")" = 1 ]

sound_host
sshd_says no yes
examine_host "sshd without PAM"
names sshd-no-pam 78
sound_host
sshd_says yes no
examine_host "sshd without keyboard-interactive"
names sshd-no-keyboard 78
sound_host
echo 'NoSuchSetting yes' >>"$etc/ssh/sshd_config"
examine_host "sshd's file is broken"
names sshd-unknown 78

if [ -d /etc/nginx ] && id www-data >/dev/null 2>&1; then
    sound_host
    examine_host "nginx"
    check "nginx is looked at" found nginx
    chmod 600 "$etc/thrivestack/policy.conf"
    examine_host "a policy that nginx cannot read"
    names nginx-unreadable 78
    sound_host
    policy 'single_use = yes'
    examine_host "single_use under nginx"
    names nginx-single-use 78
    sound_host
    sed 's/^\[service git\]/[service *]\nsingle_use = yes/' "$etc/thrivestack/policy.conf" >"$etc/pam.d/policy.conf"
    sed -i "s|keys/one|$sysconf/keys/one|" "$etc/pam.d/policy.conf"
    stack git 'auth required pam_thrivestack.so policy=/etc/pam.d/policy.conf'
    examine_host "single_use under nginx, in the section for all of another policy"
    check "nginx-single-use is named" found nginx-single-use
fi
finish
