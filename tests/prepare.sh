# shellcheck shell=sh disable=SC2034,SC2154 # The callers use and set what looks unused or unset.
# Sourced by tests/demo, tests/run and others, which stand in the root of the tree: installs what is
# missing and builds. Every function ends the script with one clear line where it cannot go on.

build_packages='gcc meson ninja-build pkg-config libpam0g-dev libcurl4-openssl-dev libssl-dev
    libjson-c-dev libcmocka-dev libmicrohttpd-dev git openssl ca-certificates'
test_packages='clang libclang-rt-dev valgrind strace curl jq bash procps util-linux iproute2
    mandoc pamtester libpam-wrapper libpamtest0-dev libnss-sss openssh-server openssh-client sudo nginx
    libnginx-mod-http-auth-pam fcgiwrap docker-registry skopeo umoci podman gnupg tinyproxy-bin
    debhelper build-essential systemd cron at apparmor selinux-policy-dev python3-keyring'
# What only `sh tests/run all` needs.
all_packages='ansible-core ansible-lint'
# Only for `sh tests/run all`: the servers of packaging/recipes that nothing else needs.
server_packages='apache2 libapache2-mod-authnz-pam postgresql dovecot-imapd squid cockpit-ws cockpit-bridge'
# And the clients there. Debian 12 has a newer cargo by another name.
client_packages='cargo-web|cargo twine python3-pip python3-setuptools python3-wheel'
# Only for `sh tests/run all`: the browser for the API Key page of the local issuer.
browser_packages='chromium chromium-driver'
# What `sh tests/check` needs: the quick part, which tests/run runs too, and the rest.
quick_packages='clang-format cppcheck shellcheck codespell'
slow_packages='clang-tidy gcovr'

# The docker command, for `docker manifest inspect`, from wherever it came; Debian 13 has a package for
# it alone.
command -v docker >/dev/null || test_packages="$test_packages docker-cli|docker.io"
command -v kubectl >/dev/null || test_packages="$test_packages kubernetes-client"

die() {
    printf '%s: %s\n' "$0" "$*" >&2
    exit 1
}

# Prints those of the packages named that are not installed. `one|other` names one package that has
# different names in different releases.
missing_packages() {
    for package in "$@"; do
        # shellcheck disable=SC2046 # One name a word.
        dpkg-query -W -f '${db:Status-Status}\n' $(echo "$package" | tr '|' ' ') 2>/dev/null |
            grep -qx installed || printf '%s ' "$package"
    done
}

# Prints the packages named, with the first of the alternatives that apt knows.
known_packages() {
    for package in "$@"; do
        for name in $(echo "$package" | tr '|' ' '); do
            ! apt-cache show "$name" >/dev/null 2>&1 || break
        done
        printf '%s ' "$name"
    done
}

# Debian starts servers as soon as they are installed; for the time of the installation this file
# forbids it, unless the machine has one of its own.
install_quietly() {
    guard=/usr/sbin/policy-rc.d
    made=no
    if [ ! -e "$guard" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$guard" && chmod 755 "$guard" && made=yes
    fi
    status=0
    # shellcheck disable=SC2046 # A list of words is wanted here.
    {
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $(known_packages "$@")
    } >"$build_root/apt.log" 2>&1 </dev/null || status=$?
    [ "$made" = no ] || rm -f "$guard"
    return "$status"
}

need_packages() {
    command -v dpkg-query >/dev/null || die "this is not a Debian system: install the tools that CONTRIBUTING.md names, then build with meson"
    # shellcheck disable=SC2046,SC2086 # Lists of words are wanted here.
    set -- $(missing_packages "$@")
    [ $# -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || die "missing packages; run as root: apt-get install --no-install-recommends $*"
    echo "Installing: $*"
    install_quietly "$@" || {
        tail -n 5 "$build_root/apt.log" >&2
        die "apt-get could not install: $*"
    }
}

# As need_packages, but goes on where they cannot be installed; the tests that need them are skipped then.
want_packages() {
    (need_packages "$@") || true
}

# The clients, and those that not every Debian has: go 1.24 or newer, which knows GOAUTH, and pnpm, from npm's
# registry where npm is.
want_clients() {
    # shellcheck disable=SC2086 # A list of words is wanted here.
    want_packages $client_packages
    ! apt-cache show golang-1.24-go >/dev/null 2>&1 || want_packages golang-go
    [ -e "$build_root/npm/node_modules/pnpm" ] || ! command -v npm >/dev/null ||
        npm install --no-save --prefix "$build_root/npm" pnpm@9.15.9 >"$build_root/npm.log" 2>&1 || true
}

# set_up NAME [meson options]: a build folder $build_root/NAME whose prefix is $build_root/NAME/root. CC
# decides the compiler. A warning is an error here.
set_up() {
    name=$1
    shift
    folder=$build_root/$name
    log=$build_root/$name.log
    mkdir -p "$build_root"
    [ ! -e "$folder/build.ninja" ] || return 0
    meson setup "$folder" --prefix="$folder/root" -Drundir="$folder/root/run" \
        -Dspooldir="$folder/root/var/spool/thrivestack" --werror "$@" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "meson setup failed (all of it: $log)"
    }
}

build_failed() {
    tail -n 40 "$log" >&2
    die "the build '$name' failed (all of it: $log)"
}

# build NAME [meson options]: builds all of the tree and installs it.
build() {
    set_up "$@"
    { meson compile -C "$folder" && meson install -C "$folder" --no-rebuild; } >"$log" 2>&1 || build_failed
}

# build_only NAME TARGET [meson options]: builds that target, and installs nothing.
build_only() {
    target=$2
    name=$1
    shift 2
    set_up "$name" "$@"
    ninja -C "$folder" "$target" >"$log" 2>&1 || build_failed
}

# build_scripts NAME [meson options]: builds and installs what test scripts start.
build_scripts() {
    name=$1
    shift
    build_only "$name" scripts "$@"
    meson install -C "$folder" --no-rebuild >>"$log" 2>&1 || build_failed
}
