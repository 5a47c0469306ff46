# shellcheck shell=sh disable=SC2034 # The callers use what looks unused.
# Sourced by run and merge, which stand in the root of the tree: which targets there are, and how
# they are built. Meson builds only what has changed, in a folder that no test uses.
out=${BUILD_ROOT:-$PWD/build}/fuzz
names=$(sed -n "/^fuzz_targets/,/^}/s/^  '\([a-z_0-9]*\)':.*/\1/p" tests/fuzz/meson.build)

# libFuzzer in every target, coverage and sanitizers in all of the code. No path that is built in
# leads anywhere, so nothing here runs a program or reads a host's files.
set_up() {
    [ -e "$out/build/build.ninja" ] ||
        CC=clang meson setup "$out/build" --prefix=/nonexistent -Drundir=/nonexistent -Dspooldir=/nonexistent \
            -Ddebug=true -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false \
            -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined'
}

# build_targets NAME...
build_targets() {
    mkdir -p "$out"
    for name in "$@"; do
        printf '%s\n' "$names" | grep -qx "$name" || {
            echo "$0: there is no target $name" >&2
            exit 64
        }
    done
    # shellcheck disable=SC2046 # A list of words is wanted here.
    { set_up && ninja -C "$out/build" $(printf 'tests/fuzz/fuzz_%s ' "$@"); } >"$out/build.log" 2>&1 || {
        tail -n 30 "$out/build.log" >&2
        exit 1
    }
}
