#!/bin/sh
# packaging/recipes/dovecot.md with the real Dovecot. usage: test-dovecot.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh disable=SC2034 # servers.sh uses them.
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"
recipes=dovecot
service=dovecot
# shellcheck source=tests/e2e/servers.sh
. "$SOURCE/servers.sh"
need_server /usr/sbin/dovecot
[ -e /usr/lib/dovecot/imap ] || skip_rest "$service" 'dovecot-imapd is not installed'

# Debian's Dovecot, but without delays after failures.
set_up_dovecot() {
    mount -t tmpfs -o mode=755 none /var/lib/dovecot && cp "$W/issuer/server.pem" /etc/dovecot/private/dovecot.pem &&
        cp "$W/issuer/server.key" /etc/dovecot/private/dovecot.key || die 'no folder for Dovecot'
    printf '%s\n' 'auth_failure_delay = 0' 'service anvil {' 'unix_listener anvil-auth-penalty {' 'mode = 0' '}' '}' \
        "log_path = $W/dovecot.log" >/etc/dovecot/conf.d/99-test.conf
    dovecot -F >"$W/dovecot.out" 2>&1 &
    await 10 port_is_open 143 || die 'Dovecot does not start'
}

# plain USER PASSWORD, login USER PASSWORD: the two commands of IMAP; the status is curl's.
plain() {
    curl_as user "$1" "$2" --login-options AUTH=PLAIN imap://127.0.0.1/ -X NOOP
}

login() {
    printf 'a LOGIN %s "%s"\r\n' "$1" "$2" | perl -MIO::Socket::INET -e '
        alarm 20;
        my $server = IO::Socket::INET->new("127.0.0.1:143") or exit 126;
        print $server scalar(<STDIN>);
        while (<$server>) { /^a OK/ and exit 0; /^a (NO|BAD)/ and exit 67 }
        exit 67'
}

command=plain
ask() {
    status=0
    "$command" "$@" || status=$?
    case $status in
    0) ;;
    67) return 1 ;;
    *) return 126 ;;
    esac
}

enable() {
    ask bob bob-password || fail 'before, by password'
    run_block on_host dovecot
    grep -Eq 'driver = pam|passdb pam' "$W/out" || fail 'Dovecot does not ask PAM'
}

passwords() {
    ask bob bob-password || fail 'who has no key, by password'
    ask alice alice-password || fail 'who has a key, by password'
    refused 'by another password' ask bob alice-password
    refused 'by no password' ask alice ''
    keeps_passwords
}

lengths() {
    passes 6000
    command=login
    ask alice "$(sign alices)" || fail 'LOGIN with a token'
    passes 1000
    keeps_back 1200
}

no_token_is_kept() {
    no_secret_in "$W/syslog" "$W/dovecot.log"
}

set_up_host
set_up_dovecot
try_server enable tokens passwords lengths no_token_is_kept
