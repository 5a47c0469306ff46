#!/bin/sh
# `doctor` on a client: a table of broken set-ups, each found under its own code, and sound ones in which
# nothing is found. Those of a host are in test-doctor-host.sh.
# usage: test-doctor.sh PREFIX ISSUER BUILD
set -u
build=$3
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/doctor.sh
. "$(dirname "$0")/doctor.sh"

# What is written and removed below is in the scratch folder.
: "${dir:?}" "${home:?}"
key_file=$dir/key.json
worker=$prefix/libexec/thrivestack/thrivestack-worker

# shellcheck source=tests/helper/doctor-client.sh
. "$(dirname "$0")/doctor-client.sh"
# A certificate that is not yet valid, its own CA.
cat >"$dir/ca.conf" <<END
[ca]
default_ca = own
[own]
database = $dir/ca.index
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
END
: >"$dir/ca.index"
openssl req -new -newkey rsa:2048 -nodes -keyout "$dir/issuer/future.key" -out "$dir/future.csr" \
    -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
openssl ca -batch -notext -selfsign -config "$dir/ca.conf" -keyfile "$dir/issuer/future.key" \
    -in "$dir/future.csr" -out "$dir/issuer/future.pem" \
    -startdate 20990101000000Z -enddate 20991231000000Z 2>/dev/null
install -m 644 "$dir/issuer/future.pem" "$dir/future.pem"
main=$url
serve plain --http
plain=$url
serve expired --cert expired
expired=$url
serve future --cert future
future=$url url=$main
: "$worker" "$plain" "$expired" "$future" # Rows use them.

# --- sound clients

sound
examine
check "a sound client is clean" is_clean
for code in config key endpoint clock token cache git host-skipped; do
    check "and says what it looked at: $code" found "$code"
done
check "each line has level, code and text" \
    [ "$(grep -cvE '^(ok|warn|fail) +[a-z-]+ +[^ ]' "$dir/out")" = 0 ]
check "a sound client: nothing is written to the cache" [ -z "$(ls "$dir/cache")" ]
count_from_here
run doctor --json
check "--json is one line" one_line "$dir/out"
check "--json says that it is clean" [ "$(jq -c .clean "$dir/out")" = true ]
check "--json has level, code, text and fix" \
    [ "$(jq -c '[.findings[] | keys] | unique' "$dir/out")" = '[["code","fix","level","text"]]' ]
check "the endpoint was asked twice: without a key, and for one token" asked 2
run doctor now
refused "an argument" 64

cache=$dir/nowhere/cache
mkdir "$dir/nowhere"
give "$user" "$dir/nowhere"
examine
check "a cache that is not there yet is clean" is_clean
check "and is not made" [ -z "$(ls "$dir/nowhere")" ]

sound
printf '%s\n' '[profile other]' "key_file = $key_file" "token_url = $url/api/user/token" \
    "ca_file = $dir/ca.pem" 'scopes = telemetry_apis' >>"$dir/conf"
count_from_here
examine
check "two profiles are clean" is_clean
check "two profiles: one endpoint is asked once without a key, and for two tokens" asked 3
host '[host git.example.com]' 'scopes = user_management telemetry_apis' '[host *.example.com]' \
    'lifetime = 10m' '[host *.example.org]' 'scopes = telemetry_apis user_management'
count_from_here
examine
check "hosts with scopes of their own are clean" is_clean
check "each profile, set of scopes and lifetime is tried once" asked 4
sound
fault no-date
examine
check "an endpoint without a clock is clean" is_clean
check "an endpoint without a clock: nothing is said about ours" [ "$(grep -c clock "$dir/out")" = 0 ]
sound
setting proxy http://127.0.0.1:9
setting token_url https://127.0.0.1:9/token
extra="THRIVESTACK_TOKEN_FILE=$dir/session"
"$issuer" sign "$dir/whole.json" --aud user_management >"$dir/session"
give "$user" "$dir/session"
chmod 600 "$dir/session"
rm "$key_file"
examine
check "a session's token, off line, is clean" is_clean
check "a session's token is named" found session-token
sound
git_says "[credential]\n\thelper = store\n$ours\n"
examine
check "credential-store before the empty value is harmless" is_clean
git_says '[credential "https://git.example.com"]\n\thelper = thrivestack\n'
examine
check "the helper by its name is clean" is_clean
host '[host git.example.com/team]'
git_says '[credential "https://git.example.com"]\n\thelper = thrivestack\n\tuseHttpPath = true\n'
examine
check "a path that git sends is clean" is_clean
sound
host '[host registry.example.com]'
docker_says '{"credHelpers": {"registry.example.com": "thrivestack"}}'
examine
check "docker is clean" is_clean
sound
host '[host build.example.com]' 'askpass = yes'
extra="SSH_ASKPASS=$bin/thrivestack-askpass SSH_ASKPASS_REQUIRE=force"
examine
check "askpass with its variables is clean" is_clean

# --- configuration and key

broken 'an unknown section' config-invalid 78 'echo "[colour red]" >>"$dir/conf"'
check "with file and line" out_has "$dir/conf:8"
run doctor --json
check "--json says that it is not clean" [ "$(jq -c .clean "$dir/out")" = false ]
check "--json has the code" \
    [ "$(jq -r '.findings[] | select(.level == "fail") | .code' "$dir/out")" = config-invalid ]
broken 'a configuration that others can write' config-invalid 78 'chmod 666 "$dir/conf"' \
    'chmod go-w "$dir/conf"'
broken 'a comment behind a value' config-invalid 78 'setting lifetime "1h # an hour"'
broken 'a variable that is no duration' config-invalid 78 'extra=THRIVESTACK_LIFETIME=soon'
broken 'no scopes' scopes-missing 78 'sed -i /^scopes/d "$dir/conf"' 'setting scopes user_management'
broken 'a profile that only --profile uses' profile-unused 78 \
    'host; sed -i "s/profile default/profile work/" "$dir/conf"' \
    'extra=THRIVESTACK_PROFILE=work'
broken 'plain http in token_url' profile-invalid 78 'setting token_url http://127.0.0.1/token'
broken 'no key' key-missing 66 'rm "$key_file"'
check "the fix is named" out_has 'key import'
broken 'a key that others can read' key-unsafe 78 'chmod 644 "$key_file"' \
    'suggested "chmod [^ ]+ [^ ]+key.json"'
broken 'a folder in which others can replace the key' key-folder 78 'chmod 777 "$dir"' \
    'command=$(grep -o "chmod go-w [^ ]*" "$dir/out") && $command'
broken 'a key that is none' key-unusable 66 'with_key ".private_key = \"none\""'
broken 'an empty key file' key-unusable 66 ': >"$key_file"'
broken 'the PEM of another key' token-refused 77 '
    openssl genrsa 2048 2>/dev/null >"$key_file"; setting key_id "$key_id"'
broken 'a PEM without key_id' key-unusable 66 'jq -r .private_key "$dir/whole.json" >"$key_file"'
broken 'an expired key' key-expired 66 'with_key ".expiry = \"2020-01-31\""'
broken 'a key at its end' key-expires-soon 66 \
    'with_key ".expiry = \"$(date -u -d "+5 days" +%F)\""'
broken 'a key to be rotated' key-rotation-due 66 'with_key ".created_at = \"2020-01-31\""'
broken 'a key_command that fails' key-unusable 66 '
    setting key_command false; setting key_id "$key_id"; sed -i /^key_file/d "$dir/conf"'
broken 'no configuration' 'config-missing key-missing scopes-missing' 78 'options='

# --- a session's token
session() {
    rm "$key_file"
    cat >"$dir/session"
    give "$user" "$dir/session"
    chmod "${1-600}" "$dir/session"
}
signed() { "$issuer" sign "$dir/whole.json" "$@"; }
off_line="extra=THRIVESTACK_TOKEN_FILE=$dir/session"
broken 'an expired session token' session-invalid 66 \
    "$off_line; signed --aud user_management --iat \$((\$(date +%s) - 90)) --exp \$((\$(date +%s) - 30)) | session"
broken 'a session token without the scope' session-invalid 66 "$off_line; signed --aud other | session"
broken 'a session token that is junk' session-invalid 66 "$off_line; echo junk | session"
broken 'an empty session token' session-invalid 66 "$off_line; session </dev/null"
broken 'a session token that others can read' session-invalid 66 \
    "$off_line; signed --aud user_management | session 644"

# --- the endpoint
broken 'a name that does not resolve' endpoint-unresolved 69 \
    'setting token_url https://no-such-host.invalid/token'
broken 'nobody listens' endpoint-unreachable 69 'setting token_url https://127.0.0.1:9/token'
broken 'a proxy that does not resolve' endpoint-proxy 69 \
    'setting proxy http://alice:s3cret@no-such-proxy.invalid:3128'
check "the proxy is named" out_has no-such-proxy.invalid
check "its login is not" lacks s3cret
broken 'a dead proxy' endpoint-proxy 69 'setting proxy http://127.0.0.1:9'
check "the proxy is named" out_has 127.0.0.1:9
broken 'a dead proxy of a variable' endpoint-proxy 69 'extra=https_proxy=http://alice:s3cret@127.0.0.1:9'
check "the variable is named" out_has https_proxy
check "its login is not" lacks s3cret
broken 'a proxy that refuses' endpoint-proxy 69 'setting proxy "$plain"'
broken 'a proxy with a certificate of its own' endpoint-proxy 69 \
    'setting proxy "$url"; sed -i /^ca_file/d "$dir/conf"'
broken 'a certificate that is not trusted' endpoint-tls 69 'sed -i /^ca_file/d "$dir/conf"'
broken 'a certificate that is not the pinned one' endpoint-tls 69 \
    'setting pinned_public_key sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
broken 'an expired certificate' endpoint-certificate-date 69 'setting token_url "$expired/token"'
check "the clock is named" out_has "this machine's clock says $(date -u +%Y-)"
broken 'a certificate that is not yet valid' endpoint-certificate-date 69 \
    'setting token_url "$future/token"; setting ca_file "$dir/future.pem"'
check "the clock is named" out_has "this machine's clock says $(date -u +%Y-)"
broken 'a CA file that is missing' endpoint-ca 78 'setting ca_file "$dir/nowhere.pem"'
broken 'a CA file that others can write' endpoint-ca 78 \
    'install -m 666 "$dir/ca.pem" "$dir/open.pem"; setting ca_file "$dir/open.pem"' \
    'chmod 644 "$dir/open.pem"'
broken 'nothing answers' endpoint-timeout 69 'fault hang'
broken 'another page' endpoint-answer 76 'fault e404'
broken 'a redirect' endpoint-answer 76 'fault redirect-302'
broken 'a captive portal' token-invalid 76 'fault html'
broken 'an endpoint that fails' token-unavailable 69 'fault e503'
broken 'the same without a key' 'endpoint-failing key-missing' 66 'fault e503; rm "$key_file"'
broken 'a clock that is behind' clock-skew 78 'fault date-ahead-2h'
check "with how much" grep -qE 'clock is (719[0-9]|720[0-9]) seconds' "$dir/out"
broken 'a clock that is ahead' clock-skew 78 'fault date-behind-2h'
broken 'a pin that is none' config-invalid 78 'setting pinned_public_key md5//AAAA'
broken 'a URL without a host' config-invalid 78 'setting token_url https://'
broken 'a proxy of a kind that is unknown' config-invalid 78 'setting proxy foo://127.0.0.1:1'
broken 'a key that is refused' token-refused 77 'fault e403'
broken 'a token of other scopes' token-invalid 76 'fault wrong-aud'
"$issuer" key new "$dir/issuer" --scopes user_management --out "$dir/limited.json" >/dev/null
broken 'scopes of a host that are refused' token-refused 77 '
    install -m 600 "$dir/limited.json" "$key_file"; give $user "$key_file"
    host "[host git.example.com]" "scopes = telemetry_apis"' 'host "[host git.example.com]"'
broken 'scopes of a host that are refused, by name' token-refused 77 '
    install -m 600 "$dir/limited.json" "$key_file"; give $user "$key_file"
    host "[host git.example.com]" "scopes = telemetry_apis"'
check "the host is named" out_has 'host git.example.com'
broken 'max_age below the age of new tokens' token-age 78 'fault iat-old; setting max_age 10m' \
    'setting max_age 1h'

# --- the cache
broken 'a cache that others can read' cache-unsafe 78 'chmod 755 "$cache"' \
    'check "it suggests chmod 700" out_has "chmod 700" && chmod 700 "$cache"'
broken 'a cache that is a link' cache-link 78 'cache=$dir/link; ln -sfn "$dir/cache" "$cache"' \
    'cache=$dir/cache'
broken 'a cache that cannot be made' cache-unwritable 78 'cache=/proc/thrivestack' 'cache=$dir/cache'
broken 'a cache without write permission' cache-unwritable 78 'chmod 500 "$cache"' \
    'chmod 700 "$cache"'
if is_root; then
    broken 'no place for a cache' cache-none 78 '
        host "[host *.example.com]"; user=65533 homeless=yes; chown $user "$key_file"' \
        'extra="THRIVESTACK_CACHE_DIR=$dir/none"; mkdir "$dir/none"; chown $user "$dir/none"
        chmod 700 "$dir/none"'
else
    skip 'no place for a cache' 'only root can become a user without a home'
    codes="$codes cache-none"
fi

# --- git
broken 'a host that no client asks for' host-not-wired 78 'rm "$home/.gitconfig"' \
    'run_setup git git.example.com'
wire() {
    rm "$home/.gitconfig"
    as_owner thrivestack-credential --config "$dir/conf" setup --yes git git.example.com >"$dir/fixed"
}
broken 'credential-store, set after ours' git-stores 78 \
    'wire; as_owner git config --global credential.helper store' 'run_setup git git.example.com'
broken 'credential-store by its path' git-stores 78 \
    'git_says "$ours\n[credential]\n\thelper = /usr/lib/git-core/git-credential-store --file x\n"'
broken 'credential-store before ours' git-stores 78 '
    git_says "[credential \"https://git.example.com\"]\n\thelper = store\n\thelper = thrivestack\n"' \
    'run_setup git git.example.com'
broken 'another helper, set after ours' git-other 78 \
    'wire; as_owner git config --global credential.https://*.example.com.helper libsecret' \
    'run_setup git git.example.com'
broken "git's program is missing" git-program 78 \
    'git_says "[credential \"https://git.example.com\"]\n\thelper = $dir/git-credential-thrivestack\n"' \
    'git_says "$ours\n"'
broken "git's file is broken" 'git-invalid host-not-wired' 78 'git_says "[credential \"broken"'
broken 'a path that git does not send' git-path 78 'host "[host git.example.com/team]"' \
    'suggested "git config --global credential.useHttpPath true"'
broken 'a later empty helper' git-reset 78 'git_says "$ours\n[credential]\n\thelper =\n"' \
    'git_says "$ours\n"'
broken "another username in git's configuration" git-username 78 '
    host "[host git.example.com]" "username = alice"
    git_says "$ours\n\tusername = bob\n"' 'git_says "$ours\n\tusername = alice\n"'
broken 'a helper with a profile that does not exist' git-profile 78 \
    'git_says "[credential \"https://git.example.com\"]\n\thelper = thrivestack --profile work\n"'
broken 'a helper with a profile that is refused' token-refused 77 '
    git_says "[credential \"https://git.example.com\"]\n\thelper = thrivestack --profile work\n"
    printf "%s\n" "[profile work]" "key_file = $key_file" "ca_file = $dir/ca.pem" \
        "token_url = $url/fault/e403/token" "scopes = user_management" >>"$dir/conf"'
broken 'a helper with another configuration' git-config-file 78 \
    'git_says "[credential \"https://git.example.com\"]\n\thelper = thrivestack --config /nope\n"'

# --- docker
registry() {
    host '[host registry.example.com]'
    docker_says "$1"
}
broken 'a password beside the helper' docker-password 78 \
    'registry "{\"credHelpers\": {\"registry.example.com\": \"thrivestack\"}, \"auths\": {\"https://registry.example.com\": {\"auth\": \"c2VjcmV0LXdvcmQ=\"}}}"'
check "which is not shown" lacks c2VjcmV0
broken 'another program of that name' docker-program 78 '
    registry "{\"credHelpers\": {\"registry.example.com\": \"thrivestack\"}}"; mkdir -p "$dir/fake"; path=$dir/fake:$path
    install -m 755 /bin/true "$dir/fake/docker-credential-thrivestack"' 'path=$bin:/usr/bin:/bin'
for name in https://registry.example.com registry.example.com/ Registry.example.com; do
    broken "docker's list has a name that clients never look up: $name" host-not-wired 78 \
        'registry "{\"credHelpers\": {\"$name\": \"thrivestack\"}}"' 'run_setup docker registry.example.com'
done
broken "docker's file is broken" 'docker-invalid host-not-wired' 78 'registry "{\"credHelpers\": "'
broken "docker's list has another helper" host-not-wired 78 \
    'registry "{\"credHelpers\": {\"registry.example.com\": \"other\"}}"' \
    'run_setup docker registry.example.com'

# --- ssh
broken 'askpass without its variables' askpass-unset 78 \
    'host "[host build.example.com]" "askpass = yes"' \
    'extra="SSH_ASKPASS=$bin/thrivestack-askpass SSH_ASKPASS_REQUIRE=force"'
broken 'askpass for a host with a port' askpass-port 78 '
    host "[host build.example.com:2222]" "askpass = yes"
    extra="SSH_ASKPASS=$bin/thrivestack-askpass SSH_ASKPASS_REQUIRE=force"' \
    'host "[host build.example.com]" "askpass = yes"'
broken "an askpass program that is not ours" askpass-unset 78 '
    host "[host build.example.com]" "askpass = yes"
    extra="SSH_ASKPASS=/bin/true SSH_ASKPASS_REQUIRE=force"'

# --- what takes a namespace of mounts
if can_mount; then
    broken 'a cache on a full disk' cache-full 78 '
        mounts="mount -t tmpfs -o size=4k,mode=700,uid=$user,gid=$user t $cache &&
            { head -c 4096 /dev/zero >$cache/junk; true; }"' 'mounts='
    broken 'no worker' worker-missing 78 'mounts="mount --bind /dev/null $worker"' 'mounts='
    broken 'a worker that fails' 'check-failed key-unusable' 66 \
        'mounts="mount --bind /bin/false $worker"' 'mounts='
    printf 'Path askpass %s\n' "$bin/thrivestack-askpass" >"$dir/sudo.conf"
    broken 'sudo.conf with the program for ssh' sudo-askpass 78 \
        'mounts="touch /etc/sudo.conf && mount --bind $dir/sudo.conf /etc/sudo.conf"' 'mounts='
else
    skip 'a full disk, a missing worker, sudo.conf' 'nothing can be mounted here'
    codes="$codes cache-full worker-missing check-failed sudo-askpass"
fi
# A network file system takes a server of its own.
codes="$codes cache-remote"
check "each code of a client has a row" covered config sudo-askpass

# --- `setup git`, as doctor suggests it, again and again, and undone
sound
rm "$home/.gitconfig"
advised() {
    as_owner thrivestack-credential setup --yes "$@" git git.example.com >"$dir/setup" 2>&1
}
check "setup git" advised
as_owner git config --global credential.helper store
examine
check "credential-store, set after setup git" only git-stores
check "setup git again" advised
examine
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
examine
check "is behind it, too" is_clean
check "setup --remove" advised --remove
rm -f "$home/.gitconfig.thrivestack-backup"
git_says "# mine\n$ours\n[credential]\n\thelper = store\n"
cp "$home/.gitconfig" "$dir/gitconfig"
check "setup git, behind another helper, beside one set by hand" advised
examine
check "counts" is_clean
check "setup --remove then" advised --remove
check "leaves what was set by hand" cmp -s "$home/.gitconfig" "$dir/gitconfig"
git_says "[credential]\n\thelper = thrivestack\n\thelper =\n"
examine
check "an empty value behind ours" only git-reset
check "setup git, behind an empty value" advised
examine
check "counts, too" is_clean
echo "$rows broken set-ups"
finish
