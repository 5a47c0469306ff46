# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154 # `a && b || fail` is meant so; lib.sh sets what looks unset.
# Sourced by test-recipes.sh, after pages.sh: who runs the blocks, and the world around them.

# ---- who runs what. All are one machine, but the laptop has another home folder for alice.

# on_laptop COMMAND...: as alice there.
on_laptop() {
    unshare --mount --propagation private sh -c 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"' \
        sh "$W/laptop" "$W/home/alice" setpriv --reuid alice --regid alice --init-groups \
        env -i HOME="$W/home/alice" USER=alice LOGNAME=alice SHELL=/bin/bash LC_ALL=C TMPDIR="$W/tmp" \
        XDG_RUNTIME_DIR="$W/laptop-run" PATH=/usr/local/bin:/usr/bin:/bin timeout 60 "$@"
}

in_tree() {
    as_root "$TREE" "$@"
}

# in_ci COMMAND...: a user without a home folder, a terminal or a name for its files.
in_ci() {
    (cd "$W/ci" && setpriv --reuid ci --regid ci --init-groups env -i LC_ALL=C TMPDIR="$W/tmp" \
        PATH=/usr/local/bin:/usr/bin:/bin timeout 60 "$@")
}

# ---- the world around

# mount_over FOLDER: what is written there stays in this test.
mount_over() {
    layer=$W/layers$1
    mkdir -p "$layer/upper" "$layer/work" "$1" &&
        mount -t overlay -o "lowerdir=$1,upperdir=$layer/upper,workdir=$layer/work" none "$1"
}

# A file system of its own, for an overlay's upper layer cannot be on an overlay.
set_up_layers() {
    mkdir "$W/layers" && mount -t tmpfs -o mode=755 none "$W/layers" &&
        for folder in /usr /var/lib /var/cache /srv; do mount_over "$folder" || return 1; done
}

# The names in the pages, and the certificates that their servers need.
set_up_names() {
    cat >>/etc/hosts <<'END'
127.0.0.2 git.example.com registry.example.com api.example.com api.app.thrivestack.ai thrivestack.corp.example
127.0.0.3 build.example.com
127.0.0.4 proxy.example.com
END
    mkdir "$W/ca" && make_ca public && make_ca corp &&
        cat "$W/ca/public.pem" >>/etc/ssl/certs/ca-certificates.crt &&
        make_certificate public api.app.thrivestack.ai "$W/issuer/public" &&
        make_certificate corp thrivestack.corp.example "$W/issuer/corp" || return 1
    for host in git registry api; do
        make_certificate public "$host.example.com" "/etc/ssl/$host.example.com" || return 1
        mv "/etc/ssl/$host.example.com.key" /etc/ssl/private/
    done
}

# https_site HOST CERTIFICATE KEY: a server in nginx, beside those of the pages; its directives from stdin.
https_site() {
    {
        printf 'server {\n    listen 443 ssl;\n    server_name %s;\n' "$1"
        printf '    ssl_certificate %s;\n    ssl_certificate_key %s;\n    access_log %s;\n' "$2" "$3" "$W/$1.log"
        cat
        echo '}'
    } >"/etc/nginx/conf.d/$1.conf"
}

# The endpoint under ThriveStack's own name and under a company's, and an API that wants a token.
set_up_sites() {
    endpoint='location / { proxy_pass https://127.0.0.1:8700; }'
    echo "$endpoint" | https_site api.app.thrivestack.ai "$W/issuer/public.pem" "$W/issuer/public.key"
    echo "$endpoint" | https_site thrivestack.corp.example "$W/issuer/corp.pem" "$W/issuer/corp.key"
    https_site api.example.com /etc/ssl/api.example.com.pem /etc/ssl/private/api.example.com.key <<'END'
    if ($http_authorization !~ "^Bearer eyJ") { return 401; }
    location / { return 200 "thanks"; }
END
}

# Stands for the service manager, which cannot reload what it did not start.
make_systemctl() {
    cat >"$W/bin/systemctl" <<END
#!/bin/sh
case "\$*" in
'reload ssh') kill -HUP "\$(cat /run/sshd.pid)" ;;
'reload nginx') exec nginx -s reload ;;
daemon-reload) ;;
'restart docker-registry') exec sh "$W/bin/start-registry" ;;
*) echo "systemctl \$*: not here" >&2 && exit 1 ;;
esac
END
    chmod 755 "$W/bin/systemctl"
}

# What systemd does with the lines that the page adds to Debian's unit.
make_start_registry() {
    cat >"$W/bin/start-registry" <<END
lines=/etc/systemd/system/docker-registry.service.d/behind-nginx.conf
setting() { sed -n "s/^\$1=//p" "\$lines" | tail -n 1; }
folder=/run/\$(setting RuntimeDirectory)
install -d -o docker-registry -g "\$(setting Group)" -m "\$(setting RuntimeDirectoryMode)" "\$folder"
umask "\$(setting UMask)"
setsid setpriv --reuid docker-registry --regid "\$(setting Group)" --clear-groups \
    \$(setting ExecStart) >"$W/registry.log" 2>&1 </dev/null &
tries=0
until [ -S "\$folder/socket" ] || [ "\$tries" = 500 ]; do tries=\$((tries + 1)); sleep 0.02; done
END
}

make_proxy() {
    printf '%s\n' 'Port 3128' 'Listen 127.0.0.4' 'Timeout 60' 'LogLevel Connect' 'MaxClients 20' 'ConnectPort 443' \
        >"$W/tinyproxy.conf"
}
