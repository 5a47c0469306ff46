#!/bin/sh
# `git`: the credential helper protocol, by hand and through git itself.
# usage: test-git.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

hosts() {
    cat <<END
[profile org]
key_file = $dir/key.json
token_url = $url/api/user/token
ca_file = $dir/issuer/ca.pem
scopes = org_scope
[host git.example.com]
username = alice
[host bearer.example.com]
username = alice
auth = bearer
[host anyone.example.com]
[host port.example.com:8443]
[host *.wild.example.com]
[host path.example.com/team]
scopes = team_scope
[host broken.example.com]
profile = broken
[profile broken]
key_file = $dir/no-such-key
scopes = user_management
[host localhost:8080]
END
}
hosts | conf

git_helper() {
    clean git-credential-thrivestack --config "$dir/conf" "$@"
}
# get TEXT [options]
get() {
    text=$1
    shift
    run_with "$text" git_helper "$@" get
}
value() { sed -n "s/^$1=//p" "$dir/out"; }
answers() { succeeded && is_token "$(value password)" && [ "$(value username)" = "$1" ]; }
# The keys of the answer's lines, in order.
keys() { [ "$(cut -d= -f1 "$dir/out" | tr '\n' ' ')" = "$1" ]; }

# --- get

get 'protocol=https\nhost=git.example.com\n\n'
check "get answers a host that has a section" answers alice
check "with username, password and expiry" keys "username password password_expiry_utc "
token=$(value password)
expiry=$(($(value password_expiry_utc) - $(date +%s)))
check "the expiry is by the local clock" between 3500 "$expiry" 3601
get 'protocol=https\nhost=git.example.com\n'
check "the end of the input ends it, too" answers alice
get 'protocol=https\nhost=git.example.com'
check "even without a newline" answers alice
get 'protocol=https\r\nhost=git.example.com\r\n\r\n'
check "CRLF is read" answers alice
get 'protocol=https\nhost=GIT.Example.COM\n'
check "a host's case does not matter" answers alice
get 'protocol=https\nhost=git.example.com:443\n'
check "443 is https" answers alice
get 'protocol=https\nhost=git.example.com:8443\n'
check "another port is another host" silent
get 'protocol=https\nhost=port.example.com:8443\n'
check "a section with a port" [ -n "$(value password)" ]
get 'protocol=https\nhost=port.example.com\n'
check "does not serve another" silent
get 'protocol=https\nhost=example.com\n'
check "a host without a section" silent
get 'protocol=https\nhost=xgit.example.com\n'
check "a name that only ends like one" silent
get 'protocol=https\nhost=git.example.com.evil.example\n'
check "a name that only begins like one" silent
get 'protocol=https\nhost=a.b.wild.example.com\n'
check "a wildcard serves what is below it" [ -n "$(value password)" ]
get 'protocol=https\nhost=wild.example.com\n'
check "but not its own name" silent
get 'protocol=https\nhost=xwild.example.com\n'
check "nor a name that ends like it" silent
get 'protocol=https\nhost=path.example.com\npath=team/repo.git\n'
check "a path below the section's" [ -n "$(value password)" ]
get 'protocol=https\nhost=path.example.com\npath=teamwork/repo.git\n'
check "a path that only begins like it" silent
get 'protocol=https\nhost=path.example.com\npath=team/../other\n'
check "a path with .." silent
get 'protocol=https\nhost=path.example.com\npath=team%%2f..%%2fother\n'
check "a path with %" silent
get 'protocol=https\nhost=path.example.com\n'
check "no path where the section has one" silent
get 'protocol=http\nhost=git.example.com\n'
check "plain http" silent
get 'protocol=http\nhost=localhost:8080\n'
check "plain http to a loopback address" silent
extra="THRIVESTACK_ALLOW_HTTP=1 THRIVESTACK_KEY_FILE=$dir/key.json"
get 'protocol=http\nhost=localhost:8080\n'
check "the same where it is allowed" [ -n "$(value password)" ]
get 'protocol=http\nhost=git.example.com\n'
check "which is for loopback alone" silent
extra=
for protocol in cert smtp imap ssh ftp HTTPS; do
    get "protocol=$protocol\nhost=git.example.com\n"
    check "protocol $protocol" silent
done
get 'protocol=cert\nhost=\npath=/home/alice/cert.pem\n'
check "the password of a certificate" silent

# --- usernames

get 'protocol=https\nhost=git.example.com\nusername=alice\n'
check "the section's username, asked for" answers alice
get 'protocol=https\nhost=git.example.com\nusername=bob\n'
check "another username is not overridden" silent
get 'protocol=https\nhost=git.example.com\nusername=Alice\n'
check "a username's case matters" silent
get 'protocol=https\nhost=anyone.example.com\nusername=bob\n'
check "git's own username where none is configured" answers bob
get 'protocol=https\nhost=anyone.example.com\n'
check "else the local user's" answers "$(id -un)"
# LeakSanitizer does not work in a process that is traced, and a sanitizer makes calls of its own.
run_with 'protocol=https\nhost=anyone.example.com\n' clean env ASAN_OPTIONS=detect_leaks=0 strace -f -o "$dir/strace" \
    "$bin/git-credential-thrivestack" --config "$dir/conf" get
check "which costs no name services" [ -n "$(value password)" ]
# Each account above one's own in /etc/passwd, as there are none above root's, takes two more.
above=$(awk -F : -v uid="$(id -u)" '$3 == uid { exit } { n++ } END { print n + 0 }' /etc/passwd)
nm -D "$bin/thrivestack-credential" | grep -q __asan_init ||
    check_uncounted "fewer than 90 lines of strace" [ "$(wc -l <"$dir/strace")" -lt $((90 + 2 * above)) ]
# An account without a name, whose environment would add a line to the answer.
mkdir "$dir/nameless" && cp "$dir/key.json" "$dir/conf" "$dir/issuer/ca.pem" "$dir/nameless"
sed -i "s|$dir/key.json|$dir/nameless/key.json|; s|$dir/issuer/ca.pem|$dir/nameless/ca.pem|" \
    "$dir/nameless/conf"
give 54321 "$dir/nameless"
nameless() {
    as_user 54321 env -i LOGNAME="$1" HOME="$dir/nameless" "$bin/git-credential-thrivestack" \
        --config "$dir/nameless/conf" get
}
if is_root; then
    run_with 'protocol=https\nhost=anyone.example.com\n' nameless carol
    check "LOGNAME for an account without a name" answers carol
    run_with 'protocol=https\nhost=anyone.example.com\n' nameless "carol
password=stolen"
    check "LOGNAME with a line end: no answer but quit" out_is quit=1
    check "and exit status 78" [ "$status" = 78 ]
    check "and the variable is named" err_has 'LOGNAME: a user name with'
else
    skip "LOGNAME for an account without a name" 'only root can become another user'
fi

# --- url=

get 'url=https://git.example.com/x\n'
check "url= is read" answers alice
get 'protocol=http\nhost=evil.example\nusername=bob\nurl=https://git.example.com/\n'
check "url= clears what came before it" answers alice
get 'url=https://bob@git.example.com/\n'
check "url= with another username" silent
get 'url=https://anyone.example.com%%0ahost=git.example.com/\n'
refused "url= with an encoded newline" 64
get 'url=nonsense\n'
refused "url= that is none" 64

# --- authtype

get 'capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=git.example.com\n'
check "authtype: a login, not to be stored" \
    keys "capability[] username password password_expiry_utc ephemeral "
check "authtype: the capability is said back" [ "$(value 'capability\[\]')" = authtype ]
check "authtype: ephemeral=1" [ "$(value ephemeral)" = 1 ]
get 'capability[]=authtype\nprotocol=https\nhost=bearer.example.com\n'
check "bearer: authtype and credential" \
    keys "capability[] authtype credential password_expiry_utc ephemeral "
check "bearer: named as such" [ "$(value authtype)" = Bearer ]
check "bearer: a token" is_token "$(value credential)"
get 'protocol=https\nhost=bearer.example.com\n'
check "bearer: a login to whom does not know it" keys "username password password_expiry_utc "
get 'capability[]=authtype\ncapability[]=\nprotocol=https\nhost=git.example.com\n'
check "an empty value clears the capabilities" keys "username password password_expiry_utc "
get 'capability[]=state\nprotocol=https\nhost=git.example.com\n'
check "another capability alone changes nothing" keys "username password password_expiry_utc "
run_with '' git_helper capability
check "capability" out_is "version 0
capability authtype"

# --- input that breaks the protocol

break_with() {
    get "$2"
    refused "input: $1" 64
}
break_with "no host" 'protocol=https\n'
break_with "an empty host" 'protocol=https\nhost=\n'
break_with "no protocol" 'host=git.example.com\n'
break_with "an empty protocol" 'protocol=\nhost=git.example.com\n'
break_with "nothing" ''
break_with "a line without =" 'protocol=https\nhost=git.example.com\nnonsense\n'
break_with "a CR inside" 'protocol=https\nhost=git.example.com\rx\n'
break_with "two CRs at the end" 'protocol=https\nhost=git.example.com\r\r\n'
break_with "a CR in an unknown attribute" 'protocol=https\nhost=git.example.com\nx=a\rb\n'
break_with "a NUL" 'protocol=https\nhost=git.example.com\0.evil.example\n'
break_with "two hosts" 'protocol=https\nhost=evil.example\nhost=git.example.com\n'
break_with "two protocols" 'protocol=http\nprotocol=https\nhost=git.example.com\n'
break_with "a url and another host" 'url=https://evil.example/\nhost=git.example.com\n'
get 'protocol=https\nhost=git.example.com\nhost=git.example.com\nprotocol=https\n'
check "input: the same twice" answers alice
get 'protocol=https\nhost=git.example.com\nwwwauth[]=Basic realm="x"\nwwwauth[]=\nnew=1\n=x\n'
check "input: unknown attributes" answers alice
long() { printf "%0$1d" 0; }
for length in 1024 4096 65525; do
    get "wwwauth[]=$(long "$length")\nprotocol=https\nhost=git.example.com\n"
    check "input: a header of $length bytes" answers alice
done
get "wwwauth[]=$(long 70000)\nprotocol=https\nhost=git.example.com\n"
refused "input: a line of 70,000 bytes" 64
get "wwwauth[]=$(long 65526)host=git.example.com\nprotocol=https\nhost=evil.example\n"
refused "input: a host smuggled behind a long header" 64
# Of a host that is not ours, that is left to other helpers.
get "protocol=https\nhost=git.example.com\nwwwauth[]=$(long 70000)\n"
refused "input: a long header of our host" 64
get "protocol=https\nhost=evil.example\nwwwauth[]=$(long 70000)\n"
check "input: a long header of another host" silent
run_with "protocol=https\nhost=evil.example\nwwwauth[]=$(long 70000)\n" git_helper store
check "input: the same to store" silent
get "protocol=https\nhost=evil.example\nwwwauth[]=$(long 70000)\nhost=git.example.com\n"
check "input: our host behind a long header of another" silent
get "wwwauth[]=$(long 70000)\nprotocol=https\nhost=evil.example\n"
refused "input: a long header before the host" 64
many() {
    yes 'x=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy' | head -c 1100000 |
        git_helper get
}
run many
refused "input: over a megabyte" 64
run_with 'protocol=https\n' git_helper store
refused "input: store judges it, too" 64
run_with 'host=x\n' git_helper erase
refused "input: so does erase" 64
mkfifo "$dir/pipe"
# The writer keeps the pipe open: the blank line alone must end the question.
kept_open() { timeout 10 env -i HOME="$home" THRIVESTACK_CACHE_DIR="$dir/cache" \
    "$bin/git-credential-thrivestack" --config "$dir/conf" get <"$dir/pipe"; }
{
    printf 'protocol=https\nhost=git.example.com\n\n'
    read -r _ <"$dir/pipe.done"
} >"$dir/pipe" &
writer=$!
mkfifo "$dir/pipe.done"
run kept_open
check "the blank line ends it while the pipe is open" answers alice
kill "$writer" 2>/dev/null

# --- failures

get 'protocol=https\nhost=broken.example.com\n'
check "one of our hosts and no key: the exit code" [ "$status" = 66 ]
check "one of our hosts and no key: quit=1 and nothing else" out_is 'quit=1'
check "one of our hosts and no key: the reason in one line" one_line "$dir/err"
hosts | conf /fault/e401
forget_cache
get 'protocol=https\nhost=git.example.com\n'
check "a refusal: the exit code" [ "$status" = 77 ]
check "a refusal: quit=1 and nothing else" out_is 'quit=1'
check "a refusal: status and response_id" grep -qE 'HTTP 401.*response_id|response_id.*HTTP 401' "$dir/err"
hosts | conf
echo '[colour red]' >>"$dir/conf"
get 'protocol=https\nhost=git.example.com\n'
refused "a broken configuration" 78
run_with 'protocol=https\nhost=git.example.com\n' git_helper sing
check "an unknown operation needs no configuration" silent
run_with 'protocol=https\nhost=git.example.com\nusername=alice\npassword=x\n' git_helper store
check "nor does store" silent
hosts | conf
run_with '' git_helper
refused "no operation" 64
run_with '' git_helper get get
refused "two operations" 64
to_full_disk() { printf 'protocol=https\nhost=git.example.com\n' | git_helper get >/dev/full; }
run to_full_disk
refused "a full disk at stdout" 74

# --- erase

forget_cache
get 'protocol=https\nhost=git.example.com\n'
token=$(value password)
still_cached() {
    get 'protocol=https\nhost=git.example.com\n'
    [ "$(value password)" = "$token" ]
}
erase() {
    run_with "$1" git_helper erase
    check "erase: $2" silent
}
erase 'protocol=https\nhost=git.example.com\nusername=alice\npassword=another\n' "another password"
check "drops nothing" still_cached
erase 'protocol=https\nhost=git.example.com\nusername=alice\n' "no password"
check "drops nothing" still_cached
erase "protocol=https\nhost=git.example.com\nusername=bob\npassword=$token\n" "another username"
check "drops nothing" still_cached
erase "protocol=https\nhost=other.example.com\nusername=alice\npassword=$token\n" "another host"
check "drops nothing" still_cached
run_with "protocol=https\nhost=git.example.com\nusername=alice\npassword=$token\n" git_helper store
check "store says nothing" silent
check "and keeps what is cached" still_cached
erase "protocol=https\nhost=git.example.com\nusername=alice\npassword=$token\n" "the token"
check "drops it" [ -z "$(grep -rlF "$token" "$dir/cache")" ]
get 'capability[]=authtype\nprotocol=https\nhost=bearer.example.com\n'
token=$(value credential)
erase "capability[]=authtype\nauthtype=Bearer\ncredential=$token\nprotocol=https\nhost=bearer.example.com\n" \
    "the credential"
check "drops it" [ -z "$(grep -rlF "$token" "$dir/cache")" ]

# --- options and names

get 'protocol=https\nhost=git.example.com\n' --profile org
check "options come before the operation" [ -n "$(value password)" ]
payload=$(value password | cut -d. -f2 | tr '_-' '/+')
check "and count" [ "$(printf '%s==' "$payload" | base64 -di 2>/dev/null | grep -c org_scope)" = 1 ]
run_with 'protocol=https\nhost=git.example.com\n' helper git get
check "the command by its own name" answers alice

# --- git itself

with_git() {
    clean env GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0 \
        GIT_ASKPASS=/bin/false git -C "$dir" \
        -c credential.helper= -c "credential.helper=$helper_setting" credential "$@"
}
for helper_setting in "$bin/git-credential-thrivestack --config $dir/conf" \
    "thrivestack --config $dir/conf"; do
    run_with 'protocol=https\nhost=git.example.com\n\n' with_git fill
    check "git credential fill" answers alice
    token=$(value password)
done
run_with "protocol=https\nhost=git.example.com\nusername=alice\npassword=$token\n\n" with_git approve
check "git credential approve" silent
check "keeps the token" still_cached
run_with "protocol=https\nhost=git.example.com\nusername=alice\npassword=$token\n\n" with_git reject
check "git credential reject" silent
check "drops the token" [ -z "$(grep -rlF "$token" "$dir/cache")" ]
run_with 'protocol=https\nhost=broken.example.com\n\n' with_git fill
check "git asks nobody else where the host is ours" [ "$status" != 0 ]
check "and shows why" err_has "no-such-key"
run_with 'protocol=https\nhost=elsewhere.example\nusername=x\n\n' with_git fill
check "git is left alone with other hosts" [ "$(grep -c thrivestack-credential: "$dir/err")" = 0 ]
finish
