#!/bin/sh
# packaging/recipes/apache.md with the real Apache. usage: test-apache.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh disable=SC2034 # servers.sh uses them.
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"
recipes=apache
service=apache2
# shellcheck source=tests/e2e/servers.sh
. "$SOURCE/servers.sh"
need_server /usr/sbin/apache2
[ -e /usr/lib/apache2/modules/mod_authnz_pam.so ] || skip_rest "$service" 'libapache2-mod-authnz-pam is not installed'

# A site of Debian's Apache with TLS, and a page that shows what it was sent.
set_up_apache() {
    mount -t tmpfs none /var/lib/apache2 && mkdir -p /var/log/apache2 "$W/site/private" || die 'no folders for Apache'
    a2dissite -q '*' >"$W/apache.log" 2>&1
    cat >/etc/apache2/sites-enabled/test.conf <<END
<VirtualHost *:443>
    SSLEngine on
    SSLCertificateFile $W/issuer/server.pem
    SSLCertificateKeyFile $W/issuer/server.key
    DocumentRoot $W/site
    CustomLog $W/access.log "%m %>s %u \"%{Authorization}i\""
    <Directory $W/site>
        Require all granted
    </Directory>
</VirtualHost>
END
    echo secret >"$W/site/private/page"
    chmod 755 "$W/site" "$W/site/private"
    systemctl_does "apachectl start >>$W/apache.log 2>&1"
}

# status USER PASSWORD
status() {
    curl_as user "$1" "$2" -w '%{http_code}' --cacert "$W/ca.pem" https://localhost/private/page
}

ask() {
    case $(status "$@") in
    200) [ "$(cat "$W/page")" = secret ] ;;
    400 | 401) return 1 ;;
    *) return 126 ;;
    esac
}

enable() {
    run_block on_host apache
    await 10 port_is_open 443 || fail 'Apache does not start'
}

passwords() {
    printf 'bob:%s\n' "$(openssl passwd -apr1 in-the-file)" >/etc/apache2/passwords
    ask bob in-the-file || fail 'a user of the file, by password'
    refused 'a user of the file, by another password' ask bob bob-password
    refused 'a user with a key, by the password of the system' ask alice alice-password
    [ "$(status '' '')" = 401 ] || fail 'nobody at all'
}

lengths() {
    passes 6000
    keeps_back 8300
    expect 400 'the status' status alice "$(head -c 8300 /dev/zero | tr '\0' x)"
}

no_token_is_kept() {
    ask alice "$(sign alices)" || fail 'the right token'
    tail -n 1 "$W/access.log" | grep -qF 'GET 200 alice "-"' || fail "$(tail -n 1 "$W/access.log" | hide_tokens)"
    no_secret_in "$W/syslog" /var/log/apache2/error.log
}

set_up_host
set_up_apache
try_server enable tokens passwords lengths no_token_is_kept
