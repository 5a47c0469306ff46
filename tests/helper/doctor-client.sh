# shellcheck shell=sh disable=SC2034,SC2154 # The suites set and use what looks unused or unset.
# Shared by the suites of `doctor` on a client, which source it behind doctor.sh: a sound set-up, and
# how a row breaks it.

: "${dir:?}" "${home:?}"
# doctor runs as somebody who is not root, so that this machine's own state does not matter: as $user
# where root runs this, else as whoever does. Where $mounts is set, root runs it first, in a namespace of
# mounts of its own.
as_owner() {
    places="HOME=$home THRIVESTACK_CACHE_DIR=$cache"
    [ -z "$homeless" ] || places=
    in_mounts=
    [ -z "$mounts" ] || in_mounts="unshare -m --propagation private sh $dir/mounts"
    printf '%s || exit\nexec "$@"\n' "${mounts:-true}" >"$dir/mounts"
    become="setpriv --reuid=$user --regid=$user --clear-groups"
    is_root || become=
    # LeakSanitizer would have to trace a process that does not let itself be traced.
    # shellcheck disable=SC2086 # Lists of words are wanted here.
    $in_mounts $become env -i PATH="$path" $places LC_ALL=C ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" $extra setsid -w "$@" </dev/null
}
doctor() {
    # shellcheck disable=SC2086 # A list of words is wanted here.
    as_owner thrivestack-credential $options doctor "$@"
}
examine() { run doctor; }

# The configuration of a sound client, with stdin added to it.
client() {
    conf ''
    sed -i "s|^ca_file.*|ca_file = $dir/ca.pem|" "$dir/conf"
}
# setting KEY VALUE: in [profile default].
setting() {
    sed -i "/^$1 =/d; /^\\[profile default\\]/a $1 = $2" "$dir/conf"
}
fault() { setting token_url "$url/fault/$1/api/user/token"; }
# host LINE...: in place of [host git.example.com].
host() {
    sed -i '/^\[host/,$d' "$dir/conf"
    printf '%s\n' "$@" >>"$dir/conf"
}
with_key() {
    jq "$1" "$dir/whole.json" >"$key_file"
    give "$user" "$key_file"
    chmod 600 "$key_file"
}
git_says() {
    printf '%b' "$1" >"$home/.gitconfig"
    give "$user" "$home/.gitconfig"
}
docker_says() {
    mkdir -p "$home/.docker"
    printf '%s' "$1" >"$home/.docker/config.json"
    give "$user" "$home/.docker"
}
sound() {
    cache=$dir/cache path=$bin:/usr/bin:/bin extra='' mounts='' homeless='' user=65534
    options="--config $dir/conf"
    rm -rf "$dir/cache" "$home"
    mkdir -m 700 "$dir/cache" "$home"
    give "$user" "$dir/cache" "$home"
    chmod 755 "$dir"
    rm -f "$key_file"
    with_key .
    git_says "$ours\n"
    echo '[host git.example.com]' | client
    chmod 644 "$dir/conf"
}
# run_setup CLIENT HOST: the command that doctor suggests, with the host's name in it.
run_setup() {
    check "it suggests setup $1" out_has "setup $1 HOST"
    as_owner thrivestack-credential --config "$dir/conf" setup --yes "$@" >"$dir/fixed" 2>&1
}
cp "$dir/issuer/ca.pem" "$dir/ca.pem"
chmod 644 "$dir/ca.pem"
mv "$key_file" "$dir/whole.json"
ours="[credential \"https://git.example.com\"]\n\thelper =\n\thelper = $bin/git-credential-thrivestack"
