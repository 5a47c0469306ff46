#!/bin/sh
# packaging/recipes/cockpit.md with the real Cockpit. usage: test-cockpit.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh disable=SC2034 # servers.sh uses them.
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"
recipes=cockpit
service=cockpit
# shellcheck source=tests/e2e/servers.sh
. "$SOURCE/servers.sh"
programs=/usr/lib/cockpit
need_server "$programs/cockpit-ws"
[ -u "$programs/cockpit-session" ] || skip_rest "$service" 'here systemd starts the sessions of Cockpit'

# cockpit-ws runs as root here, so it can start cockpit-session by itself.
set_up_cockpit() {
    "$programs/cockpit-ws" --no-tls --address 127.0.0.1 --port 9090 >"$W/cockpit.log" 2>&1 &
    await 10 port_is_open 9090 || die 'Cockpit does not start'
}

# login USER PASSWORD: prints the status.
login() {
    curl_as user "$1" "$2" -D "$W/header" -w '%{http_code}' http://127.0.0.1:9090/cockpit/login
}

ask() {
    case $(login "$@") in
    200) grep -q csrf-token "$W/page" ;;
    400 | 401 | 403) return 1 ;;
    *) return 126 ;;
    esac
}

enable() {
    ask bob bob-password || fail 'before, by password'
    run_block on_host cockpit
}

# With a key, Cockpit answers 401 and asks for the password once more.
passwords() {
    ask bob bob-password || fail 'who has no key, by password'
    refused 'by another password' ask bob alice-password
    ! ask alice alice-password || fail 'the first prompt is not for a token'
    grep -qi '^WWW-Authenticate: X-Conversation' "$W/header" || fail 'who has a key is not asked again'
    keeps_passwords
}

who_may_not() {
    echo alice >>/etc/cockpit/disallowed-users
    ! ask alice "$(sign alices)" || fail 'a user who may not log in, by token'
    sed -i '/^alice$/d' /etc/cockpit/disallowed-users
    ask alice "$(sign alices)" || fail 'taken off the list'
}

lengths() {
    passes 6000
    passes 8000
}

no_token_is_kept() {
    no_secret_in "$W/syslog" "$W/cockpit.log"
}

set_up_host
set_up_cockpit
try_server enable tokens passwords who_may_not lengths no_token_is_kept
