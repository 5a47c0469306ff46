#!/bin/sh
# packaging/recipes/squid.md with the real squid. usage: test-squid.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh disable=SC2034 # servers.sh uses them.
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"
recipes=squid
service=squid
# shellcheck source=tests/e2e/servers.sh
. "$SOURCE/servers.sh"
need_server /usr/sbin/squid

# Debian's squid, which lets the machine itself in; here only a network that nobody is in.
set_up_squid() {
    install -d -o proxy -g proxy /var/log/squid && mount -t tmpfs -o uid=proxy,gid=proxy none /var/spool/squid ||
        die 'no folders for squid'
    sed -i 's/^http_access allow localhost$/http_access deny all/' /etc/squid/squid.conf
    echo 'shutdown_lifetime 0 seconds' >/etc/squid/conf.d/test.conf
    # What a restart comes to.
    systemctl_does "squid -f /etc/squid/squid.conf >>$W/squid.log 2>&1"
}

# ask USER PASSWORD: nothing listens behind the proxy, so whoever is let in gets 503.
ask() {
    case $(curl_as proxy-user "$1" "$2" -w '%{http_code}' -x http://127.0.0.1:3128 http://127.0.0.1:80/) in
    503) ;;
    403 | 407) return 1 ;;
    *) return 126 ;;
    esac
}

enable() {
    run_block on_host squid
    await 10 port_is_open 3128 || fail 'squid does not start'
}

passwords() {
    refused 'a user of the system, by password' ask bob bob-password
    refused 'a user with a key, by password' ask alice alice-password
    expect 407 'nobody at all' curl -s -o "$W/page" -w '%{http_code}' -x http://127.0.0.1:3128 http://127.0.0.1:80/
}

lengths() {
    passes 6000
    passes 8000
}

no_token_is_kept() {
    no_secret_in "$W/syslog" /var/log/squid/access.log /var/log/squid/cache.log
}

set_up_host
set_up_squid
try_server enable tokens passwords lengths no_token_is_kept
