#!/bin/sh
# `init`: a user's first steps in one command, and its undoing, to the byte.
# usage: test-init.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/setup.sh
. "$(dirname "$0")/setup.sh"

cc -D_GNU_SOURCE -o "$dir/with-terminal" "$(dirname "$0")/with-terminal.c" -lutil || exit 1
download=$dir/key.json
extra=THRIVESTACK_CACHE_DIR=$home/.cache/thrivestack

# endpoint [PATH-PREFIX]: a new home, in which only the endpoint is configured, as an administrator may do
# it; under that path of the issuer, which is a fault's.
endpoint() {
    fresh_home
    mkdir -m 700 "$home/.cache" "$home/.config"
    mkdir -p "$hosts"
    cat >"$hosts/endpoint.conf" <<END
[profile default]
token_url = $url${1-}/api/user/token
ca_file = $dir/issuer/ca.pem
timeout = 2s
END
    remember
}
init() { clean setsid -w thrivestack-credential init "$@"; }
# unchanged NAME CODE TEXT: one line on standard error behind what was planned, and nothing made.
unchanged() {
    check "$1: exit code $2" [ "$status" = "$2" ]
    check "$1: says why" err_has "$3"
    check "$1: says that nothing was changed" grep -q '^thrivestack-credential: nothing was changed: ' "$dir/err"
    check "$1: says how to go on" grep -q "then run 'thrivestack-credential init' again\$" "$dir/err"
    check "$1: nothing was changed" restored
}

# --- every answer is an option
endpoint
run init --yes --scope user_management --key "$download" --git 'git.example.com git2.example.com' \
    --docker registry.example.com --ssh 'git.example.com build.example.com'
check "with options: succeeds" [ "$status" = 0 ]
check "with options: it says so" err_has 'Done.'
check "with options: each change was shown before" grep -q "$conf: write" "$dir/err"
check "with options: the key, too" grep -q "key.json: write the API key from $download" "$dir/err"
check "with options: the scopes are configured" grep -qx 'scopes = user_management' "$conf"
check "with options: the key is there" cmp -s "$conf_dir/key.json" "$download"
check "with options: for its owner alone" mode_is "$conf_dir/key.json" 600
check "with options: git runs the helper" values_are "$git_key" "\n$bin/git-credential-thrivestack"
check "with options: for the second host, too" \
    values_are credential.https://git2.example.com.helper "\n$bin/git-credential-thrivestack"
check "with options: so does docker" [ "$(jq -r '.credHelpers["registry.example.com"]' "$docker")" = thrivestack ]
check "with options: a host of two clients" grep -q 'for: git ssh$' "$host_conf"
check "with options: ssh may be answered" grep -qx 'askpass = yes' "$hosts/build.example.com.conf"
check "with options: doctor has looked" out_has 'ok    token'
check "with options: and the lines for ssh are printed" out_has "export SSH_ASKPASS=$bin/thrivestack-askpass"
check "with options: they are printed once" [ "$(grep -c '^export SSH_ASKPASS=' "$dir/out")" = 1 ]
run clean thrivestack-credential token
check "with options: a token follows" prints_token
printf 'protocol=https\nhost=git.example.com\n\n' >"$dir/question"
clean git credential fill <"$dir/question" >"$dir/out" 2>"$dir/err"
check "with options: git gets one" grep -q '^password=eyJ' "$dir/out"

cp -a "$home" "$dir/once"
run init --yes --git 'git.example.com'
check "again: succeeds" [ "$status" = 0 ]
check "again: nothing needs to change" out_has 'nothing needs to change'
check "again: nothing does" diff -r "$dir/once" "$home"
run init --yes --git git3.example.com
check "one more host: the answers of the first time hold" [ "$status" = 0 ]
check "one more host: it is set up" [ -e "$hosts/git3.example.com.conf" ]
check "one more host: the key stays" cmp -s "$conf_dir/key.json" "$download"

# --- and undone
cp -a "$home" "$dir/twice"
run init --remove --dry-run
check "--remove --dry-run: succeeds" [ "$status" = 0 ]
check "--remove --dry-run: shows that the key goes" err_has 'key.json: remove this file, which is your API key'
check "--remove --dry-run: changes nothing" diff -r "$dir/twice" "$home"
run init --remove
check "--remove asks: refused without a terminal" [ "$status" = 64 ]
check "--remove asks: how to go on" grep -q "then run 'thrivestack-credential init --remove' again" "$dir/err"
check "--remove asks: changes nothing" diff -r "$dir/twice" "$home"
run init --remove --yes
check "--remove: succeeds" [ "$status" = 0 ]
check "--remove: all is as it was, key, tokens and folders too" restored
run init --remove --yes
check "--remove twice: succeeds" [ "$status" = 0 ]
check "--remove twice: nothing needs to change" out_has 'nothing needs to change'

# --- what setup did is undone, too; what others wrote stays
endpoint
printf '[user]\n\tname = Alice\n' >"$gitconfig"
mkdir "$home/.docker"
printf '{"auths":{}}\n' >"$docker"
remember
run init --yes --scope user_management --key "$download" --git git.example.com
run setup --yes docker registry.example.com
run init --remove --yes
check "after setup: --remove restores everything" restored
run init --yes --scope user_management --key "$download"
echo '# mine' >>"$conf"
run init --remove --yes
check "an edited credential.conf: stays" grep -qx '# mine' "$conf"
check "an edited credential.conf: so does its key" [ -e "$conf_dir/key.json" ]
check "an edited credential.conf: that is said" out_has "$conf stays"
rm "$conf"
run init --yes --scope user_management --key "$download"
"$issuer" key new "$dir/issuer" --name other --out "$dir/other.json" >/dev/null
clean thrivestack-credential key import "$dir/other.json" >/dev/null
cp "$conf_dir/key.json" "$dir/replaced"
run init --remove --yes
check "a key that was replaced: credential.conf goes" [ ! -e "$conf" ]
check "a key that was replaced: stays" cmp -s "$conf_dir/key.json" "$dir/replaced"
check "a key that was replaced: and that is said" out_has 'key.json, an API key, stays: it is not the one that init imported'
run init --yes --scope user_management --key "$download"
run init --yes --key "$dir/other.json"
run init --remove --yes
check "a second import: its key goes" [ ! -e "$conf_dir/key.json" ]
clean env THRIVESTACK_SCOPES=user_management thrivestack-credential key import "$dir/other.json" >/dev/null
run init --yes --scope user_management
check "a key that was there: kept" grep -q "init'; 'init" "$conf"
run init --remove --yes
check "a key that was there: --remove leaves it" [ -e "$conf_dir/key.json" ]
check "a key that was there: and says so" out_has 'key.json, an API key, stays'

# --- a configuration that somebody wrote
endpoint
printf '[profile default]\nscopes = user_management\n' >"$conf"
remember
run init --yes --scope telemetry_apis --key "$download"
unchanged "somebody's credential.conf without that scope" 78 'was not written by init'
run init --yes --key "$download" --git git.example.com
check "somebody's credential.conf with scopes: succeeds" [ "$status" = 0 ]
check "somebody's credential.conf with scopes: stays" cmp -s "$conf" "$dir/before/.config/thrivestack/credential.conf"
check "somebody's credential.conf with scopes: the key is imported" [ -e "$conf_dir/key.json" ]

# --- wrong answers
endpoint
run init --yes
unchanged "no scopes" 64 'a scope is needed'
run init --yes --scope user_management
unchanged "no key" 64 'the key file is needed'
run init --yes --scope user_management --key "$dir/nowhere.json"
unchanged "a key file that is not there" 64 'nowhere.json cannot be read'
run init --yes --scope user_management --key "$dir"
unchanged "a folder" 64 'is not a file'
echo 'not a key' >"$dir/wrong.json"
run init --yes --scope user_management --key "$dir/wrong.json" --git git.example.com
unchanged "a wrong key file" 66 'wrong.json'
run init --yes --scope user_management --key "$download" --git git..example.com
unchanged "a wrong host" 64 "'git..example.com' is not a host"
run init --yes --scope user_management --key "$download" --ssh git.example.com:22
unchanged "a port for ssh" 64 'without port'
run init --scope user_management --key "$download" --git '*.example.com'
unchanged "a wildcard" 64 'one host'
run init
unchanged "no terminal" 64 'no terminal to ask on; give --scope, --key and --yes'
endpoint /fault/e403
run init --yes --scope user_management --key "$download" --git git.example.com
unchanged "a key that ThriveStack refuses" 77 'HTTP 403'
endpoint
for words in '--config /dev/null' '--profile work' 'git'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run init $words
    check "init $words: a usage error" [ "$status" = 64 ]
done
extra="$extra THRIVESTACK_KEY_FILE=$download"
run init --yes --scope user_management
unchanged "a key in the environment" 64 'unset THRIVESTACK_KEY_FILE'
extra=${extra% *}
endpoint /fault/e500
run init --yes --scope user_management --key "$download" --git git.example.com
unchanged "an endpoint that fails" 69 'HTTP 500'
endpoint
sed -i 's|^token_url.*|token_url = https://127.0.0.1:9/api/user/token|' "$hosts/endpoint.conf"
remember
run init --yes --scope user_management --key "$download" --git git.example.com --ssh build.example.com
unchanged "an endpoint that cannot be reached" 69 'profile default'
endpoint
mkdir "$gitconfig.lock"
remember
run init --yes --scope user_management --key "$download" --git git.example.com --docker registry.example.com
unchanged "a file that cannot be written: all of it is undone" 78 'gitconfig.lock exists'

# --- questions
# asked [WAIT TYPED]...: those, on a terminal.
asked() {
    status=0
    clean timeout 60 "$dir/with-terminal" "$@" -- thrivestack-credential init >"$dir/out" 2>&1 || status=$?
    tr -d '\r' <"$dir/out" >"$dir/err"
}
endpoint
asked 'user_management: ' user_management 'downloaded: ' "$download" 'git.example.com (Return: none): ' \
    git.example.com 'podman should use tokens for (Return: none): ' '' 'by token (Return: none): ' \
    build.example.com 'Make this change? [y/N] ' y
check "answered: succeeds" [ "$status" = 0 ]
check "answered: git is set up" values_are "$git_key" "\n$bin/git-credential-thrivestack"
check "answered: docker is not" [ ! -e "$docker" ]
check "answered: ssh is" [ -e "$hosts/build.example.com.conf" ]
asked 'user_management): ' '' "keep $conf_dir/key.json): " '' 'none): ' '' 'none): ' '' 'none): ' ''
check "answered by Return: nothing needs to change" err_has 'nothing needs to change'
endpoint
asked 'user_management: ' 'a"b' "not a scope: 'a\"b'" user_management 'downloaded: ' /nowhere \
    '/nowhere cannot be read' "$download" 'none): ' 'a..b' 'is not a host' git.example.com \
    'none): ' '' 'none): ' '' '[y/N] ' n
check "wrong answers: asked again" [ "$status" = 0 ]
check "no: nothing is changed" restored
check "no: that is said" err_has 'Nothing was changed.'
asked 'user_management: ' '' 'scope is needed' '' 'scope is needed' ''
unchanged "no answer, three times" 64 'a scope is needed'

set --
for question in 'user_management: ' 'downloaded: ' 'git.example.com (Return: none): ' \
    'podman should use tokens for (Return: none): ' 'by token (Return: none): ' 'Make this change? [y/N] '; do
    asked "$@" "$question" ^C
    unchanged "^C at '$question'" 130 interrupted
    asked "$@" "$question" ^D
    unchanged "end of input at '$question'" 64 'no answer from the terminal'
    case $question in
    user*) answer=user_management ;;
    down*) answer=$download ;;
    *) answer= ;;
    esac
    set -- "$@" "$question" "$answer"
done
finish
