#!/bin/sh
# `doctor`: broken set-ups of client and host, each found under its own code, and sound ones in which
# nothing is found.
# usage: test-doctor.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

# What is written and removed below lies in the scratch folder, or not at all.
: "${dir:?}" "${home:?}" "${prefix:?}"
sysconf=$prefix/etc/thrivestack
[ "$prefix" != /usr ] || sysconf=/etc/thrivestack
key_file=$dir/key.json

# --- the client. Run as somebody who is not root, so that this machine's own state does not matter.
cat >"$home/.gitconfig" <<END
[credential "https://git.example.com"]
	helper =
	helper = $bin/git-credential-thrivestack
END
cp "$home/.gitconfig" "$dir/gitconfig"
chown -R 65534:65534 "$home" "$dir/cache" "$key_file"
path=$bin:/usr/bin:/bin
cache=$dir/cache

doctor() {
    # shellcheck disable=SC2086 # A list of words is wanted here.
    nobody env -i PATH="$path" HOME="$home" LC_ALL=C THRIVESTACK_CACHE_DIR="$cache" \
        ASAN_OPTIONS="${ASAN_OPTIONS-}" $extra \
        thrivestack-credential --config "$dir/conf" doctor "$@"
}

# found CODE: whether a line is about it.
found() { awk -v code="$1" '$2 == code { found = 1 } END { exit !found }' "$dir/out"; }
is_clean() { [ "$status" = 0 ] && [ -s "$dir/out" ] && ! grep -qE '^(warn|fail)' "$dir/out"; }
only() { [ "$(awk '$1 != "ok" { print $2 }' "$dir/out" | sort -u | tr '\n' ' ')" = "$1 " ]; }
keeps_secrets() { ! grep -qE 'eyJ|PRIVATE|MII' "$dir/out" "$dir/err"; }

# names CODE STATUS: it is the only thing that is wrong, and ends with the exit code that fits.
names() {
    check "$1 is named, and nothing else" only "$1"
    check "$1 ends with $2" [ "$status" = "$2" ]
}
examine() {
    run doctor
    check "$1: neither token nor key is shown" keeps_secrets
}
# client [PATH]: the configuration of a sound client, with stdin added to it.
client() {
    conf "${1-}"
    sed -i "s|^ca_file.*|ca_file = $dir/ca.pem|" "$dir/conf"
}
cp "$dir/issuer/ca.pem" "$dir/ca.pem"
chmod 644 "$dir/ca.pem"
git_host='[host git.example.com]'

echo "$git_host" | client
examine "a sound client"
check "a sound client is clean" is_clean
for code in config key endpoint clock token cache git host-skipped; do
    check "and says what it looked at: $code" found "$code"
done
check "each line has level, code and text" \
    [ "$(grep -cvE '^(ok|warn|fail) +[a-z-]+ +[^ ]' "$dir/out")" = 0 ]
count_from_here
run doctor --json
check "--json is one line" one_line "$dir/out"
check "--json says that it is clean" [ "$(jq -c .clean "$dir/out")" = true ]
check "--json has level, code, text and mend" \
    [ "$(jq -c '[.findings[] | keys] | unique' "$dir/out")" = '[["code","level","mend","text"]]' ]
check "the endpoint was asked twice: without a key, and for one token" asked 2
run doctor now
refused "an argument" 64
client <<END
$git_host
[profile other]
key_file = $key_file
token_url = $url/api/user/token
ca_file = $dir/ca.pem
scopes = telemetry_apis
END
forget_cache
chown 65534:65534 "$dir/cache"
count_from_here
examine "two profiles"
check "two profiles are clean" is_clean
check "two profiles: one endpoint is asked once without a key, and for two tokens" asked 3
echo "$git_host" | client /fault/no-date
examine "an endpoint without a clock"
check "an endpoint without a clock is clean" is_clean
check "an endpoint without a clock: nothing is said of ours" [ "$(grep -c clock "$dir/out")" = 0 ]

echo '[colour red]' | client
examine "a broken configuration"
names config-invalid 78
check "with file and line" out_has "$dir/conf:7"
run doctor --json
check "--json says that it is not clean" [ "$(jq -c .clean "$dir/out")" = false ]
check "--json has the code" \
    [ "$(jq -r '.findings[] | select(.level == "fail") | .code' "$dir/out")" = config-invalid ]
echo "$git_host" | client
chmod 666 "$dir/conf"
examine "an unsafe configuration"
names config-invalid 78
chmod 644 "$dir/conf"

echo "$git_host" | client
sed -i /^scopes/d "$dir/conf"
examine "no scopes"
names scopes-missing 78

echo "$git_host" | client
mv "$key_file" "$dir/whole.json"
examine "no key"
names key-missing 66
check "the mend is told" out_has 'key import'
with_key() {
    jq "$1" "$dir/whole.json" >"$key_file"
    chown 65534:65534 "$key_file"
    chmod 600 "$key_file"
}
with_key .
chmod 644 "$key_file"
examine "a key that others can read"
names key-unsafe 78
check "with the chmod" out_has chmod
with_key '.private_key = "none"'
examine "a key that is none"
names key-unusable 66
with_key '.expiry = "2020-01-31"'
examine "an expired key"
check "key-expired is named" found key-expired
check "key-expired ends with 66" [ "$status" = 66 ]
with_key ".expiry = \"$(date -u -d '+5 days' +%F)\""
examine "a key at its end"
names key-expires-soon 66
with_key '.created_at = "2020-01-31"'
examine "a key to be rotated"
names key-rotation-due 66
with_key .
examine "the key as it was"
check "is sound" is_clean

# elsewhere URL: a sound client whose endpoint is there.
elsewhere() {
    client
    sed -i "s|^token_url.*|token_url = $1|" "$dir/conf"
}
echo "$git_host" | elsewhere https://no-such-host.invalid/token
examine "a name that does not resolve"
names endpoint-unresolved 69
echo "$git_host" | elsewhere https://127.0.0.1:9/token
examine "nobody listens"
names endpoint-unreachable 69
printf 'proxy = http://no-such-proxy.invalid:3128\n%s\n' "$git_host" |
    elsewhere https://endpoint.example.com/token
examine "a proxy that does not resolve"
names endpoint-proxy 69
echo "$git_host" | client
sed -i /^ca_file/d "$dir/conf"
examine "a certificate that is not trusted"
names endpoint-tls 69
echo "$git_host" | client
sed -i 's|^ca_file.*|&.missing|' "$dir/conf"
examine "a CA file that is missing"
names endpoint-ca 78
echo "$git_host" | client /fault/hang
examine "nothing answers"
names endpoint-timeout 69
for fault in e404 redirect-302; do
    echo "$git_host" | client "/fault/$fault"
    examine "$fault"
    names endpoint-answer 76
done
echo "$git_host" | client /fault/e503
examine "an endpoint that fails"
names token-unavailable 69
rm "$key_file"
examine "the same without a key"
check "endpoint-failing is named" found endpoint-failing
with_key .
for fault in date-ahead-2h date-behind-2h; do
    echo "$git_host" | client "/fault/$fault"
    examine "$fault"
    check "$fault: clock-skew is named" found clock-skew
    check "$fault: with how much" grep -qE 'clock is (719[0-9]|720[0-9]) seconds' "$dir/out"
done
echo "$git_host" | client /fault/e403
examine "a key that is refused"
names token-refused 77
for fault in html wrong-aud; do
    echo "$git_host" | client "/fault/$fault"
    examine "a token that is none: $fault"
    names token-invalid 76
done

echo "$git_host" | client
chmod 755 "$dir/cache"
examine "an open cache"
names cache-unsafe 78
chmod 700 "$dir/cache"
cache=/proc/thrivestack
examine "a cache that cannot be"
names cache-unwritable 78
cache=$dir/cache

echo '[host other.example.com]' | client
examine "a host that no client asks for"
names host-not-wired 78
echo "$git_host" | client
git_says() { printf '%b' "$1" >"$home/.gitconfig"; }
ours=$(cat "$dir/gitconfig")
git_says "$ours\n[credential]\n\thelper = store\n"
examine "credential-store behind ours"
names git-stores 78
git_says "[credential]\n\thelper = store\n$ours\n"
examine "credential-store before the empty value"
check "is harmless" is_clean
git_says "$ours\n[credential \"https://*.example.com\"]\n\thelper = libsecret\n"
examine "another helper"
names git-other 78
git_says "[credential \"https://git.example.com\"]\n\thelper = $dir/git-credential-thrivestack\n"
examine "git's program is missing"
names git-program 78
git_says '[credential "broken'
examine "git's file is broken"
check "git-invalid is named" found git-invalid
git_says '[credential "https://git.example.com"]\n\thelper = thrivestack\n'
examine "the helper by its name"
check "is sound" is_clean
echo '[host git.example.com/team]' | client
examine "a path that git does not send"
names git-path 78
git_says '[credential "https://git.example.com"]\n\thelper = thrivestack\n\tuseHttpPath = true\n'
examine "which it now sends"
check "is sound" is_clean
git_says "$ours\n"

mkdir -m 755 "$home/.docker"
echo '[host registry.example.com]' | client
docker_says() {
    printf '%s' "$1" >"$home/.docker/config.json"
    chown -R 65534:65534 "$home/.docker"
}
wired='"credHelpers": {"registry.example.com": "thrivestack"}'
docker_says "{$wired}"
examine "docker"
check "docker is clean" is_clean
docker_says "{$wired, \"auths\": {\"https://registry.example.com\": {\"auth\": \"c2VjcmV0LXdvcmQ=\"}}}"
examine "a password beside it"
names docker-password 78
check "which is not shown" [ "$(grep -c c2VjcmV0 "$dir/out")" = 0 ]
docker_says "{$wired}"
mkdir "$dir/fake"
printf '#!/bin/sh\n' >"$dir/fake/docker-credential-thrivestack"
chmod 755 "$dir/fake/docker-credential-thrivestack"
path=$dir/fake:$path
examine "another program of that name"
names docker-program 78
path=$bin:/usr/bin:/bin
docker_says '{"credHelpers": '
examine "docker's file is broken"
check "docker-invalid is named" found docker-invalid
rm -r "$home/.docker"

printf '[host build.example.com]\naskpass = yes\n' | client
examine "askpass without its variables"
names askpass-unset 78
extra="SSH_ASKPASS=$bin/thrivestack-askpass SSH_ASKPASS_REQUIRE=force"
examine "askpass with them"
check "is clean" is_clean
extra=

# --- the host: as root, in a namespace of mounts of its own
if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
    finish
fi
module=$(find "$prefix" -name pam_thrivestack.so 2>/dev/null | head -n 1)
[ -n "$module" ] || {
    echo "the module is not installed in $prefix" >&2
    exit 1
}
etc=$dir/etc
mkdir -p "$etc/pam.d" "$etc/nginx/sites-enabled" "$etc/thrivestack/keys" "$etc/ssh" "$dir/root" \
    "$sysconf"
mkdir -m 755 "$dir/module"
cp "$module" "$dir/module"
ssh-keygen -q -t ed25519 -N '' -f "$etc/ssh/ssh_host_ed25519_key"
jq -r .private_key "$key_file" |
    openssl rsa -pubout -out "$etc/thrivestack/keys/one.pem" 2>/dev/null

# policy [SERVICE-LINE [KEY-LINE]]: a line more in [service git], and in the key's section.
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
users = alice
services = *
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
    stack sshd 'auth [success=done user_unknown=ignore default=die]  pam_thrivestack.so' \
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
sound_host
stack vsftpd 'auth sufficient pam_thrivestack.so' '@include common-auth'
examine_host "a service without a section"
names policy-no-service 78
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
    'auth [success=done user_unknown=ignore default=die] pam_thrivestack.so' '@include common-auth'
bad_stack pam-no-effect sudo 'auth optional pam_thrivestack.so' 'auth required pam_unix.so'
bad_stack pam-account sudo 'auth sufficient pam_thrivestack.so' '@include common-auth' \
    'account sufficient pam_thrivestack.so' '@include common-account'
bad_stack pam-unreadable sudo 'auth sufficiently pam_thrivestack.so' '@include common-auth'
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
fi
finish
