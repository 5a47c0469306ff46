# shellcheck shell=sh
# Sourced by the build scripts, which stand in the root of the tree.

die() {
    printf '%s: %s\n' "$0" "$*" >&2
    exit 1
}

project_version() {
    sed -n "s/^ *version: '\([^']*\)',\$/\1/p" meson.build | head -n 1
}

# has_program_modes: whether a listing of a package's files on standard input, as `ls -l` writes it, has
# helper, worker and prover unreadable for everybody but root.
has_program_modes() {
    [ "$(grep -cE '^-rwx--x--x .*/thrivestack-(credential|worker|prover)$')" = 3 ]
}

# Sets $scratch to a new folder that is gone when the script ends, however it ends.
make_scratch() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# Copies the files that belong to the project, as they are now, to a new folder: what git knows, or
# else, in a tarball's tree, everything but what was built.
copy_tree() {
    mkdir -p "$1"
    if git rev-parse --git-dir >/dev/null 2>&1 && [ -z "$(git rev-parse --show-prefix)" ]; then
        git ls-files -z --cached --others --exclude-standard |
            tar --null --files-from=- --ignore-failed-read -cf - | tar -xf - -C "$1"
    else
        tar --exclude='./build*' -cf - . | tar -xf - -C "$1"
    fi
}

# Prints what debian/control names as needed to build, and what every build needs, one a line.
build_packages() {
    echo build-essential
    awk '/^[A-Z]/ { inside = 0 } sub(/^Build-Depends:/, "") { inside = 1 } inside' packaging/debian/control |
        tr ',' '\n' | sed 's/(.*//; s/ //g; s/^debhelper-compat$/debhelper/; /^$/d'
}

# need_build_packages: ends the script, naming what to install, where a package is missing.
need_build_packages() {
    missing=
    for package in $(build_packages); do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -z "$missing" ] || die "missing packages; run as root: apt-get install --no-install-recommends$missing"
}
