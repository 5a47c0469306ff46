#!/bin/sh
# `doctor`: broken set-ups of a client, each found under its own code, and sound ones in which nothing
# is found. Those of a host are in test-doctor-host.sh.
# usage: test-doctor.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/doctor.sh
. "$(dirname "$0")/doctor.sh"

# What is written and removed below lies in the scratch folder, or not at all.
: "${dir:?}" "${home:?}"
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
check "--json has level, code, text and fix" \
    [ "$(jq -c '[.findings[] | keys] | unique' "$dir/out")" = '[["code","fix","level","text"]]' ]
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
check "the fix is named" out_has 'key import'
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
git_says() { printf '%b' "$1" >"$home/.gitconfig" && chown "$(stat -c %u "$home")" "$home/.gitconfig"; }
ours=$(cat "$dir/gitconfig")
git_says "$ours\n[credential]\n\thelper = store\n"
examine "credential-store behind ours"
names git-stores 78
# What doctor suggests fixes it, once, and can be undone.
advised() {
    nobody env -i PATH="$path" HOME="$home" LC_ALL=C ASAN_OPTIONS="${ASAN_OPTIONS-}" setsid -w \
        thrivestack-credential setup --yes "$@" git git.example.com >"$dir/setup" 2>&1
}
rm "$home/.gitconfig"
own_home=$(stat -c %u "$home")
chown 65534 "$home"
check "setup git" advised
nobody env -i PATH="$path" HOME="$home" git config --global credential.helper store
examine "credential-store, set after setup git"
names git-stores 78
check "setup git again" advised
examine "setup git, run again"
check "is behind it" is_clean
cp "$home/.gitconfig" "$dir/gitconfig"
check "setup git once more" advised
check "changes nothing" cmp -s "$home/.gitconfig" "$dir/gitconfig"
check "setup --remove" advised --remove
check "leaves the other helper" [ "$(cat "$home/.gitconfig")" = "$(printf '[credential]\n\thelper = store')" ]
printf '[credential "https://git.example.com"]\n\tusername = ann\n' >"$home/.gitconfig"
check "setup git, beside a setting" advised
printf '[credential]\n\thelper = store\n' >>"$home/.gitconfig"
check "setup git, where git would add in front" advised
examine "setup git, run once more"
check "is behind it, too" is_clean
check "setup --remove" advised --remove
rm -f "$home/.gitconfig.thrivestack-backup"
git_says "# mine\n$ours\n[credential]\n\thelper = store\n"
cp "$home/.gitconfig" "$dir/gitconfig"
check "setup git, behind another helper, beside one set by hand" advised
examine "setup git, beside one set by hand"
check "counts" is_clean
check "setup --remove then" advised --remove
check "leaves what was set by hand" cmp -s "$home/.gitconfig" "$dir/gitconfig"
git_says "[credential]\n\thelper = thrivestack\n\thelper =\n"
examine "an empty value behind ours"
names host-not-wired 78
check "setup git, behind an empty value" advised
examine "setup git, behind an empty value"
check "counts, too" is_clean
check "setup --remove of it" advised --remove
chown "$own_home" "$home"
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
finish
