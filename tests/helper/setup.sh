# shellcheck shell=sh disable=SC2034,SC2154 # The suites set and use what looks unused or unset.
# Shared by the suites of `setup`, which source it after lib.sh.

conf_dir=$home/.config/thrivestack
conf=$conf_dir/credential.conf
hosts=$conf_dir/credential.conf.d
host_conf=$hosts/git.example.com.conf
gitconfig=$home/.gitconfig
docker=$home/.docker/config.json
git_key=credential.https://git.example.com.helper

setup() { clean setsid -w thrivestack-credential setup "$@"; }
git_values() { clean git config --global --get-all "$1" >"$dir/values" 2>&1; }
values_are() { git_values "$1" && [ "$(cat "$dir/values")" = "$(printf '%b' "$2")" ]; }
mode_is() { [ "$(stat -c %a "$1")" = "$2" ]; }
no_leftovers_but_backup() { [ -z "$(find "$home" -name '*.thrivestack-new')" ]; }
no_leftovers() { [ -z "$(find "$home" "$dir/etc" -name '*.thrivestack-*' 2>/dev/null)" ]; }

# remember: copies of everything, to be compared by unchanged_since.
remember() {
    rm -rf "$dir/before"
    cp -a "$home" "$dir/before"
}
restored() { diff -r "$dir/before" "$home" >"$dir/diff" 2>&1; }
fresh_home() {
    rm -rf "$home"
    mkdir -m 700 "$home"
}
