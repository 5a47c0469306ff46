#!/bin/sh
# Every block of the README and of the pages below, unchanged: installed, set up, and tried with the real
# git, docker, podman, ssh, sshd, sudo, su, nginx, registry, proxy, gpg and systemd, against the local
# issuer under ThriveStack's own name. A block without a test is a failure, too.
# usage: test-recipes.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh disable=SC2015,SC2016 # `a && b || fail` is meant so, and quotes that another shell opens.
. "$(dirname "$0")/lib.sh"
want_tree=yes
e2e_enter "$@"
recipes='README git docker ssh script systemd endpoint key-command sshd sudo login nginx registry'
# shellcheck source=tests/e2e/pages.sh
. "$SOURCE/pages.sh"
# shellcheck source=tests/e2e/certificates.sh
. "$SOURCE/certificates.sh"
# shellcheck source=tests/e2e/recipes.sh
. "$SOURCE/recipes.sh"
# shellcheck source=tests/e2e/recipes-systemd.sh
. "$SOURCE/recipes-systemd.sh"
# shellcheck source=tests/e2e/recipes-uninstall.sh
. "$SOURCE/recipes-uninstall.sh"

# The key that the pages name.
key_id=0c2f3a52-5f5c-4a0e-9d1f-3b1f6f0f0a01
policy=/etc/thrivestack/policy.conf
conf=$W/laptop/.config/thrivestack

# ---- people and machines

set_up_people() {
    user alice 4001 alice-password
    user ci 4004 ci-password
    rmdir "$W/home/ci"
    echo 'alice ALL=(ALL:ALL) ALL' >>/etc/sudoers
    install -d -o ci -g ci -m 700 "$W/ci"
    install -d -o alice -g alice -m 700 "$W/laptop" "$W/laptop-run" "$W/laptop/Downloads" "$W/laptop/.ssh"
    install -d -m 700 "$W/home/root/.ssh"
    on_laptop ssh-keygen -q -t ed25519 -N '' -f "$W/home/alice/.ssh/id_ed25519" &&
        cp "$W/laptop/.ssh/id_ed25519.pub" "$W/home/root/.ssh/authorized_keys"
}

# download NAME [option]...: an API key in the laptop's folder for downloads, as a browser leaves it.
download() {
    name=$1
    shift
    "$ISSUER" key new "$W/issuer" --out "$W/keys/$name" "$@" >"$W/keys/$name.id" &&
        install -o alice -g alice -m 644 "$W/keys/$name" "$W/laptop/Downloads/$name.json"
}

set_up_keys() {
    install -d -m 700 "$W/keys" && download key --id "$key_id" && download new && download corp &&
        "$ISSUER" key new "$W/issuer" --out "$W/keys/job" >"$W/keys/job.id" &&
        install -D -m 444 "$W/keys/job" /run/secrets/thrivestack.json &&
        install -m 600 "$W/keys/job" "$W/home/root/key.json"
}

# sshd and nginx as Debian configures them, and what is behind nginx.
set_up_servers() {
    ssh-keygen -A >"$W/ssh-keygen.log" && on_host /usr/sbin/sshd || return 1
    sed 's/^/build.example.com /' /etc/ssh/ssh_host_ed25519_key.pub >"$W/laptop/.ssh/known_hosts"
    chown alice:alice "$W/laptop/.ssh/known_hosts"
    rm -f /etc/nginx/sites-enabled/default
    mkdir -p /var/log/nginx
    set_up_sites
    on_host nginx || return 1
    install -d -o www-data -g www-data /srv/git "$W/fcgi"
    ln -s "$W/fcgi/socket" /run/fcgiwrap.socket
    serve_as www-data /usr/sbin/fcgiwrap -c 1 -s "unix:$W/fcgi/socket" >"$W/fcgi.log" 2>&1 &
    as www-data git init -q --bare -b main /srv/git/project.git || return 1
    printf '#!/bin/sh\n{ env; tr "\\0" "\\n" </proc/$PPID/environ; } >%s\n' "$W/tmp/hook" >/srv/git/project.git/hooks/pre-receive &&
        chmod 755 /srv/git/project.git/hooks/pre-receive
}

# An image in the folder of Debian's registry, which nobody serves yet.
set_up_registry() {
    cat >"$W/registry.yml" <<END
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: /var/lib/docker-registry}}
http: {addr: "127.0.0.1:5000", secret: for-this-test-alone}
END
    docker-registry serve "$W/registry.yml" >"$W/registry.log" 2>&1 &
    registry_pid=$!
    echo 'carried in an image' >"$W/message"
    umoci init --layout "$W/image" && umoci new --image "$W/image:latest" &&
        umoci insert --image "$W/image:latest" "$W/message" /message &&
        await 10 port_is_open 5000 &&
        skopeo copy -q --format v2s2 --dest-tls-verify=false "oci:$W/image:latest" docker://127.0.0.1:5000/team/app:1 &&
        kill "$registry_pid" && chown -R docker-registry: /var/lib/docker-registry
}

# ---- the pages themselves

coverage_notices() {
    check_coverage "$1" "$2" | grep -q -- "$3" || fail "nobody notices: $4"
}

# The check that closes this script, on pages that are wrong.
coverage() {
    printf '%s\n' '<!-- test: one -->' '```sh' true '```' '' '```text' '    picture' '```' >"$W/good"
    echo one >"$W/ran"
    [ -z "$(check_coverage "$W/ran" "$W/good")" ] || fail 'a good one is wrong'
    coverage_notices /dev/null "$W/good" 'one: no test runs' 'a block that nothing ran'
    printf '%s\n' one two >"$W/ran"
    coverage_notices "$W/ran" "$W/good" 'two: there is no' 'a test without a block'
    for wrong in '```sh\ntrue\n```' '~~~\ntrue\n~~~' '    sh x' '<!-- test: two -->\n\n```sh\n```' \
        '<!-- test: one -->\n```sh\ntrue\n```' '<!-- test two -->' '```text'; do
        # shellcheck disable=SC2059 # It is a format.
        { cat "$W/good" && printf "$wrong\n"; } >"$W/bad"
        coverage_notices "$W/ran" "$W/bad" '^bad:[0-9]*: ' "$wrong"
    done
}

# page_set: a README with one row, its page, and the script that tests it, in the current folder.
page_set() {
    rm -rf "$W/set" && mkdir -p "$W/set/packaging/recipes" "$W/set/tests/e2e" && cd "$W/set" || return 1
    echo '| [one](packaging/recipes/one.md) | what |' >README.md
    echo '# One' >packaging/recipes/one.md
    echo "recipes='README one'" >tests/e2e/test-one.sh
}

# set_is_wrong PATTERN
set_is_wrong() {
    ! awk -f "$TREE/tests/lint/recipes.awk" README.md packaging/recipes/*.md tests/e2e/*.sh >"$W/said" &&
        grep -q -- "$1" "$W/said" || fail "nobody notices: $1"
}

# What tests/check says of pages, rows and scripts that do not fit each other.
rows() {
    page_set
    awk -f "$TREE/tests/lint/recipes.awk" README.md packaging/recipes/*.md tests/e2e/*.sh || fail 'a good set is wrong'
    echo '| [two](packaging/recipes/two.md) | what |' >>README.md
    set_is_wrong 'README.md:2: there is no page two'
    page_set && echo '# Two' >packaging/recipes/two.md && echo 'recipes=two' >tests/e2e/test-two.sh
    set_is_wrong 'two.md: 0 rows'
    page_set && sed -i p README.md
    set_is_wrong 'one.md: 2 rows'
    page_set && echo 'recipes=README' >tests/e2e/test-one.sh
    set_is_wrong 'one.md: 0 scripts'
    page_set && echo 'recipes="one"' >tests/e2e/test-two.sh
    set_is_wrong 'one.md: 2 scripts'
    page_set && echo "recipes='README one two'" >tests/e2e/test-one.sh
    set_is_wrong 'test-one.sh:1: there is no page two'
    page_set && seq 41 >packaging/recipes/one.md
    set_is_wrong 'one.md: more than 40 lines'
}

# The two commands: this script is a part of the second.
try_it() {
    block try
    sed 's/ *#.*//' "$script" >"$W/commands"
    printf 'sh %s\n' tests/demo tests/run | diff - "$W/commands" || fail 'other commands'
    [ -s "$TREE/tests/demo" ] && [ -s "$TREE/tests/run" ] || fail 'they are not there'
}

# The packages named in front of the block are those of debian/control.
build_packages() {
    { sed -n '/^Build-Depends/,/^Standards/s/^Build-Depends: *\|^ *//p' "$TREE/packaging/debian/control" |
        sed -n 's/-compat//; s/^\([a-z][a-z0-9-]*\).*/\1/p' && echo build-essential; } | sort >"$W/needed"
    sed -n 's/^On Debian 12 or 13, with `\([a-z0-9 -]*\)`.*/\1/p' "$(page_file README)" | tr ' ' '\n' | sort >"$W/named"
    diff "$W/needed" "$W/named" || fail 'debian/control needs others than it names'
}

# ---- installing

install_source() {
    run_block in_tree install-source
    modules=$(dirname "$(find /usr/lib -name pam_unix.so)")
    [ -e "$modules/pam_thrivestack.so" ] || fail "no module beside pam_unix in $modules"
    grep -q '/etc/thrivestack/credential.conf' /usr/share/man/man5/credential.conf.5 || fail 'configured elsewhere'
    on_host thrivestack-credential --version || fail 'it does not start'
    in_tree ninja -C build/release uninstall || fail 'it cannot be taken away again'
    [ ! -e /usr/bin/thrivestack-credential ] || fail 'a program is left'
}

install_deb() {
    cp -a /etc/pam.d "$W/pam.d.before"
    run_block in_tree install-deb
    for package in libpam-thrivestack thrivestack-credential; do
        expect 'install ok installed' "$package" dpkg-query -W -f '${Status}' "$package"
    done
    diff -r "$W/pam.d.before" /etc/pam.d || fail 'a PAM stack was changed'
}

# ---- setting up

laptop() {
    run_block on_laptop laptop
    expect '600 alice' 'the key' stat -c '%a %U' "$conf/key.json"
    [ ! -e "$W/laptop/Downloads/key.json" ] || fail 'the download is still there'
    # doctor keeps nothing, so the first token is asked for.
    on_laptop thrivestack-credential token | grep -q '^eyJ' || fail 'no token'
    before=$(requests)
    on_laptop thrivestack-credential token | grep -q '^eyJ' || fail 'no second token'
    [ "$(requests)" = "$before" ] || fail 'the token is not cached'
}

host_services() {
    run_block on_host host-services
}

# explained SERVICE USER: what this host would say to the laptop's token, which is bound to it.
explained() {
    on_laptop thrivestack-credential token --for build.example.com | on_host thrivestack-credential explain --service "$1" --user "$2"
}

host_key() {
    refused 'before' explained git alice
    run_block on_laptop host-key
    for service in sshd sudo git registry; do
        explained "$service" alice | head -n 1 | grep -qx accepted || fail "not accepted for $service"
    done
    refused 'another user' explained sshd root
    refused 'another service' explained login alice
}

# ---- hosts

keyboard_is_offered() {
    on_laptop ssh -o BatchMode=yes -o PreferredAuthentications=none alice@build.example.com true 2>&1 |
        grep -q keyboard-interactive
}

sshd() {
    ! keyboard_is_offered || fail 'it asks before'
    run_block on_host sshd
    await 10 keyboard_is_offered || fail 'sshd does not ask'
}

# answers STATUS URL
answers() {
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$2")" = "$1" ]
}

nginx_git() {
    run_block on_host nginx-git
    await 10 answers 401 "https://git.example.com/project.git/info/refs?service=git-upload-pack" || fail 'no 401'
}

nginx_registry() {
    run_block on_host nginx-registry
    await 10 answers 401 https://registry.example.com/v2/ || fail 'no 401'
    expect '{}' 'the registry, for who is let past nginx' curl -s --unix-socket /run/docker-registry/socket http://x/v2/
    refused 'another user of the host' as alice curl -s --unix-socket /run/docker-registry/socket http://x/v2/
    ! port_is_open 5000 || fail 'it listens at a port, too'
}

sudo_local() {
    refused 'before' on_laptop sudo -n id -un
    run_block on_host sudo
    before=$(requests)
    expect root 'sudo' on_laptop sudo id -un
    logged 'reason=ok user=alice service=sudo '
    [ "$(requests)" = $((before + 1)) ] || fail 'ThriveStack was not asked'
    # In the host's own home alice has no key: an empty token, then the password.
    printf '\nalice-password\n' >"$W/typed"
    expect root 'the password' as alice sudo -S -p '' id -un <"$W/typed"
}

# su and login ask for a token first, and for the password where that is empty.
login_and_su() {
    refused 'before' typed su alice "$("$ISSUER" sign "$W/keys/corp" --aud user_management)"
    run_block on_host login
    install -m 644 "$W/keys/corp.pub.pem" /etc/thrivestack/keys/corp.pem
    cp "$policy" "$W/policy.before"
    {
        printf '\n[service su]\nscopes = user_management\n\n[service login]\nscopes = user_management\n'
        printf '\n[key %s]\npublic_key = keys/corp.pem\nusers = alice\nservices = su login\nscopes = user_management\n' \
            "$(cat "$W/keys/corp.id")"
    } >>"$policy"
    for service in su login; do
        typed "$service" alice "$("$ISSUER" sign "$W/keys/corp" --aud user_management)" || fail "$service: by token"
        logged "reason=ok user=alice service=$service "
        typed "$service" alice '' alice-password || fail "$service: by password"
        typed "$service" ci ci-password || fail "$service: who has no key, by password"
        refused "$service: another scope" typed "$service" alice "$("$ISSUER" sign "$W/keys/corp" --aud administration)"
    done
    mv "$W/policy.before" "$policy"
    on_host thrivestack-credential host disable su login --yes || fail 'it cannot be undone'
}

# typed su|login USER ANSWER...: su by somebody else, because it asks root nothing.
typed() {
    typed_service=$1
    typed_user=$2
    shift 2
    printf '%s\n' "$@" >"$W/typed"
    case $typed_service in
    su) as ci su "$typed_user" -c true <"$W/typed" ;;
    login) timeout 20 pamtester login "$typed_user" authenticate <"$W/typed" ;;
    esac
}

# ---- clients

git_client() {
    run_block on_laptop git
    logged 'reason=ok user=alice service=git '
    on_laptop sh -c 'cd project && git config user.name A && git config user.email a@example.com &&
        git commit -q --allow-empty -m one && git push -q origin HEAD:main' || fail 'push'
    ! grep -rq eyJhbG "$W/laptop/project" "$W/laptop/.gitconfig" || fail 'git has kept the token'
    hook_sees_no_token
}

# What git runs on the server has no token, neither in its own environment nor in one above it.
hook_sees_no_token() {
    no_secret_in "$W/tmp/hook" || fail 'the hook has a token'
    grep -q '^REMOTE_USER=alice$' "$W/tmp/hook" || fail 'the hook has no environment'
    ! grep -qi '^HTTP_AUTHORIZATION=.' "$W/tmp/hook" || fail 'the hook has the header'
}

docker_client() {
    run_block on_laptop docker
    grep -q '"digest": "sha256:' "$W/out" || fail 'docker shows no manifest'
    on_laptop podman images | grep -q '^registry.example.com/team/app ' || fail 'podman has no image'
    logged 'reason=ok user=alice service=registry '
    ! grep -rq --exclude-dir=thrivestack eyJhbG "$W/laptop/.docker" "$W/laptop-run" || fail 'the token was kept'
}

ssh_client() {
    for name in log-in ssh; do
        run_block on_laptop "$name"
        grep -q 'load average' "$W/out" || fail "$name: no uptime"
    done
    logged 'reason=ok user=alice service=sshd '
}

# by_token ARGUMENT...: ssh as the recipe has it.
by_token() {
    on_laptop env SSH_ASKPASS=/usr/bin/thrivestack-askpass SSH_ASKPASS_REQUIRE=force ssh "$@"
}

# What the page says of hosts that are new to ssh.
ssh_to_a_new_host() {
    refused 'an unknown host' by_token -o UserKnownHostsFile=/dev/null alice@build.example.com true
}

session() {
    run_block on_host session
    by_token alice@build.example.com 'test ! -e ~/.config && git ls-remote https://git.example.com/project.git' |
        grep -q refs/heads/main || fail 'git on the host'
}

ci() {
    printf '\n[key %s]\npublic_key = %s\nusers = ci\nservices = git\nscopes = user_management\n' \
        "$(cat "$W/keys/job.id")" keys/job.pem >>"$policy"
    install -m 644 "$W/keys/job.pub.pem" /etc/thrivestack/keys/job.pem
    run_block in_ci ci
    grep -q thanks "$W/out" || fail 'the API was not reached'
    [ -d "$W/ci/project/.git" ] || fail 'nothing was cloned'
    logged 'reason=ok user=ci service=git '
}

systemd_service() {
    start_systemd || fail 'systemd does not start'
    (
        run_block in_systemd systemd
        await 10 grep -q ' 200 ' "$W/api.example.com.log" || fail 'the API was not reached'
    )
    status=$?
    stop_systemd
    return "$status"
}

proxy() {
    tinyproxy -d -c "$W/tinyproxy.conf" >"$W/tinyproxy.log" 2>&1 &
    await 10 port_is_open 3128 || fail 'no proxy'
    run_block on_laptop proxy
    grep -q 'CONNECT api.app.thrivestack.ai:443' "$W/tinyproxy.log" || fail 'the proxy was not asked'
    on_laptop thrivestack-credential token --fresh >"$W/token" || fail 'no token'
}

endpoint() {
    install -o alice -g alice -m 644 "$W/ca/corp.pem" "$conf/corp-ca.pem"
    run_block on_laptop endpoint
    before=$(requests)
    on_laptop thrivestack-credential token --profile corp --fresh >"$W/token" || fail 'no token'
    [ "$(requests)" = $((before + 1)) ] || fail 'not from there'
    mv "$conf/corp-ca.pem" "$conf/away"
    refused 'without that CA' on_laptop thrivestack-credential token --profile corp --fresh
    mv "$conf/away" "$conf/corp-ca.pem"
}

key_command() {
    on_laptop gpg -q --batch --passphrase '' --quick-generate-key alice default default never || fail 'gpg'
    run_block on_laptop key-command
    ! grep -q PRIVATE "$conf/key.gpg" || fail 'the key is not encrypted'
    mv "$conf/key.json" "$conf/key.away"
    on_laptop thrivestack-credential token --profile vault >"$W/token" || fail 'no token'
    mv "$conf/key.away" "$conf/key.json"
}

# ---- keys come and go

rotate() {
    run_block on_laptop rotate
    [ "$(jq -r .key_id "$conf/key.json")" = "$(cat "$W/keys/new.id")" ] || fail 'the old key is still there'
    [ ! -e "$W/laptop/Downloads/new.json" ] || fail 'the download is still there'
    explained sshd alice | head -n 1 | grep -qx accepted || fail 'the new key is not accepted'
    "$ISSUER" sign "$W/keys/key" --aud user_management |
        on_host thrivestack-credential explain --service git --user alice || fail 'the old one is not any more'
    on_laptop git ls-remote https://git.example.com/project.git || fail 'git'
}

# The key of the recipe is the old one. Then the new one goes the same way, and a real login with it.
revoke() {
    run_block on_laptop revoke
    "$ISSUER" sign "$W/keys/key" --aud user_management >"$W/token"
    status=0
    on_host thrivestack-credential explain --service git --user alice <"$W/token" >"$W/explained" || status=$?
    [ "$status" = 77 ] && head -n 1 "$W/explained" | grep -q '^denied: unknown_key' || fail "status $status"
    on_laptop git ls-remote https://git.example.com/project.git || fail 'another key went with it'
    by_token alice@build.example.com true || fail 'the new key does not log in'
    new=$(cat "$W/keys/new.id")
    on_laptop ssh root@build.example.com thrivestack-credential policy remove "$new" || fail 'the new key stays'
    ! by_token -o NumberOfPasswordPrompts=1 alice@build.example.com true || fail 'a key that was removed logs in'
    sh -c "sed -n '/^thrivestack/,$ p' '$W/blocks/host-key'" >"$W/again"
    on_laptop bash -eu "$W/again" || fail 'it cannot be added again'
    by_token alice@build.example.com true || fail 'added again, it does not log in'
}

# ---- when something is refused

# The log so far, in a journal.
start_journal() {
    mkdir -p /run/systemd/journal /run/log/journal
    [ -s /etc/machine-id ] || head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >/etc/machine-id
    /lib/systemd/systemd-journald >"$W/journald.log" 2>&1 &
    await 10 test -S /run/systemd/journal/dev-log || return 1
    perl -MSocket -ne 'BEGIN { socket(S, PF_UNIX, SOCK_DGRAM, 0) && connect(S, sockaddr_un(shift)) or die }
        chomp; send(S, $_, 0) or die' /run/systemd/journal/dev-log "$W/syslog"
    journalctl --sync
}

refused_host() {
    start_journal || fail 'no journal'
    run_block on_host refused-host
    grep -q 'pam_thrivestack(.*result=accepted reason=ok user=alice' "$W/out" || fail 'no line of the module'
}

refused_explain() {
    run_block on_laptop refused-explain
    head -n 1 "$W/out" | grep -qx accepted || fail 'another answer'
}

doctor_at_last() {
    on_laptop env SSH_ASKPASS=/usr/bin/thrivestack-askpass SSH_ASKPASS_REQUIRE=force \
        thrivestack-credential doctor || fail 'something is wrong on the laptop'
}

no_secret_left() {
    no_secret_in "$W/syslog" /var/log/nginx/access.log /var/log/nginx/error.log "$W/fcgi.log" "$W/tinyproxy.log"
}

set_up_layers || die 'no layers over the system'
start_issuer
set_up_people && set_up_names && set_up_keys || die 'no people, names or keys'
set_up_servers >"$W/servers.log" 2>&1 && set_up_registry >"$W/image.log" 2>&1 || die 'the servers do not start'
make_systemctl
make_start_registry
make_proxy

run_case coverage coverage
run_case rows rows
run_case try_it try_it
run_case build_packages build_packages
run_case install_source install_source
run_case install_deb install_deb
run_case laptop laptop
run_case host_services host_services
run_case host_key host_key
run_case sshd sshd
run_case host_enable host_enable
run_case nginx_git nginx_git
run_case nginx_registry nginx_registry
run_case git git_client
run_case docker docker_client
run_case proxy proxy
run_case endpoint endpoint
run_case key_command key_command
run_case ssh ssh_client
run_case ssh_to_a_new_host ssh_to_a_new_host
run_case sudo sudo_local
run_case login_and_su login_and_su
run_case session session
run_case ci ci
run_case systemd systemd_service
run_case rotate rotate
run_case revoke revoke
run_case refused_host refused_host
run_case refused_explain refused_explain
run_case doctor_at_last doctor_at_last
run_case uninstall uninstall
run_case covered covered
run_case no_secret_left no_secret_left
finish
